from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageViewRestriction

from cms.core.changes.remembered import KEPT, Remembered, set_state
from cms.core.models import DepartmentSettings
from cms.core.sites import find_site, known_settings
from cms.core.surroundings import Surroundings, surroundings_of
from cms.home.models import HomePage, PlainPage
from cms.statistics.slots import OPEN_HEADER, SECRET


def request_in(state: str, path: str = "/") -> Any:
    request = RequestFactory().get(path, headers={"host": "localhost"})
    set_state(request, state or None)
    return request


def look_around(state: str, path: str = "/") -> Surroundings:
    around = surroundings_of(request_in(state, path))
    assert around is not None
    return around


@pytest.fixture
def tree(home: HomePage) -> dict[str, Page]:
    about = home.add_child(instance=PlainPage(title="Giới thiệu", slug="gioi-thieu", show_in_menus=True))
    history = about.add_child(instance=PlainPage(title="Lịch sử", slug="lich-su", show_in_menus=True))
    deep = history.add_child(instance=PlainPage(title="Năm 1945", slug="nam-1945"))
    draft = home.add_child(instance=PlainPage(title="Nháp", slug="nhap", live=False))
    private = home.add_child(instance=PlainPage(title="Nội bộ", slug="noi-bo", show_in_menus=True))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    return {"about": about, "history": history, "deep": deep, "draft": draft, "private": private}


@pytest.mark.parametrize(
    "path",
    ["/", "/gioi-thieu/", "/gioi-thieu/lich-su/", "/gioi-thieu/lich-su/nam-1945/", "/nhap/", "/noi-bo/", "/khong/co/"],
)
@pytest.mark.usefixtures("tree")
def test_what_is_remembered_is_what_the_database_says(path: str, request: pytest.FixtureRequest) -> None:
    look_around(request.node.name)  # fills it, for another path

    assert look_around(request.node.name, path) == look_around("", path)


@pytest.mark.usefixtures("tree")
def test_a_state_asks_for_what_its_pages_share_once(request: pytest.FixtureRequest) -> None:
    look_around(request.node.name)

    with CaptureQueriesContext(connection) as in_menu:
        look_around(request.node.name, "/gioi-thieu/lich-su/")
    with CaptureQueriesContext(connection) as below:
        look_around(request.node.name, "/gioi-thieu/lich-su/nam-1945/")

    assert (len(in_menu), len(below)) == (0, 1)


def test_the_next_state_asks_again(tree: dict[str, Page], request: pytest.FixtureRequest) -> None:
    before, after = f"{request.node.name}-1", f"{request.node.name}-2"
    look_around(before)
    Page.objects.filter(pk=tree["about"].pk).update(title="Về chúng tôi")
    settings = DepartmentSettings.for_site(find_site(request_in("")))
    settings.name = "Sở Khác"
    settings.save()

    asked = request_in(after)
    around = surroundings_of(asked)
    department = known_settings(asked, DepartmentSettings)

    assert around
    assert [page.title for page in around.menu] == ["Về chúng tôi"]
    assert department
    assert department.name == "Sở Khác"


@pytest.mark.usefixtures("tree")
def test_nobody_changes_what_others_get(request: pytest.FixtureRequest) -> None:
    for _ in range(2):
        around = look_around(request.node.name)
        assert around.menu[0].title == "Giới thiệu"
        around.menu[0].title = "changed by one who shows it"
        around.root.title = "changed too"


@pytest.mark.usefixtures("tree")
def test_a_page_for_many_readers_is_as_the_content_was_before_it(client: Client) -> None:
    headers = {"host": "localhost", OPEN_HEADER: SECRET}
    assert "Giới thiệu" in client.get("/khong-co/", headers=headers).content.decode()
    Page.objects.filter(slug="gioi-thieu").update(title="Về chúng tôi")

    assert "Về chúng tôi" in client.get("/khong-co/", headers=headers).content.decode()


def test_a_bounded_number_of_answers_is_kept() -> None:
    remembered: Remembered[int] = Remembered()
    for subject in range(KEPT + 1):
        remembered.get("1", subject, lambda: 1)

    assert remembered.get("1", KEPT, lambda: 2) == 1
    assert remembered.get("1", 0, lambda: 2) == 2
