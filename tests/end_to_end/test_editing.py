"""Editors at work on the running product: what their pictures cost it, and what readers get of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk import add_block, at_the_desk, sign_in
from editing import Editor
from patience import PATIENCE, wait_until
from pictures import draw, write_flat_png
from playwright.sync_api import BrowserContext, Page, Route, expect
from product import Product

NewVisitor = Callable[..., BrowserContext]

# Megabytes of the one process. It has some 490 when an editor has looked around, and had a thousand after one upload of
# 60 megapixels when such a picture was read in it.
MOST = 600
MOST_AT_ANY_TIME = 660
MOST_THAT_STAYS = 60
OFFICE: Any = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def editor(product: Product) -> Iterator[Editor]:
    with Editor(product) as editor:
        yield editor


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    return [
        draw(folder / "Máy ảnh 60 triệu.jpg", 9504, 6336, noisy=True),
        draw(folder / "dien-thoai.jpg", 4000, 3000, noisy=True),
        draw(folder / "ban-quet.png", 4000, 3000, noisy=True),
        draw(folder / "anh-ghep.webp", 3000, 2000, noisy=True),
        draw(folder / "bieu-trung.gif", 800, 600, mode="L", noisy=True),
    ]


# Wagtail takes what a form holds two seconds after its start for what was there before.
WATCHED = (
    """addEventListener("w-unsaved:watch-edits", () => document.documentElement.setAttribute("data-watched", ""))"""
)
# The answer to a saved draft is on its way until a test lets it come.
HOLD_ANSWERS = """() => {
  window.saved = 0;
  const { fetch } = window;
  const hold = new Promise((resolve) => { window.letCome = resolve; });
  window.fetch = async (address, options) => {
    const answer = await fetch(address, options);
    if (options?.body instanceof FormData && new URL(address, location).pathname.startsWith("/admin/pages/add/")) {
      window.saved += 1;
      await hold;
    }
    return answer;
  };
}"""
# What a script waits a minute for comes after three seconds.
IMPATIENT = """const { setTimeout: later } = window;
window.setTimeout = (call, after, ...more) => later(call, after === 60000 ? 3000 : after, ...more);"""
# Who else is editing is asked at once, and not again every ten seconds.
ASKS_ONCE = """const { setInterval: again } = window;
window.setInterval = (call, after, ...more) => (after === 10000 ? 0 : again(call, after, ...more));"""
SECTIONS = {"news/newspage": "/tin-tuc/", "wagtail_emulation/emulationpage": "/thi-dua-khen-thuong/"}


def megabytes(product: Product, which: str) -> int:
    (line,) = re.findall(rf"^{which}:\s+(\d+) kB", Path(f"/proc/{product.pid}/status").read_text(), re.MULTILINE)
    return int(line) // 1024


def test_editing_and_uploading_leave_no_memory_taken(product: Product, editor: Editor, pictures: list[Path]) -> None:
    def use(number: int, picture: Path) -> None:
        image = editor.upload(picture)
        page = editor.write(f"Bài có ảnh {number}", image=image)
        editor.rewrite(page, f"Bài có ảnh {number}, sửa lại", image=image)
        product.page("/")
        editor.look_around()

    use(0, pictures[0])  # what is loaded at its first use stays, within MOST
    before = megabytes(product, "VmRSS")

    for number, picture in enumerate(pictures, start=1):
        use(number, picture)

    found = {which: megabytes(product, which) for which in ("VmRSS", "VmHWM")}
    assert found["VmRSS"] < MOST, found
    assert found["VmHWM"] < MOST_AT_ANY_TIME, found
    assert found["VmRSS"] - before < MOST_THAT_STAYS, (before, found)


def test_readers_get_small_pictures_of_a_large_one(product: Product, editor: Editor, pictures: list[Path]) -> None:
    image = editor.upload(pictures[0])
    editor.write("Bài có ảnh lớn cho người đọc", image=image)

    def addresses() -> list[str]:
        return re.findall(r"/media/images/may-anh-60-trieu[^ \",]+", product.page("/tin-tuc/"))

    wait_until(lambda: bool(addresses()))
    for address in addresses():
        answer = httpx.get(product.base_url + address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] in ("image/avif", "image/webp")
        assert len(answer.content) < 500_000


def test_a_picture_that_would_take_a_gigabyte_is_refused_in_words(
    product: Product, editor: Editor, tmp_path: Path
) -> None:
    before = megabytes(product, "VmHWM")

    answer = editor.try_to_upload(write_flat_png(tmp_path / "bom.png", 11_300, 11_300))

    assert not answer["success"]
    assert "quá nhiều điểm ảnh" in answer["error_message"]
    assert megabytes(product, "VmHWM") - before < 30


def test_a_picture_of_a_private_collection_is_for_staff_within_a_second_of_becoming_private(
    product: Product, editor: Editor, tmp_path: Path
) -> None:
    collection = editor.make_collection("Nội bộ")
    image = editor.upload(draw(tmp_path / "noi-bo.jpg", 900, 700), collection=collection)
    editor.write("Bài có ảnh nội bộ", image=image)
    (original,) = (product.data_dir / "media/original_images").glob("noi-bo*")
    as_uploaded = f"/media/original_images/{original.name}"

    def renditions() -> list[str]:
        return re.findall(r"/media/images/noi-bo[^ \",]+", product.page("/tin-tuc/"))

    wait_until(lambda: bool(renditions()))
    (shown, *_others) = renditions()
    assert (product.status(shown), product.status(as_uploaded)) == (200, 404)

    editor.restrict(collection, "login")
    wait_until(lambda: product.status(shown) == 404)
    got = [editor.open(path) for path in (as_uploaded, shown)]
    assert [answer.status_code for answer in got] == [200, 200]
    assert {answer.headers["cache-control"] for answer in got} == {"private, no-store"}
    assert "sandbox" in got[0].headers["content-security-policy"]
    # A rendition that is new, and another collection's pictures.
    small = re.findall(r"/media/images/noi-bo[^ \",]+", editor.open(f"/admin/images/{image}/").text)[0]
    assert (product.status(small), editor.open(small).status_code) == (404, 200)
    others = [path for path in re.findall(r"/media/images/[^ \",]+", product.page("/")) if "noi-bo" not in path]
    assert product.status(others[0]) == 200

    editor.restrict(collection, "none")
    wait_until(lambda: product.status(shown) == 200)
    assert product.status(as_uploaded) == 404


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang=VI><!--StartFragment-->
<h2>I. MỤC TIÊU</h2><p class=MsoNormal><span style='color:red'>Nâng tỷ lệ <u>hàng Việt</u><sup>1</sup></span></p>
<p class=MsoNormal>Bảng 1. Số phiên chợ</p><table><tr><td><p><b>Huyện</b></p></td><td><p><b>Số phiên</b></p></td></tr>
<tr><td><p>Vĩnh Bảo</p></td><td><p>1.250</p></td></tr></table>
<p class=MsoNormal><img width=400 src="file:///C:/clip_image002.jpg"></p><!--EndFragment--></body></html>"""
EXCEL = "Mã\tSố lượng\n01\t2,5\n02\t1.000"
# As Chromium tells a page of Ctrl+V, with what Word or Excel has put on the clipboard.
PASTE = """([html, text]) => {
  const clipboard = new DataTransfer();
  if (html) clipboard.setData("text/html", html);
  clipboard.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


def test_an_author_pastes_from_word_and_excel_is_told_what_was_dropped_and_readers_get_tables(
    product: Product, new_visitor: NewVisitor
) -> None:
    page = new_visitor(viewport=OFFICE).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    sign_in(page, product)
    with Editor(product) as editor:
        page.goto(f"{product.base_url}/admin/pages/add/news/newspage/{editor.index}/")

    page.fill("#id_title", "Kế hoạch tổ chức phiên chợ")
    expect(page.locator("#id_title-length")).to_have_text("26/255 ký tự")
    expect(page.locator("#id_lead-missing")).to_contain_text("Chưa có tóm tắt")
    page.fill("#id_lead", "a" * 510)  # a browser would have cut it
    expect(page.locator("#id_lead-length")).to_contain_text("510/500 ký tự: dài quá 10")
    page.fill("#id_lead", "Mười hai phiên chợ trong năm.")
    expect(page.locator("#id_lead-missing")).to_be_hidden()

    adders = page.locator("[data-contentpath=body] button.c-sf-add-button")
    add_block(page, adders.first, "Đoạn văn")
    page.locator("[contenteditable=true]").first.click()
    page.evaluate(PASTE, [WORD, "I. MỤC TIÊU"])
    said = page.locator(".nhip-said").first
    expect(said).to_contain_text("1 ảnh không dán được")
    expect(page.locator("input[name$=table-caption]").first).to_have_value("Bảng 1. Số phiên chợ")

    add_block(page, adders.last, "Bảng")
    expect(page.locator("input[name$=table-caption]")).to_have_count(2)
    second = page.locator("input[name$=table-caption]").last
    second.fill("Bảng 2. Số lượng")
    page.evaluate(PASTE, ["", EXCEL])
    expect(page.locator(".nhip-said").last).to_contain_text("Đã dán cả bảng")
    expect(second).to_have_value("Bảng 2. Số lượng")

    # As people type: that the address follows the title is decided when they come to it, not in the same moment.
    page.locator("#id_title").focus()
    page.keyboard.press("End")
    page.locator("#id_title").press_sequentially(" năm 2026", delay=50)
    expect(page.locator("#id_slug")).to_have_value("ke-hoach-to-chuc-phien-cho-nam-2026")
    page.get_by_role("button", name="Thao tác khác").or_(
        page.locator(".w-dropdown__toggle, [data-w-dropdown-target=toggle]").last
    ).first.click()
    page.locator("button[name=action-publish]").click()
    page.wait_for_url("**/admin/pages/*/")
    assert not refused

    def shown() -> str:
        answer = httpx.get(f"{product.base_url}/tin-tuc/ke-hoach-to-chuc-phien-cho-nam-2026/")
        return answer.text if answer.status_code == 200 else ""

    wait_until(lambda: "Bảng 2. Số lượng" in shown())
    for part in (
        "<h2>I. MỤC TIÊU</h2>",
        "<u>hàng Việt</u><sup>1</sup>",
        ">1.250</td>",
        ">2,5</td>",
        '<th scope="row">01</th>',
    ):
        assert part in shown(), part


def open_new(page: Page, product: Product, kind: str) -> None:
    """The form of a new page, from the moment on in which Wagtail saves what is typed."""
    sign_in(page, product)
    page.add_init_script(WATCHED)
    section = product.get(f"/api/v2/pages/find/?path={SECTIONS[kind]}")
    page.goto(f"{product.base_url}/admin/pages/add/{kind}/{section['id']}/")
    expect(page.locator("html[data-watched]")).to_have_count(1)


def fill(page: Page, kind: str, title: str) -> None:
    if kind.startswith("wagtail_emulation"):
        page.get_by_label("Ký kết giao ước thi đua").check()
        page.locator("input[name=event_date]").fill("22/11/2026")
        page.keyboard.press("Tab")
    page.locator("[name=title]").press_sequentially(title, delay=20)  # the address follows those who type
    expect(page.locator("[name=slug]")).not_to_have_value("")
    page.locator("[name=lead]").fill("Tóm tắt.")


def publish(page: Page) -> None:
    page.locator("footer .w-dropdown__toggle").click()
    page.get_by_role("button", name="Xuất bản", exact=True).click()


def hold_what_is_sent(page: Page, to: str = "**/admin/pages/add/**") -> list[Route]:
    """What is sent there from now on, by default by the form of a new page; it goes on when a test says so."""
    sent: list[Route] = []

    def hold(route: Route) -> None:
        sent.append(route)

    page.route(to, hold)
    return sent


def states_of(product: Product, title: str) -> list[tuple[int, int]]:
    """Of the pages with this title: whether they are published, and whether a draft is newer."""
    with closing(sqlite3.connect(product.data_dir / "cms.sqlite3", timeout=PATIENCE)) as database:
        asked = "SELECT live, has_unpublished_changes FROM wagtailcore_page WHERE title = ?"
        return database.execute(asked, [title]).fetchall()


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_page_that_is_published_while_its_draft_is_being_saved_is_one_page(
    product: Product, new_visitor: NewVisitor, kind: str
) -> None:
    page, title = new_visitor(viewport=OFFICE).new_page(), f"Công bố khi đang lưu {kind[:4]}"
    open_new(page, product, kind)
    page.evaluate(HOLD_ANSWERS)
    fill(page, kind, title)
    wait_until(lambda: page.evaluate("window.saved") > 0)
    wait_until(lambda: states_of(product, title) == [(0, 1)])

    publish(page)
    page.evaluate("window.letCome()")
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    assert states_of(product, title) == [(1, 0)]


def test_a_page_that_is_sent_saves_no_draft_of_itself(product: Product, new_visitor: NewVisitor) -> None:
    """What was typed just before would be saved while the site takes its time to answer."""
    page, title = new_visitor(viewport=OFFICE).new_page(), "Gửi ngay khi gõ xong"
    open_new(page, product, "news/newspage")
    sent = hold_what_is_sent(page)
    page.locator("footer .w-dropdown__toggle").click()
    fill(page, "news/newspage", title)
    page.locator("button[name=action-publish]").click(no_wait_after=True)
    page.wait_for_timeout(3_000)  # milliseconds; Wagtail saves a second and a half after a change
    (publication,) = sent
    publication.continue_()
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    assert states_of(product, title) == [(1, 0)]


def test_a_press_is_not_sent_into_a_connection_that_was_lost(product: Product, new_visitor: NewVisitor) -> None:
    page, title = new_visitor(viewport=OFFICE).new_page(), "Mất mạng khi đang lưu"
    open_new(page, product, "news/newspage")
    sent = hold_what_is_sent(page)
    fill(page, "news/newspage", title)
    wait_until(lambda: page.evaluate("1") and len(sent) == 1)
    publish(page)
    expect(page.locator("button[name=action-publish]")).to_be_disabled()
    (draft,) = sent
    draft.abort()
    expect(page.locator(".messages")).to_contain_text("Có lỗi mạng")
    expect(page.locator("button[name=action-publish]")).to_be_enabled()
    assert states_of(product, title) == []

    page.unroute_all()
    page.locator("button[name=action-publish]").click()
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    assert states_of(product, title) == [(1, 0)]


def test_the_saving_of_an_authors_own_draft_is_not_taken_for_somebody_elses(
    product: Product, new_visitor: NewVisitor
) -> None:
    """The form asks who else has saved the page; the site answers after a draft of that very form has been saved."""
    page, title = new_visitor(viewport=OFFICE).new_page(), "Hỏi trước, lưu sau"
    asked = hold_what_is_sent(page, "**/editing-sessions/ping/**")
    page.add_init_script(ASKS_ONCE)
    open_new(page, product, "news/newspage")
    fill(page, "news/newspage", title)
    wait_until(lambda: page.evaluate("1") and len(asked) == 1)
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/edit/")):
        page.locator("[name=lead]").fill("Tóm tắt sau khi hỏi.")

    with page.expect_response("**/editing-sessions/ping/**") as answer:
        asked[0].continue_()
    answer.value.finished()
    publish(page)
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    assert states_of(product, title) == [(1, 0)]


def test_what_another_window_has_saved_is_not_overwritten_without_a_question(
    product: Product, new_visitor: NewVisitor, editor: Editor, tmp_path: Path
) -> None:
    image = editor.upload(draw(tmp_path / "hai-nguoi.png", 600, 400))
    article = editor.write("Hai người cùng sửa", image=image, slug="hai-nguoi-cung-sua")
    page = at_the_desk(new_visitor(viewport=OFFICE), product)
    with page.expect_response("**/editing-sessions/ping/**"):
        page.goto(f"{product.base_url}/admin/pages/{article}/edit/")
    editor.rewrite(article, "Hai người cùng sửa, người kia", image=image)
    with page.expect_response("**/editing-sessions/ping/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as who comes back to this tab

    expect(page.get_by_role("button", name="Bạn đã lưu một phiên bản mới trong cửa sổ khác")).to_be_visible()
    publish(page)
    expect(page.get_by_role("dialog").get_by_role("button", name="Xuất bản")).to_be_visible()
    assert states_of(product, "Hai người cùng sửa, người kia") == [(1, 0)]


@pytest.mark.parametrize("presses", ["save, publish", "publish, save"])
def test_of_two_presses_while_a_draft_is_being_saved_publishing_counts(
    product: Product, new_visitor: NewVisitor, presses: str
) -> None:
    page, title = new_visitor(viewport=OFFICE).new_page(), f"Bấm hai nút: {presses}"
    open_new(page, product, "news/newspage")
    page.evaluate(HOLD_ANSWERS)
    fill(page, "news/newspage", title)
    wait_until(lambda: page.evaluate("window.saved") > 0)

    for press in presses.split(", "):
        if press == "publish":
            publish(page)
        else:
            page.locator("footer").get_by_role("button", name="Lưu bản nháp").click()
    page.evaluate("window.letCome()")
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    assert states_of(product, title) == [(1, 0)]


def test_an_author_who_stays_after_all_has_drafts_saved_again(product: Product, new_visitor: NewVisitor) -> None:
    page, title = new_visitor(viewport=OFFICE).new_page(), "Dừng lại khi đang gửi"
    page.add_init_script(IMPATIENT)
    open_new(page, product, "news/newspage")
    sent = hold_what_is_sent(page)
    page.locator("footer .w-dropdown__toggle").click()
    fill(page, "news/newspage", title)
    page.evaluate("() => { addEventListener('submit', () => setTimeout(() => window.stop(), 1000)); }")
    page.locator("button[name=action-publish]").click(no_wait_after=True)
    page.wait_for_timeout(1_500)  # milliseconds; meanwhile the author stops it
    assert len(sent) == 1
    page.unroute_all()
    page.locator("[name=lead]").fill("Tóm tắt khác.")
    wait_until(lambda: states_of(product, title) == [(0, 1)])
