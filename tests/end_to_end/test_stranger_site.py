"""The plugin in a site that is not the portal: addresses and pasted rows in the editor, under a policy without scripts
in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from stranger_site import PASSWORD, StrangerSite

pytestmark = pytest.mark.browser

# As Excel puts cells on the clipboard; `"` is round a cell with a line break.
AS_EXCEL = """(field, text) => {
  const clipboard = new DataTransfer();
  clipboard.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""
RECIPIENTS = (
    "DANH SÁCH KHEN THƯỞNG\r\n"
    "STT\tHọ và tên\tĐối tượng\tĐơn vị công tác\tHình thức khen thưởng\tSố QĐ\tGhi chú\r\n"
    "1\tVăn phòng Sở\tTập thể\tSở Công Thương\tTập thể lao động xuất sắc\t12/QĐ-SCT\t\r\n"
    '2\tLê Thị Hoa\tcá nhân\tThanh tra Sở\t"Giấy khen\ncủa Giám đốc Sở"\t13/QĐ-SCT\tmới\r\n'
    "3\tTrần Văn Bốn\tnhóm\tPhòng Kỹ thuật\tGiấy khen\t\t\r\n"
)
SIGNATORIES = (
    "Phòng Quản lý thương mại\tPhòng\tLê Văn Sơn\tký sau\nCông đoàn cơ sở\tĐoàn thể\nTrung tâm Khuyến công\tđơn vị\n"
)
ROWS = """
from wagtail_emulation.models import EmulationPage
page = EmulationPage.objects.get(title="Lễ khen thưởng")
print(page.slug)
for row in page.commendations.all():
    print(row.recipient_kind, row.name, row.unit, row.award, row.decision_number, sep="|")
for row in page.agreements.get().signatories.all():
    print(row.kind, row.name, row.represented_by, sep="|")
"""

PUBLISH = """
from datetime import date
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
index = EmulationIndexPage.objects.get(pk=%d)
for title, described in (("Đợt một", ""), ("Đợt hai", "Lời tả")):
    event = EmulationPage(title=title, event_date=date(2026, 1, 26), lead="Sapo.", search_description=described)
    print(index.add_child(instance=event).full_url)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StrangerSite]:
    with StrangerSite(tmp_path_factory.mktemp("stranger")) as site:
        yield site


@pytest.fixture
def editor(site: StrangerSite, new_visitor: Any) -> Page:
    """The page of a browser in which the editor has signed in, at 1280 pixels."""
    page: Page = new_visitor(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{site.base_url}/admin/login/")
    page.locator("input[name=username]").fill("bien-tap")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").click()
    expect(page).to_have_url(f"{site.base_url}/admin/")
    return page


def test_the_editor_suggests_an_address_that_spells_the_title(site: StrangerSite, editor: Page) -> None:
    editor.goto(f"{site.base_url}/admin/pages/add/wagtail_emulation/emulationindexpage/{site.home}/")
    for title in ("Thi đua – Khen thưởng", "Điển hình tiên tiến; ừ, kỹ nghệ"):
        editor.locator("#id_title").fill(title)
        editor.locator("#id_title").blur()
        slug = {"T": "thi-dua-khen-thuong", "Đ": "dien-hinh-tien-tien-u-ky-nghe"}[title[0]]
        expect(editor.locator("#id_slug")).to_have_value(slug)


def test_cells_copied_in_excel_become_rows(site: StrangerSite, editor: Page) -> None:
    editor.goto(f"{site.base_url}/admin/pages/add/wagtail_emulation/emulationpage/{site.index}/")
    editor.locator("#id_title").fill("Lễ khen thưởng")
    editor.locator("#id_title").blur()
    editor.get_by_label("Lễ khen thưởng").check()
    editor.locator("#id_event_date").fill("2026-01-26")
    editor.locator("#id_lead").fill("Sở khen thưởng.")

    editor.get_by_role("tab", name="Khen thưởng").click()
    recipients = panel(editor, "id_commendations")
    paste(recipients, RECIPIENTS)
    said = recipients.get_by_role("status")
    expect(said).to_contain_text("Đã điền 3 dòng.")
    expect(said).to_contain_text("Bỏ qua 1 dòng đứng trên dòng tiêu đề.")
    expect(said).to_contain_text("Cột “Ghi chú” không dùng đến.")
    expect(said).to_contain_text("Dòng 3, cột Đối tượng: không hiểu “nhóm”, đang để “Tập thể”.")
    expect(said.locator("li")).to_have_count(4)

    editor.get_by_role("tab", name="Giao ước").click()
    editor.locator("#id_agreements-ADD").click()
    editor.locator("#id_agreements-0-year").fill("2026")
    parties = panel(editor, "id_agreements-0-signatories")
    editor.locator("#id_agreements-0-signatories-ADD").click()  # an empty row: the first pasted one goes into it
    editor.locator("#id_agreements-0-signatories-0-name").evaluate(AS_EXCEL, SIGNATORIES)
    expect(parties.get_by_role("status").locator("li")).to_have_text(
        ["Đã điền 3 dòng. Hãy xem lại trước khi lưu.", "Dòng 1: thừa ô “ký sau”."]
    )

    editor.get_by_role("button", name="Lưu bản nháp").or_(editor.locator("button.action-save")).first.click()
    expect(editor).to_have_url(re.compile("/edit/"))
    assert site.ask(ROWS).splitlines() == [
        "le-khen-thuong",
        "collective|Văn phòng Sở|Sở Công Thương|Tập thể lao động xuất sắc|12/QĐ-SCT",
        "individual|Lê Thị Hoa|Thanh tra Sở|Giấy khen của Giám đốc Sở|13/QĐ-SCT",
        "collective|Trần Văn Bốn|Phòng Kỹ thuật|Giấy khen|",
        "division|Phòng Quản lý thương mại|Lê Văn Sơn",
        "mass_organisation|Công đoàn cơ sở|",
        "unit|Trung tâm Khuyến công|",
    ]


def test_each_page_has_one_description_in_its_head(site: StrangerSite) -> None:
    for address, described in zip(site.ask(PUBLISH % site.index).splitlines(), ("Sapo.", "Lời tả"), strict=True):
        head = site.html(address).partition("</head>")[0]
        assert head.count('name="description"') == head.count('property="og:description"') == 1
        assert f'<meta name="description" content="{described}">' in head
        assert f'<meta property="og:description" content="{described}">' in head


def panel(editor: Page, prefix: str) -> Locator:
    return editor.locator(f'[data-controller="emulation-rows"][data-emulation-rows-formset-value="{prefix}"]')


def paste(rows: Locator, text: str) -> None:
    rows.get_by_role("button", name="Dán từ Excel").click()
    rows.get_by_label("Các ô đã sao chép").evaluate(AS_EXCEL, text)
