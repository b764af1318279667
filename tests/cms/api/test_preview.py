"""A link opens one page's draft, for who has it, until its time is over; nothing is counted, nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.signing import TimestampSigner, dumps
from django.test import Client
from django.utils import timezone
from json_schema import validator_of
from pytest_django import Settings
from wagtail.models import Page, Site
from wagtail_emulation.models import EmulationIndexPage, EmulationPage

from cms.api.preview.links import PURPOSE, address_of, make_link, revoke_links
from cms.api.preview.models import PreviewNumber
from cms.api.schema.contributions import openapi
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage
from cms.workflow.roles import NAMES, Role

Open = Callable[..., Any]


@pytest.fixture
def draft(write: Any) -> NewsPage:
    """Published once, and changed since."""
    article: NewsPage = write("Bài đã đăng")
    article.title = "Bản nháp mới"
    article.save_revision()
    return article


def test_the_draft_comes_in_the_shape_of_its_page(draft: NewsPage, ask: Any) -> None:
    answer = ask(f"preview/{make_link(draft)}/")
    published = ask(f"pages/{draft.pk}/")

    assert (answer["title"], published["title"]) == ("Bản nháp mới", "Bài đã đăng")
    assert answer.keys() == published.keys()
    schema = {"$ref": "#/components/schemas/NewsPage", "components": openapi()["components"]}
    assert list(validator_of(schema).iter_errors(answer)) == []
    assert answer["statistics"]["token"] is None
    assert published["statistics"]["token"]


def test_a_page_that_was_never_published_can_be_seen_too(home: HomePage, ask: Any) -> None:
    page = home.add_child(instance=HomePage(title="Chưa đăng", slug="chua-dang", live=False))

    assert ask(f"preview/{make_link(page)}/")["title"] == "Chưa đăng"
    ask(f"pages/{page.pk}/", status=404)


@pytest.mark.parametrize("model", [NewsPage, NewsIndexPage, PlainPage, EmulationPage, EmulationIndexPage])
def test_an_empty_draft_of_every_type_can_be_seen(home: HomePage, ask: Any, model: type[Page]) -> None:
    """What is needed to publish, such as a date, is not there yet."""
    dated = {"event_date": date(2026, 11, 2)} if model is EmulationPage else {}
    page = home.add_child(instance=model(title="Trang mới", slug="trang-moi", live=False, **dated))
    for name in dated:
        setattr(page, name, None)
    page.save_revision(clean=False)

    answer = ask(f"preview/{make_link(page)}/")

    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": openapi()["components"]}
    assert answer["title"] == "Trang mới"
    assert list(validator_of(schema).iter_errors(answer)) == []


def test_fields_are_chosen_as_of_a_page(draft: NewsPage, ask: Any) -> None:
    assert set(ask(f"preview/{make_link(draft)}/", fields="_,title")) == {"id", "title", "meta"}
    ask(f"preview/{make_link(draft)}/", fields="owner", status=400)


def test_it_is_kept_nowhere(draft: NewsPage, client: Client) -> None:
    for link in (make_link(draft), "khong-co"):
        answer = client.get(f"/api/v2/preview/{link}/", headers={"host": "localhost"})
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"


def signed(page_id: object, number: str = "0" * 16, *, salt: str = PURPOSE, key: str | None = None) -> str:
    return TimestampSigner(key=key, sep="~", salt=salt).sign(f"{page_id}-{number}")


def tampered(draft: NewsPage, other: NewsPage) -> dict[str, str]:
    good, number = make_link(draft), PreviewNumber.objects.get(page=draft).number
    make_link(other)
    return {
        "of another page": good.replace(str(draft.pk), str(other.pk), 1),
        "cut": good[:-1],
        "with another end": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "unsigned": f"{draft.pk}-{number}",
        "of a page without links": signed(draft.get_parent().pk),
        "of no page": signed(10**9),
        "for another purpose": signed(draft.pk, number, salt="another"),
        "under another key": signed(draft.pk, number, key="another"),
        "of another shape": dumps({"page": draft.pk}, salt=PURPOSE),
        "long": "x" * 3000,
        "letters": "thư-nháp",
    }


@pytest.mark.parametrize(
    "kind",
    [
        "of another page",
        "cut",
        "with another end",
        "unsigned",
        "of a page without links",
        "of no page",
        "for another purpose",
        "under another key",
        "of another shape",
        "long",
        "letters",
    ],
)
def test_what_nobody_signed_opens_nothing(draft: NewsPage, write: Any, ask: Any, kind: str) -> None:
    other = write("Bài khác")

    problem = ask(f"preview/{tampered(draft, other)[kind]}/", status=404)

    assert problem["status"] == 404
    assert "nháp" not in json.dumps(problem)


def test_a_link_of_one_page_has_nothing_of_another_draft(draft: NewsPage, write: Any, ask: Any) -> None:
    other = write("Bài khác")
    other.title = "Nháp bí mật"
    other.save_revision()

    answer = json.dumps(ask(f"preview/{make_link(draft)}/"), ensure_ascii=False)

    assert "bí mật" not in answer
    assert "Bài khác" in answer, "what everybody may read beside it is there"


def test_a_link_is_over_after_its_hours(draft: NewsPage, ask: Any, settings: Settings, monkeypatch: Any) -> None:
    link = make_link(draft)
    later = timezone.now() + timedelta(hours=settings.PREVIEWS.hours, seconds=5)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)

    assert "new one" in ask(f"preview/{link}/", status=403)["detail"]


def test_links_are_revoked_page_by_page(draft: NewsPage, write: Any, ask: Any) -> None:
    link, other = make_link(draft), make_link(write("Bài khác"))

    revoke_links(draft)

    ask(f"preview/{link}/", status=403)
    ask(f"preview/{other}/")
    ask(f"preview/{make_link(draft)}/")


def test_a_link_goes_with_its_page(draft: NewsPage, ask: Any) -> None:
    link = make_link(draft)
    Page.objects.get(pk=draft.pk).delete()

    ask(f"preview/{link}/", status=404)


def test_a_link_is_of_its_own_site(draft: NewsPage, home: HomePage, ask: Any, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "khac.example"]
    root = home.get_parent().add_child(instance=HomePage(title="Khác", slug="khac"))
    Site.objects.create(hostname="khac.example", root_page=root)

    ask(f"preview/{make_link(draft)}/", status=404, host="khac.example")


def test_the_front_ends_address_has_the_link(settings: Settings) -> None:
    settings.PREVIEWS = type(settings.PREVIEWS)(url="https://app.example.vn/nhap?l={link}&x=1")

    assert address_of("5-a~b~c_-") == "https://app.example.vn/nhap?l=5-a~b~c_-&x=1"


def sign_in(client: Client, role: Role) -> None:
    user = get_user_model().objects.create_user(username=role.value, password="x", email="")
    user.groups.add(Group.objects.get(name=NAMES[role]))
    client.force_login(user)


def test_an_editor_makes_a_link_on_a_screen_and_takes_it_back(
    draft: NewsPage, client: Client, ask: Any, settings: Settings
) -> None:
    settings.PREVIEWS = type(settings.PREVIEWS)(url="https://app.example.vn/nhap?l={link}")
    sign_in(client, Role.EDITOR)
    screen = f"/admin/preview-link/{draft.pk}/"
    assert screen in client.get(f"/admin/pages/{draft.pk}/edit/").content.decode()
    assert client.get(screen).status_code == 200
    assert not PreviewNumber.objects.exists(), "looking makes nothing"

    made = client.post(screen, {"make": "1"})
    api = made.context["api"]
    link = api.rstrip("/").rpartition("/")[2]
    assert "no-store" in made["Cache-Control"]
    assert f"https://app.example.vn/nhap?l={link}" in made.content.decode()
    assert ask(f"preview/{link}/")["title"] == "Bản nháp mới"

    client.post(screen, {"revoke": "1"})
    ask(f"preview/{link}/", status=403)


def test_who_may_not_edit_the_page_makes_no_link(draft: NewsPage, client: Client) -> None:
    sign_in(client, Role.AUTHOR)  # of other pages
    screen = f"/admin/preview-link/{draft.pk}/"

    for answer in (client.get(screen), client.post(screen, {"make": "1"})):
        assert answer.status_code in (302, 403)
    assert not PreviewNumber.objects.exists()
    assert screen not in client.get(f"/admin/pages/{draft.get_parent().pk}/").content.decode()
    client.logout()
    assert client.post(screen, {"make": "1"}).status_code == 302
    assert not PreviewNumber.objects.exists()
