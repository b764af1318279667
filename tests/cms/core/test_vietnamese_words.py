"""Texts that no catalogue reaches: labels, permissions, roots, versions compared, and templates that are copies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import wagtail.admin
from django.contrib.auth.models import Permission
from wagtail.models import Collection, Page

from cms.core.comparing import WrittenComparison
from cms.home.models import PlainPage
from cms.news.models import NewsPage

OURS = Path(__file__).parents[3] / "cms/core/templates/wagtailadmin"
WAGTAILS = Path(wagtail.admin.__file__).parent / "templates/wagtailadmin"


def test_permissions_say_what_they_allow(db: None) -> None:
    names = dict(Permission.objects.values_list("codename", "name"))

    assert names["add_newspage"] == "Thêm Bài viết"
    assert names["publish_page"] == "Xuất bản mọi trang"
    assert names["access_admin"] == "Được vào trang quản trị"
    assert [name for name in names.values() if name.startswith("Can ")] == []


def test_the_roots_have_a_name(db: None) -> None:
    assert Page.objects.get(depth=1).title == Page.objects.get(depth=1).draft_title == "Gốc"
    assert Collection.get_first_root_node().name == "Gốc"


def test_a_picture_in_a_body_is_called_a_picture(db: None) -> None:
    body = NewsPage._meta.get_field("body").stream_block
    labels = [str(child.label) for child in body.child_blocks["figure"].child_blocks["image"].child_blocks.values()]

    assert labels == ["Ảnh", "Ảnh chỉ để trang trí", "Ảnh cho thấy gì"]


def test_days_and_answers_are_compared_as_people_write_them(db: None) -> None:
    """Wagtail writes None, True and the time of Greenwich."""
    before, after = PlainPage(show_in_menus=True), PlainPage(go_live_at=datetime(2026, 3, 12, 1, 30, tzinfo=UTC))

    def difference(field: str) -> str:
        return WrittenComparison(PlainPage._meta.get_field(field), before, after).htmldiff()

    assert difference("go_live_at") == '<span class="addition">12/03/2026 08:30</span>'
    assert difference("show_in_menus") == '<span class="deletion">Có</span><span class="addition">Không</span>'
    assert difference("expire_at") == ""


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("home.html", 'value="Search"', 'value="{% translate "Search" %}"'),
        ("shared/header.html", 'value="Search"', 'value="{% translate "Search" %}"'),
        ("tables/boolean_cell.html", "value|stringformat:'s'", "value|yesno"),
        ("shared/headers/_actions.html", 'aria-label="Actions"', 'aria-label="{% translate "Actions" %}"'),
    ],
)
def test_a_copy_of_a_template_differs_from_wagtails_in_one_text(name: str, theirs: str, ours: str) -> None:
    """After an upgrade that changes it: copy it again with the text, or remove the copy if Wagtail translates it."""
    copy = (OURS / name).read_text("utf-8").removeprefix("{% load i18n %}\n")
    assert (WAGTAILS / name).read_text("utf-8").replace(theirs, ours) == copy
    assert ours in copy
