"""Why Wagtail's preview of its API v3 is not mounted: docs/decisions/0041-the-apis-edge-and-the-element.md.

Each test holds a fault of Wagtail 8.0.1. One that fails after an upgrade says that the fault is gone: read the decision
again, and mount v3 behind a setting once none is left.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from pytest_django import Settings
from wagtail.models import Page, PageViewRestriction, Site

from cms import urls
from cms.home.models import HomePage, PlainPage

pytestmark = pytest.mark.django_db


class Mounted:
    """A urlconf with v3 before the portal's own addresses."""

    handler404 = urls.handler404
    handler500 = urls.handler500

    @property
    def urlpatterns(self) -> list[Any]:
        from wagtail.api.v3.urls import api  # noqa: PLC0415 - it builds schemas of all page types at its import

        return [path("api/v3/", api.urls), *urls.urlpatterns]


MOUNTED = Mounted()


@pytest.fixture
def v3(client: Client, settings: Settings) -> Any:
    settings.ROOT_URLCONF = MOUNTED

    def ask(below: str, **query: str) -> str:
        answer = client.get(f"/api/v3/{below}", query, headers={"host": "localhost"})
        assert answer.status_code == 200, answer.content
        return json.dumps(answer.json(), ensure_ascii=False)

    return ask


def below(parent: Page, title: str, **more: Any) -> PlainPage:
    page: PlainPage = parent.add_child(instance=PlainPage(title=title, **more))
    return page


def test_the_portal_does_not_mount_it(client: Client, site: Site) -> None:
    assert client.get("/api/v3/pages/", headers={"host": "localhost"}).status_code == 404


def test_a_published_page_tells_the_title_of_an_unpublished_one_above_it(v3: Any, home: HomePage) -> None:
    page = below(below(home, "Bí mật", slug="bi-mat", live=False), "Công khai")
    assert "Bí mật" in v3(f"pages/{page.pk}/")


def test_a_link_in_a_text_tells_the_address_of_an_unpublished_page_and_of_a_private_one(
    v3: Any, home: HomePage
) -> None:
    draft, private = below(home, "x", slug="bi-mat", live=False), below(home, "y", slug="rieng-tu")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    links = "".join(f'<a linktype="page" id="{one.pk}">đây</a>' for one in (draft, private))
    page = below(home, "Công khai", body=[("paragraph", f"<p>{links}</p>")])
    answer = v3(f"pages/{page.pk}/")
    assert "/bi-mat/" in answer
    assert "/rieng-tu/" in answer


def test_a_parameter_opens_the_pages_of_another_site(v3: Any, home: HomePage) -> None:
    root = below(home.get_parent(), "Của cổng khác")
    Site.objects.create(hostname="other.example", root_page=root)
    assert "Của cổng khác" in v3("pages/", site="other.example")


def test_an_unknown_parameter_is_taken_for_none(v3: Any, home: HomePage) -> None:
    assert json.loads(v3("pages/", titel="x")) == json.loads(v3("pages/"))
