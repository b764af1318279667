"""An article on its way through the desk, from a paste of its author to its readers, all in a browser."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk import add_block, at_the_desk, make_accounts, sign_in
from editing import Editor
from mail_server import Mails, mail_server
from patience import PATIENCE, wait_until
from pictures import draw
from playwright.sync_api import Locator, Page, expect
from product import Product, copy_data

PHONE = {"width": 360, "height": 740}
OFFICE = {"width": 1280, "height": 900}
TITLE = "Bài chờ lãnh đạo trên điện thoại"
ADDRESS = "/tin-tuc/bai-cho-lanh-dao-tren-dien-thoai/"
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang=VI><!--StartFragment-->
<h2>I. MỤC TIÊU</h2><p class=MsoNormal>Nâng tỷ lệ hàng Việt<sup>1</sup>.</p><p class=MsoNormal>Bảng 1. Số phiên chợ</p>
<table><tr><td><p><b>Huyện</b></p></td><td><p><b>Số phiên</b></p></td></tr>
<tr><td><p>Vĩnh Bảo</p></td><td><p>1.250</p></td></tr></table><!--EndFragment--></body></html>"""
# As Chromium tells a page of Ctrl+V, with what Word has put on the clipboard.
PASTE = """html => {
  const clipboard = new DataTransfer();
  clipboard.setData("text/html", html);
  clipboard.setData("text/plain", "I. MỤC TIÊU");
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""
CALENDAR = ".xdsoft_datetimepicker"
HOURS = 5
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


ADDRESSES = """
for user in get_user_model().objects.exclude(username="admin"):
    user.email = user.username + "@so.example"
    user.save()
"""


@pytest.fixture(scope="module")
def mails() -> Iterator[Mails]:
    with mail_server() as mails:
        yield mails


@pytest.fixture(scope="module")
def product(first_start: Any, mails: Mails, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data = copy_data(first_start, tmp_path_factory.mktemp("desk"))
    mail = {"EMAIL_URL": mails.url, "NHIP_MAIL_FROM": "Sở Công Thương <so@so.example>"}
    with Product(data, NHIP_SECOND_FACTOR_DAYS="never", **mail) as product:
        make_accounts(product, ADDRESSES)
        yield product
        product.stop()


def test_an_article_from_its_author_to_its_readers(
    product: Product, mails: Mails, new_visitor: Any, tmp_path: Path
) -> None:
    author = at_the_desk(new_visitor(viewport=OFFICE), product, "author")
    write(author, product, tmp_path)

    editor = at_the_desk(new_visitor(viewport=OFFICE), product, "editor")
    decide(editor, product, "Trả lại", comment="Bảng 1 <của> năm nào?")
    assert product.status(ADDRESS) == 404

    author.goto(product.base_url + "/admin/")
    author.get_by_role("link", name=TITLE).first.click()
    expect(author.get_by_text("trả lại bài: Bảng 1 <của> năm nào?")).to_be_visible()
    author.get_by_label("Tên bảng").or_(author.locator("input[name$=table-caption]")).first.fill("Bảng 1. Năm 2026")
    choose_action(author, "action-submit")
    decide(editor, product, "Duyệt")

    approve_on_a_phone(product, new_visitor)
    at = bring_forward(product)
    wait_until(lambda: product.status(ADDRESS) == 200)
    assert time.time() >= at.timestamp()
    assert f'<time datetime="{at.isoformat()}">{at:%H:%M}, {at:%d/%m/%Y}</time>' in product.page(ADDRESS)

    read(product, new_visitor)
    look_into_mailboxes(product, mails)


def write(page: Page, product: Product, tmp_path: Path) -> None:
    """An article with a table from Word and three pictures, to appear in HOURS, handed in."""
    with Editor(product) as admin:
        page.goto(f"{product.base_url}/admin/pages/add/news/newspage/{admin.index}/")
    page.fill("#id_title", TITLE)
    page.fill("#id_lead", "Mười hai phiên chợ trong năm.")
    add_picture(page, page.locator("#panel-child-content-image-section, [data-contentpath=image]").first, tmp_path, 1)
    adders = page.locator("[data-contentpath=body] button.c-sf-add-button")
    add_block(page, adders.first, "Đoạn văn")
    page.locator("[contenteditable=true]").first.click()
    page.evaluate(PASTE, WORD)
    expect(page.locator("input[name$=table-caption]").first).to_have_value("Bảng 1. Số phiên chợ")
    for number in (2, 3):
        add_block(page, adders.last, "Ảnh có chú thích")
        add_picture(page, page.locator("[data-contentpath=image]").last, tmp_path, number)

    dialog = open_schedule(page)
    dialog.locator("#id_go_live_at").fill(f"{datetime.now(HANOI) + timedelta(hours=HOURS):%d/%m/%Y %H:%M}")
    expect(dialog.locator(CALENDAR).first).to_be_visible()  # it closes when the button is pressed
    with page.expect_navigation():
        dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    choose_action(page, "action-submit")


def open_schedule(page: Page) -> Locator:
    page.evaluate("document.querySelector('[data-a11y-dialog-show=\"schedule-publishing-dialog\"]').click()")
    return page.locator("#schedule-publishing-dialog")


def add_picture(page: Page, field: Locator, tmp_path: Path, number: int) -> None:
    """Through the chooser's form of uploading, with what the picture shows."""
    with page.expect_request("**/admin/images/chooser/"):
        field.get_by_role("button", name="Chọn ảnh").click()
    chooser = page.locator(".modal-dialog")
    chooser.get_by_role("tab", name="Tải lên").click()
    chooser.locator("input[type=file]").set_input_files(draw(tmp_path / f"phien-cho-{number}.jpg", 900 + number, 600))
    chooser.locator("input[name$=title]").fill(f"Phiên chợ {number}")
    chooser.locator("[name$=description]").fill(f"Quầy hàng thứ {number} của phiên chợ")
    chooser.locator("form button[type=submit]").last.click()
    chooser.wait_for(state="detached")


def choose_action(page: Page, name: str) -> None:
    """One of the actions below the form of a page."""
    page.locator("footer [data-w-dropdown-target=toggle]").last.click()
    page.locator(f"button[name={name}]").click()
    page.wait_for_url(lambda url: "/edit/" not in url)


def decide(page: Page, product: Product, decision: str, *, comment: str = "") -> None:
    page.goto(product.base_url + "/admin/waiting/")
    page.get_by_role("link", name=TITLE).click()
    if comment:
        page.locator(".nhip-return summary").click()
        page.fill("#id_comment", comment)
    page.get_by_role("button", name="Gửi trả lại" if comment else decision, exact=True).click()
    page.wait_for_url("**/waiting/")


def approve_on_a_phone(product: Product, new_visitor: Any) -> None:
    phone = new_visitor(viewport=PHONE, has_touch=True).new_page()
    refused: list[str] = []
    phone.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    sign_in(phone, product, "leader")
    phone.goto(product.base_url + "/admin/waiting/")
    taps = count_taps(phone)
    phone.get_by_role("link", name=TITLE).tap()
    shown = phone.frame_locator("iframe.nhip-review__page")
    expect(shown.get_by_role("heading", name=TITLE)).to_be_visible()
    approve = phone.get_by_role("button", name="Duyệt, đăng đúng giờ hẹn")
    expect(approve).to_be_in_viewport(ratio=1)
    assert (approve.bounding_box() or {})["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    approve.tap()
    expect(phone.get_by_text("Bài tự đăng lúc")).to_be_visible()
    assert len(taps) == 2
    assert product.status(ADDRESS) == 404

    phone.goto(product.base_url + "/admin/planned/")
    expect(phone.get_by_role("link", name=TITLE)).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert refused == []


def read(product: Product, new_visitor: Any) -> None:
    """A reader finds it without diacritics, sees table and pictures, shares and prints it, and the figures move."""
    visitor = new_visitor(viewport=OFFICE, permissions=["clipboard-read", "clipboard-write"])
    page = visitor.new_page()

    def found() -> bool:
        page.goto(product.base_url + "/tim-kiem/?q=lanh+dao+tren+dien+thoai")
        return page.get_by_role("link", name=TITLE).count() > 0

    wait_until(found)
    page.get_by_role("link", name=TITLE).first.click()
    page.wait_for_url(f"**{ADDRESS}")
    expect(page.locator("table caption")).to_have_text("Bảng 1. Năm 2026")
    expect(page.get_by_role("cell", name="1.250")).to_be_visible()
    for number in (1, 2, 3):
        picture = page.locator(f"main img[alt='Quầy hàng thứ {number} của phiên chợ']").first
        picture.scroll_into_view_if_needed()
        wait_until(lambda picture=picture: picture.evaluate("one => one.naturalWidth") > 0)  # type: ignore[misc]

    page.get_by_role("button", name="Chép liên kết").click()
    expect(page.get_by_role("button", name="Đã chép")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(ADDRESS)
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()
    expect(page.locator("table caption")).to_be_visible()
    page.emulate_media(media="screen")

    views = page.locator("main [data-page-views]").first
    expect(views).to_have_text("1")
    another = new_visitor().new_page()
    another.goto(product.base_url + ADDRESS)
    expect(views).to_have_text("2")


def look_into_mailboxes(product: Product, mails: Mails) -> None:
    """Each heard of what was theirs, from the department, with a link that is theirs to open."""
    wait_until(lambda: len(mails.taken) >= 5)
    said = {
        role: [(mail["Subject"].strip(), mail["From"]) for mail in mails.to(f"{role}@so.example")]
        for role in ("author", "editor", "leader")
    }
    sender = "Sở Công Thương <so@so.example>"
    assert said == {
        "author": [(f"[Sở Công Thương] Cần sửa: {TITLE}", sender), (f"[Sở Công Thương] Đã duyệt: {TITLE}", sender)],
        "editor": [(f"[Sở Công Thương] Mời duyệt: {TITLE}", sender)] * 2,
        "leader": [(f"[Sở Công Thương] Mời duyệt: {TITLE}", sender)],
    }
    returned = mails.to("author@so.example")[0].get_content()
    assert "Bảng 1 <của> năm nào?" in returned
    assert f"{product.base_url}/admin/" in returned


def test_who_forgot_the_password_chooses_another_by_mail(product: Product, mails: Mails, new_visitor: Any) -> None:
    page = new_visitor(viewport=PHONE).new_page()
    page.goto(product.base_url + "/admin/login/")
    page.get_by_role("link", name="Quên mật khẩu").click()
    page.locator("[name=email]").fill("administrator@so.example")
    page.locator("form button[type=submit], form input[type=submit]").last.click()
    wait_until(lambda: bool(mails.to("administrator@so.example")))
    (mail,) = mails.to("administrator@so.example")
    assert mail["From"] == "Sở Công Thương <so@so.example>"
    (link,) = re.findall(r"https?://\S+/admin/password_reset/\S+", mail.get_content())

    page.goto(link)
    for field in ("new_password1", "new_password2"):
        page.locator(f"[name={field}]").fill("mat-khau-moi-2026-cua-so")
    page.locator("form button[type=submit], form input[type=submit]").last.click()
    page.goto(product.base_url + "/admin/login/")
    page.locator("[name=username]").fill("administrator")
    page.locator("[name=password]").fill("mat-khau-moi-2026-cua-so")
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/admin/")


def test_the_calendar_of_a_date_covers_no_button(product: Product, new_visitor: Any) -> None:
    page = at_the_desk(new_visitor(), product)
    for size in (PHONE, OFFICE):
        page.set_viewport_size(size)
        page.goto(product.base_url + "/admin/pages/3/edit/")
        dialog = open_schedule(page)
        dialog.locator("#id_go_live_at").click()
        calendar = dialog.locator(CALENDAR).first
        expect(calendar).to_be_visible()
        box = calendar.bounding_box() or {}
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        for button in (dialog.locator(".w-dialog__close-button"), dialog.locator(".w-dialog__box button").last):
            button.scroll_into_view_if_needed()
            button.click(trial=True)


def test_a_press_that_closes_the_calendar_reaches_its_button(product: Product, new_visitor: Any) -> None:
    """People hold a button for a moment; the calendar closes when that begins."""
    for touch in (False, True):
        page = at_the_desk(new_visitor(viewport=PHONE if touch else OFFICE, has_touch=touch), product)
        page.goto(product.base_url + "/admin/pages/3/edit/")
        dialog = open_schedule(page)
        field = dialog.locator("#id_go_live_at")
        field.click()
        field.fill(f"{datetime.now(HANOI) + timedelta(hours=HOURS):%d/%m/%Y %H:%M}")
        calendar = dialog.locator(CALENDAR).first
        expect(calendar).to_be_visible()
        button = dialog.locator("button[type=submit]")
        with page.expect_navigation():
            if touch:
                button.tap()
            else:
                button.click(delay=200)  # milliseconds
        expect(page.locator(".messages")).to_be_visible()


def test_what_follows_a_calendar_comes_back_to_its_place(product: Product, new_visitor: Any) -> None:
    page = at_the_desk(new_visitor(viewport=OFFICE), product)
    page.goto(product.base_url + "/admin/pages/3/edit/")
    dialog = open_schedule(page)
    room = dialog.locator(".nhip-picker").first
    assert (room.bounding_box() or {"height": 0})["height"] == 0
    dialog.locator("#id_go_live_at").click()
    expect(dialog.locator(CALENDAR).first).to_be_visible()
    dialog.locator("h2").first.click()
    expect(dialog.locator(CALENDAR).first).to_be_hidden()
    wait_until(lambda: (room.bounding_box() or {"height": 0})["height"] == 0)


def bring_forward(product: Product) -> datetime:
    """Let what is scheduled be due in three seconds; returns when."""
    at = (datetime.now(HANOI) + timedelta(seconds=3)).replace(microsecond=0)
    stored = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    with closing(sqlite3.connect(product.data_dir / "cms.sqlite3", timeout=PATIENCE)) as database, database:
        changed = database.execute(
            "UPDATE wagtailcore_revision SET approved_go_live_at = ?, content = json_set(content, '$.go_live_at', ?)"
            " WHERE approved_go_live_at IS NOT NULL",
            [stored, at.isoformat()],
        )
        assert changed.rowcount == 1
    return at


def count_taps(page: Page) -> list[str]:
    """What has been tapped since, over all pages that follow."""
    taps: list[str] = []

    def note(name: str) -> None:
        taps.append(name)

    page.expose_function("tapped", note)
    listen = "addEventListener('pointerdown', (event) => tapped(event.target.className), true)"
    page.add_init_script(listen)
    page.evaluate(listen)
    return taps
