from __future__ import annotations

from typing import Any

from django.test import RequestFactory
from wagtail.models import PageViewRestriction

from cms.core.templatetags.navigation_tags import breadcrumbs, main_menu
from cms.home.models import HomePage, PlainPage


def context_of(page: Any) -> dict[str, Any]:
    return {"request": RequestFactory().get("/", headers={"host": "localhost"}), "page": page}


def test_the_menu_lists_home_and_what_editors_marked(home: HomePage) -> None:
    home.add_child(instance=PlainPage(title="Giới thiệu", show_in_menus=True))
    home.add_child(instance=PlainPage(title="Ẩn"))
    home.add_child(instance=PlainPage(title="Nháp", show_in_menus=True, live=False))

    assert [entry.title for entry in main_menu(context_of(home))] == ["Trang chủ", "Giới thiệu"]


def test_the_menu_marks_where_the_visitor_is(home: HomePage) -> None:
    about = home.add_child(instance=PlainPage(title="Giới thiệu", show_in_menus=True))
    below = about.add_child(instance=PlainPage(title="Lịch sử"))

    entries = {entry.title: (entry.current, entry.within) for entry in main_menu(context_of(below))}

    assert entries == {"Trang chủ": (False, False), "Giới thiệu": (False, True)}


def test_breadcrumbs_lead_from_home_to_the_parent(home: HomePage) -> None:
    about = home.add_child(instance=PlainPage(title="Giới thiệu"))
    below = about.add_child(instance=PlainPage(title="Lịch sử"))

    assert [entry.title for entry in breadcrumbs(context_of(below))] == ["Trang chủ", "Giới thiệu"]
    assert breadcrumbs(context_of(home)) == []


def test_without_a_page_there_is_a_menu_and_no_trail(home: HomePage) -> None:
    assert [entry.title for entry in main_menu(context_of(None))] == ["Trang chủ"]
    assert breadcrumbs(context_of(None)) == []


def test_the_menu_hides_what_not_everybody_may_see(home: HomePage) -> None:
    private = home.add_child(instance=PlainPage(title="Nội bộ", show_in_menus=True))
    home.add_child(instance=PlainPage(title="Giới thiệu", show_in_menus=True))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)

    assert [entry.title for entry in main_menu(context_of(home))] == ["Trang chủ", "Giới thiệu"]
