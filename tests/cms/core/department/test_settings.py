"""The settings of the department: their form, their preview, and what pages show of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail import blocks
from wagtail.models import PageViewRestriction, Site
from wagtail_factories import ImageFactory

from cms.core.department.blocks import MenuEntryBlock
from cms.core.models import DepartmentSettings
from cms.core.templatetags.navigation_tags import MenuEntry, in_one_line
from cms.home.models import HomePage, PlainPage

EDIT = "/admin/settings/core/departmentsettings/{}/"


@pytest.fixture
def department(home: HomePage) -> DepartmentSettings:
    found: DepartmentSettings = DepartmentSettings.for_site(Site.objects.get())
    return found


@pytest.fixture
def about(home: HomePage) -> PlainPage:
    page: PlainPage = home.add_child(instance=PlainPage(title="Giới thiệu"))
    return page


def link(**fields: Any) -> dict[str, Any]:
    return {"page": None, "url": "", "label": "", **fields}


def menu(*entries: dict[str, Any]) -> str:
    return json.dumps([{"type": "entry", "value": {"below": [], **entry}} for entry in entries])


def read(client: Client, path: str = "/") -> str:
    return client.get(path, headers={"host": "localhost"}).content.decode()


def test_a_page_shows_what_staff_listed_in_their_order(
    client: Client, department: DepartmentSettings, about: PlainPage
) -> None:
    draft = about.add_child(instance=PlainPage(title="Nháp", live=False))
    private = about.add_child(instance=PlainPage(title="Nội bộ"))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    inside = about.add_child(instance=PlainPage(title="Cơ cấu tổ chức"))
    below = [{"type": "item", "value": link(page=page.pk)} for page in (draft, private, inside)]
    department.menu = menu(
        link(url="https://dichvucong.example.vn/", label="Dịch vụ công"),
        link(page=about.pk, label="Về Sở", below=below),
        link(page=999_999),
    )
    links = [{"type": "item", "value": link(page=inside.pk)}]
    department.footer_columns = json.dumps([{"type": "column", "value": {"title": "Tổ chức", "links": links}}])
    department.accounts = json.dumps(
        [{"type": "account", "value": {"network": "zalo", "url": "https://zalo.example/"}}]
    )
    department.map_url = "https://ban-do.example/"
    department.address = "Số 1"
    department.save()
    html = read(client, inside.get_url())

    for shown in ("Dịch vụ công", "Về Sở", "Mục con của Về Sở", "Cơ cấu tổ chức", "Zalo", "https://ban-do.example/"):
        assert shown in html, shown
    assert html.index("Dịch vụ công") < html.index("Về Sở")
    for hidden in ("Nháp", "Nội bộ", "Trong cổng thông tin", 'href=""'):
        assert hidden not in html, hidden
    assert 'nav__link nav__link--within" href="/gioi-thieu/"' in html


def test_menu_columns_and_partners_take_few_queries(
    client: Client, department: DepartmentSettings, home: HomePage, about: PlainPage
) -> None:
    read(client)
    with CaptureQueriesContext(connection) as before:
        read(client)
    entries = [home.add_child(instance=PlainPage(title=f"Mục {number}")) for number in range(6)]
    department.menu = menu(*(link(page=entry.pk) for entry in entries))
    department.emblem = ImageFactory()
    department.partners = json.dumps(
        [
            {"type": "partner", "value": {"name": f"Bộ {one}", "url": "https://b.example", "logo": ImageFactory().pk}}
            for one in range(4)
        ]
    )
    department.save()
    read(client)  # makes the renditions
    with CaptureQueriesContext(connection) as after:
        html = read(client)

    assert html.count("partners__logo") == 4
    assert "core/img/emblem" not in html.split("<body>")[1]
    assert len(after) <= len(before) + 2


def test_without_a_list_the_menu_has_two_levels_of_the_tree(client: Client, home: HomePage) -> None:
    about = home.add_child(instance=PlainPage(title="Giới thiệu", show_in_menus=True))
    about.add_child(instance=PlainPage(title="Lịch sử", show_in_menus=True))
    about.add_child(instance=PlainPage(title="Ẩn"))
    html = read(client)

    assert "Mục con của Giới thiệu" in html
    assert ">Lịch sử</a>" in html
    assert "Ẩn" not in html


def test_what_does_not_fit_into_the_bar_is_below_its_last_entry() -> None:
    entries = [MenuEntry(f"Mục thứ {number:02}", f"/{number}/") for number in range(12)]
    bar = in_one_line(entries)

    assert len(bar) < len(entries)
    assert [one.title for one in [*bar[:-1], *bar[-1].below]] == [one.title for one in entries]
    assert bar[-1].title == "Mục khác"
    assert in_one_line(entries[:5]) == entries[:5]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({}, "page", id="nothing"),
        pytest.param({"url": "https://a.example/"}, "label", id="an address without words"),
        pytest.param({"url": "javascript:alert(1)", "label": "x"}, "url", id="no address of the web"),
    ],
)
@pytest.mark.django_db
def test_an_entry_leads_to_one_place_and_has_words(fields: dict[str, str], field: str) -> None:
    block = MenuEntryBlock()
    with pytest.raises(blocks.StructBlockValidationError) as refused:
        block.clean(block.to_python(link(below=[], **fields)))
    assert set(refused.value.block_errors) == {field}


class TestForm:
    @pytest.fixture
    def fields(self, admin_client: Client, department: DepartmentSettings) -> dict[str, str]:
        form = admin_client.get(EDIT.format(department.site_id)).context["form"]
        streams = ("accounts", "menu", "footer_columns", "partners")
        plain = {name: form.initial[name] for name in form.fields if name not in streams}
        return {name: value for name, value in plain.items() if value} | {f"{name}-count": "0" for name in streams}

    def test_colours_that_cannot_be_read_are_refused_beside_their_field(
        self, admin_client: Client, department: DepartmentSettings, fields: dict[str, str]
    ) -> None:
        response = admin_client.post(EDIT.format(department.site_id), fields | {"colour": "#f0b53f"})

        assert "Gần nhất: #926200" in response.content.decode()
        assert response.context["form"].errors.keys() == {"colour"}

    def test_measuring_needs_its_snippet(
        self, admin_client: Client, department: DepartmentSettings, fields: dict[str, str]
    ) -> None:
        response = admin_client.post(EDIT.format(department.site_id), fields | {"measured": "on"})

        assert response.context["form"].errors.keys() == {"measuring_snippet"}

    def test_the_preview_shows_what_is_not_saved_yet(
        self, admin_client: Client, client: Client, department: DepartmentSettings, fields: dict[str, str]
    ) -> None:
        preview = EDIT.format(department.site_id) + "preview/"
        changed = fields | {
            "name": "Sở Thử Nghiệm",
            "colour": "#1d6b3a",
            "menu-count": "1",
            "menu-0-order": "0",
            "menu-0-type": "entry",
            "menu-0-deleted": "",
            "menu-0-value-page": "",
            "menu-0-value-url": "https://chinhphu.vn/",
            "menu-0-value-label": "Chính phủ",
            "menu-0-value-below-count": "0",
        }
        assert admin_client.post(preview, changed).json() == {"is_valid": True, "is_available": True}
        shown = admin_client.get(preview + "?mode=home").content.decode()

        assert "Sở Thử Nghiệm" in shown
        assert "/giao-dien/2-1d6b3a-a8231c.css" in shown
        assert "https://chinhphu.vn/" in shown
        assert "Sở Thử Nghiệm" not in read(client)
        assert admin_client.get(preview + "?mode=section").status_code == 200
