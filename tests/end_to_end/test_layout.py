"""Every template fits the screens of its readers, from a small phone to a desk, in both schemes and with large text;
axe finds nothing (WCAG 2.2 AA), and the keyboard reaches everything. `make pictures` shows what they look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe import WITH_GOOD_PRACTICE, violations
from gallery import ANSWERS, ARTICLE, TEMPLATES, TWICE, show_template
from pictures import draw
from playwright.sync_api import expect
from product import ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from product import Product

    NewVisitor = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

# The words of the department's name that are not on one line, each in a box of its own.
BROKEN_WORDS = """() => [...document.querySelectorAll(".brand__name, .brand__parent")].flatMap((at) => {
  const text = at.firstChild, found = [];
  for (const word of text.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    if (range.getClientRects().length > 1) found.push(word[0]);
  }
  return found;
})"""
# What has the focus: whether it can be seen to have it, and whether something lies over it.
FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const framed = [at, at.closest("article") || at].some((one) => getComputedStyle(one).outlineStyle !== "none");
  const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const whole = at.contains(seen) || (seen && seen.contains(at));
  return { name: at.outerHTML.slice(0, 120), framed, whole, end: at === document.body };
}"""

# What is cut off at the right edge of the screen, in the page's content and in the bar above the header.
BEYOND = """(width) => [...document.querySelectorAll("main *, .topbar *")]
  .filter((at) => at.getBoundingClientRect().right > width + 1)
  .map((at) => `${at.tagName} ${at.className}`)"""


def every_page(visitor: BrowserContext, product: Product) -> Iterator[tuple[str, Page]]:
    for name, path in TEMPLATES.items():
        page = visitor.new_page()
        page.goto(product.base_url + path)
        yield name, page
        page.close()
    for template in ANSWERS:
        page = show_template(visitor, product.base_url, template)
        yield template, page
        page.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_every_template_fits_and_axe_finds_nothing(product: Product, new_visitor: NewVisitor, width: int) -> None:
    # axe's script is not the site's
    options = {"viewport": {"width": width, "height": 800}, "bypass_csp": True, "reduced_motion": "reduce"}
    visitor = new_visitor(**options)
    faults: list[str] = []
    visitor.on("weberror", lambda error: faults.append(str(error.error)))
    visitor.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    found: dict[str, Any] = {}
    for name, page in every_page(visitor, product):
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        faulty = violations(page, *WITH_GOOD_PRACTICE)
        if width == 320:
            page.emulate_media(color_scheme="dark")
            faulty += violations(page, "color-contrast")
        page.evaluate(TWICE)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name}, text at 200 %"
        assert page.evaluate(BROKEN_WORDS) == [], name
        if faulty:
            found[name] = faulty
    assert not found
    assert [fault for fault in faults if "404" not in fault] == []  # of the page that is not there


def test_pictures_fill_their_places_and_cards_without_one_the_width(product: Product, new_visitor: NewVisitor) -> None:
    page = new_visitor(viewport={"width": 960, "height": 800}).new_page()
    page.goto(product.base_url)

    def height(selector: str) -> float:
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        return box["height"]

    for width in (360, 768, 960, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for place in (".hero__image", ".card__image", ".emulation-card__image"):
            assert height(f"{place} img") == pytest.approx(height(place), abs=0.5), (place, width)
    page.evaluate("document.querySelector('.emulation-card__image').remove()")
    card, text = (page.locator(at).first.bounding_box() for at in (".emulation-card", ".emulation-card__text"))
    assert card
    assert text
    assert text["width"] == pytest.approx(card["width"], abs=3)
    assert height(".nav") < 60  # one line
    page.set_viewport_size({"width": 1024, "height": 800})
    assert height(".nav") < 60
    page.set_viewport_size({"width": 768, "height": 800})
    expect(page.locator(".nav")).to_be_hidden()


def test_everything_is_reached_by_the_keyboard_and_seen_to_be(product: Product, new_visitor: NewVisitor) -> None:
    page = new_visitor(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(product.base_url)
    links = page.locator("a:visible, summary:visible, button:visible").count()
    stops = []
    for _stop in range(links + 5):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["end"]:
            break
        stops.append(stop)
    assert "skip-link" in stops[0]["name"]
    assert len(stops) >= links - 1  # the pictures of cards are not links of their own
    assert [stop["name"] for stop in stops if not stop["framed"] or not stop["whole"]] == []

    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#noi-dung")
    assert page.evaluate("document.activeElement.id") == "noi-dung"

    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(product.base_url + ARTICLE)
    page.locator(".menu__button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".menu__panel")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".menu__panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "menu__button"
    page.keyboard.press("Enter")
    page.locator(".brand__name").dispatch_event("click")
    expect(page.locator(".menu__panel")).to_be_hidden()


def test_a_page_that_is_not_there_names_the_department_and_signing_in_is_centred(
    product: Product, new_visitor: NewVisitor
) -> None:
    page = new_visitor(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(product.base_url + "/khong-co/")
    expect(page.locator(".brand__name")).to_have_text("Sở Công Thương")
    expect(page.locator(".nav__link").first).to_be_visible()

    page.goto(product.base_url + "/admin/login/")
    box = page.locator(".content-wrapper").bounding_box()
    emblem = page.locator(".login-department img").bounding_box()
    assert box
    assert emblem
    assert box["x"] + box["width"] / 2 == pytest.approx(640, abs=1)
    assert box["y"] + box["height"] / 2 == pytest.approx(400, abs=2)
    assert emblem["x"] + emblem["width"] / 2 == pytest.approx(640, abs=1)


def test_a_reader_finds_an_article_by_keyboard_and_uses_its_tools(product: Product, new_visitor: NewVisitor) -> None:
    context = new_visitor(viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(product.base_url)

    page.locator("#site-search").press_sequentially("an toan dien mua kho")
    box = page.get_by_role("combobox", name="Tìm trong cổng thông tin")
    option = page.get_by_role("option").first
    option.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    box.press("Enter")
    page.wait_for_url("**/tim-kiem/?q=*")
    assert page.locator(".result mark").first.inner_text().lower() == "an toàn điện"
    page.locator(".result__title a").first.click()
    page.wait_for_url("**/tin-tuc/*/")

    page.get_by_role("button", name="Chép liên kết").click()
    page.get_by_role("button", name="Đã chép").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="In bài").click()
    assert page.evaluate("window.printed")
    assert page.get_by_role("button", name="Nghe đọc bài").count() == 0  # this machine has no voice for Vietnamese

    page.get_by_text("Hiển thị", exact=True).click()
    page.get_by_role("button", name="Rất lớn").click()
    page.get_by_label("Tương phản cao").check()
    page.keyboard.press("Escape")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "23px"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate(BEYOND, 360) == []
    assert faults == []


def test_a_reader_chooses_the_ground_whatever_the_system_says(product: Product, new_visitor: NewVisitor) -> None:
    page = new_visitor(viewport={"width": 1280, "height": 800}, bypass_csp=True, color_scheme="light").new_page()
    page.goto(product.base_url + ARTICLE)

    def choose(name: str) -> None:
        page.get_by_text("Hiển thị", exact=True).click()
        page.get_by_role("button", name=name, exact=True).click()
        page.keyboard.press("Escape")

    def assert_ground(colour: str) -> None:
        expect(page.locator("body")).to_have_css("background-color", colour)

    light, dark, black = "rgb(248, 247, 243)", "rgb(16, 22, 30)", "rgb(0, 0, 0)"
    assert_ground(light)
    choose("Tối")
    page.reload()
    assert_ground(dark)
    assert page.evaluate("document.documentElement.dataset.scheme") == "dark"
    assert page.evaluate("[...document.querySelectorAll('meta[name=theme-color]')].map((bar) => bar.media)") == [
        "not all",
        "all",
    ]
    assert violations(page, "color-contrast") == []
    page.get_by_text("Hiển thị", exact=True).click()
    page.get_by_label("Tương phản cao").check()
    page.keyboard.press("Escape")
    assert_ground(black)
    assert violations(page, "color-contrast") == []
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--text')") == "#000"
    page.emulate_media(media="screen", color_scheme="dark")
    choose("Sáng")
    assert_ground("rgb(255, 255, 255)")  # with high contrast
    page.get_by_text("Hiển thị", exact=True).click()
    page.get_by_label("Tương phản cao").uncheck()
    page.keyboard.press("Escape")
    assert_ground(light)
    choose("Theo máy")
    assert_ground(dark)
    page.emulate_media(color_scheme="light", contrast="more")
    assert_ground("rgb(255, 255, 255)")
    assert page.context.cookies() == []
    # Before the first line of the page is drawn: neither deferred nor after the styles.
    head = page.evaluate(
        "[...document.querySelectorAll('head script, head link[rel=stylesheet]')].map((one) => one.outerHTML)"
    )
    assert "display." in head[0]
    assert "defer" not in head[0]


def test_from_signing_in_an_article_with_a_photo_is_published_in_eight_clicks_on_one_screen(
    product: Product, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    page = new_visitor(viewport={"width": 1280, "height": 800}).new_page()
    clicks = 0

    def click(selector: str) -> None:
        nonlocal clicks
        clicks += 1
        page.locator(f"{selector}:visible").first.click()

    page.goto(product.base_url + "/admin/login/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", ADMIN_PASSWORD)
    click("button[type=submit]")
    page.wait_for_url("**/second-factor/**")
    click(".button-secondary")  # later
    click("a[href='/admin/viet-bai/']")
    page.fill("#id_title", "Bài viết trong tám lần bấm")
    page.fill("#id_lead", "Ảnh, ngày đăng và chuyên mục ở ngay dưới tóm tắt.")
    top = page.locator("#id_title").bounding_box()
    for field in ("#id_image-chooser", "#id_date", "#id_topic-chooser"):
        box = page.locator(field).bounding_box()
        assert top
        assert box
        assert box["y"] + box["height"] - top["y"] < 600, field  # below header and tabs, above the buttons
    click("#id_image-chooser [data-chooser-action-choose]")
    click("a[role=tab][href='#tab-upload']")
    page.set_input_files("#id_image-chooser-upload-file", draw(tmp_path / "anh.jpg", 900, 600))
    page.fill("#id_image-chooser-upload-title", "Ảnh hội nghị")
    page.fill("#id_image-chooser-upload-description", "Đại biểu trong hội trường")
    click("form[action='/admin/images/chooser/create/'] [type=submit]")
    page.locator("#id_image-chooser:not(.blank)").wait_for()
    click("footer .w-dropdown__toggle")
    click("[name=action-publish]")
    page.wait_for_url("**/admin/pages/4/")
    assert clicks <= 8

    reader = new_visitor().new_page()
    reader.goto(product.base_url + "/tin-tuc/bai-viet-trong-tam-lan-bam/")
    expect(reader.locator("h1")).to_have_text("Bài viết trong tám lần bấm")
    expect(reader.locator(".article__figure img")).to_be_visible()
