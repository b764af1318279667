"""No page has what its policy refuses: neither a script nor a style of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput, AdminPageChooser, AdminTimeInput, BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser
from wagtail.models import Page, PageViewRestriction

from cms.core.field_starts import without_script


def inline(parse: Any, html: str) -> list[Any]:
    """What a policy without `unsafe-inline` refuses."""
    html = re.sub(r"<script[^>]*application/(?:ld\+)?json.*?</script>", "", html, flags=re.DOTALL)
    return [
        (tag, attributes)
        for tag, attributes in parse(html).tags
        if tag == "style"
        or (tag == "script" and "src" not in attributes)
        or "style" in attributes
        or any(name.startswith("on") for name in attributes)
    ]


def test_public_pages_have_nothing_inline(demo_pages: list[Page], client: Client, parse: Any) -> None:
    for page in demo_pages:
        html = client.get(page.url, headers={"host": "localhost"}).content.decode()
        assert inline(parse, html) == [], page.url


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_errors_have_nothing_inline(status: int, parse: Any) -> None:
    assert inline(parse, render_to_string(f"{status}.html")) == []


@pytest.mark.parametrize("kind", [PageViewRestriction.PASSWORD, PageViewRestriction.LOGIN])
def test_the_form_before_a_private_page_has_nothing_inline(home: Page, client: Client, parse: Any, kind: str) -> None:
    PageViewRestriction.objects.create(page=home, restriction_type=kind, password="mat-khau")

    answer = client.get("/", headers={"host": "localhost"}, follow=True)

    assert "unsafe-inline" not in answer["Content-Security-Policy"].split("style-src-elem")[0]
    assert b"<form" in answer.content
    assert inline(parse, answer.content.decode()) == []


@pytest.mark.parametrize("page_type", ["news.newspage", "wagtail_emulation.emulationpage", "home.plainpage"])
def test_forms_of_pages_have_nothing_inline(demo_pages: list[Page], client: Client, parse: Any, page_type: str) -> None:
    client.force_login(User.objects.create_superuser("bien-tap"))
    page = next(page for page in demo_pages if page._meta.label_lower == page_type)

    html = client.get(f"/admin/pages/{page.pk}/edit/", headers={"host": "localhost"}).content.decode()

    assert "data-nhip-start" in html or page_type == "home.plainpage"
    assert inline(parse, html) == []


@pytest.mark.parametrize(
    ("widget", "call", "arguments"),
    [
        pytest.param(AdminDateInput(), "initDateChooser", "[&quot;id_x&quot;, {", id="day"),
        pytest.param(AdminTimeInput(), "initTimeChooser", "[&quot;id_x&quot;, {", id="time"),
        pytest.param(AdminDateTimeInput(), "initDateTimeChooser", "[&quot;id_x&quot;, {", id="day and time"),
        pytest.param(AdminPageChooser(), "PageChooser", "[&quot;id_x&quot;, {", id="chooser"),
        pytest.param(AdminTaskChooser(), "createTaskChooser", "[&quot;id_x&quot;]", id="another call"),
    ],
)
def test_a_field_says_what_starts_it(db: None, widget: Any, call: str, arguments: str, parse: Any) -> None:
    html = widget.render("x", None, attrs={"id": "id_x"})

    assert inline(parse, html) == []
    assert f'data-nhip-start data-call="{call}" data-args="{arguments}' in html


def test_a_script_that_is_no_call_stays_to_be_seen_in_the_tests_of_pages() -> None:
    odd = without_script(lambda _widget: "<input><script>let a = 1; start(a);</script>")

    assert "<script>" in odd(BaseChooser())
