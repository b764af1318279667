"""For people who hear a screen, who see little, or who have no mouse: axe (WCAG 2.2 AA) on what the menus of the roles
in the admin lead to and on what opens from there, in both schemes, on a desk and on a phone; an author who writes an
article by the keyboard alone, and a reader who reads one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe import Violation, violations
from desk import at_the_desk, make_accounts
from gallery import ADMIN_SCREENS
from keyboard import Keyboard
from patience import wait_until
from pictures import draw
from playwright.sync_api import BrowserContext, Page, expect
from product import ADMIN_PASSWORD, Product, copy_data
from settled import wait_for_pictures, wait_for_refusal

pytestmark = pytest.mark.browser

NewVisitor = Callable[..., BrowserContext]

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# One article waits for an editor; one has a gallery and a film.
CONTENT = """
import json
from wagtail.models import Page, Workflow
author = get_user_model().objects.get(username="author")
page = Page.objects.get(pk=6).specific
page.save_revision(user=author)
page.get_workflow().start(page, author)
article = Page.objects.get(pk=5).specific
picture = {"image": article.image_id, "decorative": False, "alt_text": "Quầy hàng"}
article.body = json.dumps([
    {"type": "gallery", "value": {"pictures": [
        {"type": "item", "value": {"image": picture, "caption": "Một"}},
        {"type": "item", "value": {"image": picture, "caption": "Hai"}}]}},
    {"type": "video", "value": {"url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "title": "Phiên chợ"}},
])
about = Page.objects.get(slug="gioi-thieu")
about.add_child(instance=type(about.specific)(title="Lịch sử", slug="lich-su", show_in_menus=True))
article.title = "Bộ ảnh và phim của phiên chợ"
article.save_revision().publish()
"""
# What opens from the screens of the menus, by the role that works with it.
BEYOND_MENUS = {
    "author": [ADMIN_SCREENS["image-new"], "/admin/account/"],
    "editor": [
        ADMIN_SCREENS["article-edit"],
        "/admin/images/1/",
        "/admin/waiting/1/",
        "/admin/pages/5/history/",
        "/admin/pages/5/copy/",
        "/admin/documents/multiple/add/",
    ],
    "leader": ["/admin/planned/", "/admin/waiting/1/"],
    "administrator": [
        "/admin/users/new/",
        "/admin/groups/edit/3/",
        "/admin/handbook/viet-bai/",
        "/admin/redirects/add/",
    ],
    "admin": [*ADMIN_SCREENS.values(), "/admin/pages/5/delete/"],
}
# Wagtail's own that neither styles nor templates of ours reach: rule, class, reason.
WAGTAILS_OWN = (
    ("aria-required-children", "w-combobox__menu", "the list of blocks has a button in each option, which React draws"),
    ("scrollable-region-focusable", "w-minimap__list", "its links are reached when its button has opened it"),
)
# Of a screen's header, even if all around it is scrolled to its beginning: nobody gets there.
BEYOND_THE_EDGE = """() => {
  const scrolled = (one) => (one ? one.scrollLeft + scrolled(one.parentElement) : 0);
  return [...document.querySelectorAll("header :is(a, button, input, select)")]
    .filter((one) => one.checkVisibility() && one.offsetWidth > 1)
    .filter((one) => one.getBoundingClientRect().left + scrolled(one.parentElement) < 0)
    .map((one) => one.outerHTML.slice(0, 200));
}"""
MENU = """() => JSON.parse(document.querySelector("#wagtail-sidebar-props").textContent)"""


@pytest.fixture(scope="module")
def product(first_start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data = copy_data(first_start, tmp_path_factory.mktemp("everybody"))
    with Product(data, NHIP_SECOND_FACTOR_DAYS="never", NHIP_EMBEDS="youtube") as product:
        make_accounts(product, CONTENT)
        yield product
        product.stop()


def links_in(menu: Any) -> Iterator[str]:
    """The addresses in the data that Wagtail's menu is drawn from."""
    if isinstance(menu, dict):
        for value in menu.values():
            yield from links_in(value)
    elif isinstance(menu, list):
        for value in menu:
            yield from links_in(value)
    elif isinstance(menu, str) and menu.startswith("/admin/") and "logout" not in menu:
        yield menu


def is_wagtails(fault: Violation) -> bool:
    """What bars half cover can be scrolled from below them; the tests of the keyboard look at what has the focus."""
    if fault.rule == "target-size" and "partially obscured" in fault.why:
        return True
    return any(fault.rule == rule and f'class="{name}"' in fault.html for rule, name, _reason in WAGTAILS_OWN)


class Looking:
    """Each screen in the light on a desk, then in the dark on a phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[Violation]] = {}

    def look(self, where: str) -> None:
        faults = self._faults()
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size(PHONE)
        faults += self._faults()
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            faults.append(Violation("wider than a phone", "html", str(wide), ""))
        faults += [Violation("beyond the left edge", "", html, "") for html in self.page.evaluate(BEYOND_THE_EDGE)]
        self.page.set_viewport_size(DESK)
        self.page.emulate_media(color_scheme="light")
        if faults:
            self.found.setdefault(where, []).extend(faults)

    def _faults(self) -> list[Violation]:
        """What is still there after a moment: some colours change in more than one step."""
        for pause in (0, 500):
            self.page.wait_for_timeout(pause)
            if not (faults := [fault for fault in violations(self.page) if not is_wagtails(fault)]):
                break
        return faults


def test_axe_finds_nothing_on_the_screens_of_the_roles(product: Product, new_visitor: NewVisitor) -> None:
    found: dict[str, list[Violation]] = {}
    seen: set[str] = set()
    for role, beyond in BEYOND_MENUS.items():
        visitor = new_visitor(viewport=DESK, bypass_csp=True, reduced_motion="reduce")
        page = at_the_desk(visitor, product, role)
        looking = Looking(page)
        looking.found = found
        page.goto(product.base_url + "/admin/")
        menu = page.evaluate(MENU)
        for path in dict.fromkeys([*links_in(menu), *beyond]):
            if path in seen or ".js" in path:
                continue
            seen.add(path)
            answer = page.goto(product.base_url + path)
            assert answer
            assert answer.status == 200, f"{role}: {path}"
            assert page.locator(".messages .error").count() == 0, f"{role} may not open {path}"
            looking.look(f"{role}: {path}")
        if role == "author":
            open_what_opens(page, product, looking)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def open_what_opens(page: Page, product: Product, looking: Looking) -> None:
    """An article with a block of every kind, its panels, the chooser of pictures, and what is wrong with the form."""
    page.goto(product.base_url + ADMIN_SCREENS["article-new"])
    adders = page.locator("[data-contentpath=body] button.c-sf-add-button")
    adders.last.click()
    kinds = page.get_by_role("option").all_inner_texts()
    looking.look("the list of blocks")
    page.keyboard.press("Escape")
    for kind in kinds:
        adders.last.click()
        page.get_by_role("option", name=kind, exact=True).last.click()
    looking.look("a block of every kind")
    for panel in ("status", "comments", "checks"):
        page.locator(f"[data-side-panel-toggle={panel}]:visible").click()
        looking.look(panel)
    page.locator("#id_image-chooser [data-chooser-action-choose]:visible").first.click()
    page.locator(".modal-content").wait_for()
    wait_for_pictures(page)
    looking.look("the chooser of pictures")
    page.keyboard.press("Escape")
    page.locator("button[type=submit]").filter(has_text="Lưu bản nháp").first.click()
    wait_for_refusal(page)
    looking.look("a form with faults")


def test_an_author_writes_and_hands_in_by_the_keyboard_alone(
    product: Product, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    page = new_visitor(viewport=DESK, reduced_motion="reduce").new_page()
    page.goto(product.base_url + "/admin/login/")
    keyboard = Keyboard(page)
    assert keyboard.at()["id"] == "id_username"
    keyboard.write("author")
    keyboard.tab_to("#id_password")
    keyboard.write(ADMIN_PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    keyboard.tab_to("Viết bài")
    keyboard.press("Enter")
    page.wait_for_url("**/pages/add/**")
    keyboard.tab_to("#id_title")
    keyboard.write("Bài viết bằng bàn phím")
    keyboard.tab_to("#id_lead")
    keyboard.write("Không có chuột.")
    upload_a_picture(page, keyboard, tmp_path)
    add_a_paragraph(page, keyboard)
    keyboard.tab_to("Thao tác khác")
    keyboard.press("Enter")
    keyboard.tab_to("Gửi", most=5)
    keyboard.press("Enter")
    page.wait_for_url("**/admin/pages/4/")
    keyboard.tab_to("author")
    keyboard.press("Enter")
    keyboard.tab_to("Đăng xuất", most=5)
    keyboard.press("Enter")
    page.wait_for_url("**/login/")
    assert keyboard.faults == []


def wait_for_focus(page: Page, condition: str) -> None:
    """``condition``: JavaScript. Asked from here, since the policy of the admin lets no string be a script."""
    wait_until(lambda: bool(page.evaluate(condition)))


def upload_a_picture(page: Page, keyboard: Keyboard, tmp_path: Path) -> None:
    """Into the article's own picture, with what it shows; the focus is there before and after."""
    page.on("filechooser", lambda _chooser: None)  # a key overtakes Chromium's order to hand choosers over
    keyboard.tab_to("Chọn ảnh")
    keyboard.press("Enter")
    chooser = page.locator(".modal-content")
    wait_for_focus(page, "document.activeElement.closest('.modal')")
    keyboard.press("Escape")
    chooser.wait_for(state="detached")
    wait_for_focus(page, "document.activeElement !== document.body")
    assert keyboard.at()["name"] == "Chọn ảnh"
    keyboard.press("Enter")
    wait_for_focus(page, "document.activeElement.closest('.modal')")
    keyboard.tab_to("Tìm kiếm")
    keyboard.press("ArrowRight")  # to the tab beside it, which takes the focus a moment later
    wait_for_focus(page, "document.activeElement.matches('[role=tab][aria-selected=true][href$=upload]')")
    keyboard.tab_to("#id_image-chooser-upload-file")
    with page.expect_file_chooser() as opened:
        keyboard.press("Space")
    opened.value.set_files(draw(tmp_path / "anh.jpg", 900, 600))
    keyboard.tab_to("#id_image-chooser-upload-description")
    keyboard.write("Đại biểu trong hội trường")
    expect(page.locator("#id_image-chooser-upload-title")).to_have_value("anh")
    expect(page.get_by_text("3/255 ký tự")).to_be_visible()
    keyboard.tab_to("Tải lên")
    keyboard.press("Enter")
    chooser.wait_for(state="detached")
    chosen = page.locator("#id_image-chooser")
    wait_for_focus(page, "document.activeElement !== document.body")
    assert chosen.evaluate("one => one.contains(document.activeElement)")


def add_a_paragraph(page: Page, keyboard: Keyboard) -> None:
    """From the list of blocks, which is left once and opened again."""
    keyboard.tab_to("Chèn khối")
    keyboard.press("Enter")
    wait_for_focus(page, "document.activeElement.matches('.w-combobox input')")
    keyboard.press("Escape")
    wait_for_focus(page, "document.activeElement.matches('.c-sf-add-button')")
    keyboard.press("Enter")
    wait_for_focus(page, "document.activeElement.matches('.w-combobox input')")
    keyboard.write("đoạn")
    page.locator("[role=option]").filter(has_text="Đoạn văn").wait_for()
    keyboard.press("ArrowDown", "Enter")
    wait_for_focus(page, "document.activeElement.matches('[role=textbox]')")
    page.keyboard.type("Hội nghị sáng nay.")


def test_a_reader_visits_by_the_keyboard_alone(product: Product, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(viewport=DESK, permissions=["clipboard-read", "clipboard-write"])
    visitor.route(
        "https://www.youtube-nocookie.com/**",
        lambda route: route.fulfill(body="<button>Phát</button>", content_type="text/html"),
    )
    page = visitor.new_page()
    page.goto(product.base_url)
    keyboard = Keyboard(page)
    assert keyboard.tab()["name"] == "Đến nội dung chính"
    keyboard.press("Enter")
    page.wait_for_url("**/#noi-dung")
    first = keyboard.tab()
    assert page.locator("main").evaluate("main => main.contains(document.activeElement)"), first

    page.goto(product.base_url)
    keyboard.tab_to("Mục con của")
    keyboard.press("Enter")
    below = keyboard.tab()
    assert page.locator(".nav__below").first.evaluate("list => list.contains(document.activeElement)"), below
    keyboard.press("Escape")
    assert keyboard.at()["name"].startswith("Mục con của")

    keyboard.tab_to("Tìm trong cổng", key="Shift+Tab")
    keyboard.write("bo anh va phim")
    keyboard.press("Enter")
    page.wait_for_url("**/tim-kiem/?q=*")
    keyboard.tab_to("Bộ ảnh và phim")
    keyboard.press("Enter")
    page.wait_for_url("**/tin-tuc/*/")
    keyboard.tab_to("Xem phim: Phiên chợ")
    keyboard.press("Enter")
    player = page.locator("iframe.video__player")
    expect(player).to_be_focused()
    keyboard.tab()
    keyboard.tab_to("Chép liên kết")
    keyboard.press("Space")
    page.get_by_role("button", name="Đã chép").wait_for()
    keyboard.tab_to("Hiển thị", key="Shift+Tab")
    keyboard.press("Enter")
    keyboard.tab_to("Rất lớn")
    keyboard.press("Space")
    keyboard.press("Escape")
    assert keyboard.at()["name"] == "Hiển thị"
    assert page.evaluate("document.documentElement.dataset.text") == "2"
    assert keyboard.faults == []
