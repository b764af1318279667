"""The main job from end to end: an editor publishes, visitors read, and the numbers on their open pages move."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from patience import wait_until
from playwright.sync_api import expect
from product import ADMIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page, Response
    from product import Product

    NewVisitor = Callable[..., BrowserContext]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("product", ["embedded", "distributed"], indirect=True, scope="module"),
]

SECTION = "/thi-dua-khen-thuong/"
SEEDED = SECTION + "hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
TITLE = "Lễ ký kết giao ước thi đua năm 2027"
SETTLED_MS = 2_000
ROWS = ("online", "today", "week", "month", "total")

# The page itself notes the time of each change; a reload would lose the notes.
WATCH = """() => {
  window.changes = [];
  new MutationObserver((records) => {
    for (const { target } of records) {
      const at = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      const name = at && (at.dataset.counter || (at.dataset.pageViews && "views"));
      if (name) changes.push({ name, number: at.textContent, at: Date.now() });
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def test_the_seeded_page_goes_from_1327_to_1328_while_open(product: Product, new_visitor: NewVisitor) -> None:
    page = new_visitor().new_page()

    response = page.goto(product.base_url + SEEDED)

    assert response is not None
    assert re.search(r'Lượt xem: <span data-page-views="\d+">1\.327</span>', response.text())
    expect(views_of(page)).to_have_text("1.328")


def test_an_editor_publishes_and_the_first_visitor_sees_the_second_come(
    product: Product, new_visitor: NewVisitor, artifacts: Path
) -> None:
    editor = new_visitor(viewport={"width": 1280, "height": 900}).new_page()
    address = publish_emulation_page(editor, product)
    assert address == product.base_url + SECTION + "le-ky-ket-giao-uoc-thi-dua-nam-2027/"

    first = new_visitor().new_page()
    first.goto(address)
    expect(views_of(first)).to_have_text("1")
    expect(first.locator("h1")).to_have_text(TITLE)
    before = settled_widget_of(first)
    first.evaluate(WATCH)

    beacon = open_and_catch_beacon(new_visitor().new_page(), address)
    expect(views_of(first)).to_have_text("2")
    expect(counter(first, "today")).to_have_text(str(before["today"] + 1))

    sent_at = beacon.request.timing["startTime"]
    changes = first.evaluate("changes")
    delays = {change["name"]: round(change["at"] - sent_at) for change in reversed(changes)}
    keep(artifacts, "live-counters.json", {"milliseconds from beacon to the first visitor's tab": delays})
    after = widget_of(first)
    assert after == {name: number + 1 for name, number in before.items()}
    assert delays.keys() == {"views", *before}

    # An editor's view counts nowhere.
    open_and_catch_beacon(editor, address)
    first.wait_for_timeout(1_500)
    assert views_of(first).inner_text() == "2"
    assert widget_of(first) == after


def test_a_mistyped_date_stays_for_the_editor_to_correct(product: Product, new_visitor: NewVisitor) -> None:
    page = new_visitor().new_page()
    open_emulation_form(page, product)
    date = page.locator("input[name=event_date]")
    for typed in ("31/02/2026", "2026-11-20", "hôm qua"):
        date.fill(typed)
        page.keyboard.press("Tab")
        page.get_by_label("Địa điểm").fill(f"Hội trường {typed}")

        assert date.input_value() == typed


def test_without_javascript_the_numbers_are_there_and_the_pixel_counts(
    product: Product, new_visitor: NewVisitor
) -> None:
    page = new_visitor(java_script_enabled=False).new_page()
    address = product.base_url + "/gioi-thieu/"
    with page.expect_response(re.compile(r"/_nhip/luot")) as pixel:
        page.goto(address)
    assert pixel.value.status == 200
    site = page.locator("[data-live]").get_attribute("data-site")
    summary = f"/_nhip/summary.json?site={site}&unit=views"
    before = product.get(summary)["total"]

    # Without the script the number is the one in the page's HTML.
    with page.expect_response(re.compile(r"/_nhip/luot")) as pixel:
        page.goto(product.base_url + SEEDED)

    assert pixel.value.status == 200
    assert re.fullmatch(r"1\.3\d\d", views_of(page).inner_text())
    assert widget_of(page)["total"] >= 1
    wait_until(lambda: product.get(summary)["total"] >= before + 1)


def test_the_numbers_are_the_same_with_and_without_javascript_and_in_the_api(
    product: Product, new_visitor: NewVisitor
) -> None:
    views_before = numbers_in(product.page(SEEDED))["views"]
    page = new_visitor().new_page()
    open_and_catch_beacon(page, product.base_url + SEEDED)
    site = page.locator("[data-live]").get_attribute("data-site")
    page_id = views_of(page).get_attribute("data-page-views")

    def in_the_api() -> dict[str, int]:
        summary = product.get(f"/_nhip/summary.json?site={site}")
        views = product.get(f"/_nhip/pages.json?ids={page_id}")["pages"][page_id]
        return {name: summary[name] for name in ROWS} | {"views": views}

    wait_until(lambda: in_the_api()["views"] > views_before)  # the view of this visitor is counted
    wait_until(lambda: product.verify()["in_flight"] == 0)  # and so is every other one, also of the tests before
    wait_until(lambda: numbers_of(page) == in_the_api() == numbers_in(product.page(SEEDED)))
    without_script = new_visitor(java_script_enabled=False).new_page()
    before = in_the_api()
    without_script.goto(product.base_url + SEEDED)
    assert numbers_of(without_script) == before


def publish_emulation_page(page: Page, product: Product) -> str:
    """Publish a page in the admin, as an editor does; returns the page's address."""
    open_emulation_form(page, product)
    page.locator("input[name=title]").fill(TITLE)
    page.get_by_label("Ký kết giao ước thi đua").check()
    page.locator("input[name=event_date]").fill("22/11/2026")
    # The calendar opens a moment after the focus; if the focus is gone by then, the calendar stays over the buttons.
    expect(page.locator(".xdsoft_datetimepicker:visible")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator(".xdsoft_datetimepicker:visible")).to_have_count(0)
    page.get_by_label("Địa điểm").fill("Hội trường Sở Công Thương")
    page.locator("textarea[name=lead]").fill("Các phòng, đơn vị thuộc Sở ký kết giao ước thi đua năm 2027.")
    page.locator("footer .w-dropdown__toggle").click()
    page.get_by_role("button", name="Xuất bản", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/pages/\d+/$"))
    path = page.locator("main tr", has_text=TITLE).locator(f'a[href^="{SECTION}"]').first.get_attribute("href")
    return f"{product.base_url}{path}"


def open_emulation_form(page: Page, product: Product) -> None:
    """Sign in and open the form of a new emulation page."""
    page.goto(product.base_url + "/admin/")
    assert page.locator("html").get_attribute("lang") == "vi"
    page.get_by_label("Tên đăng nhập").fill("admin")
    page.locator("input[type=password]").fill(ADMIN_PASSWORD)
    page.locator("main button[type=submit]").click()
    page.get_by_role("link", name="Để sau").click()  # the second factor
    page.wait_for_url("**/admin/")
    page.locator('main a[href^="/admin/pages/"]').first.click()
    page.locator("main tr", has_text="Thi đua – Khen thưởng").locator("td.children a").click()
    page.locator('a[href$="/add_subpage/"]').first.click()


def open_and_catch_beacon(page: Page, address: str) -> Response:
    """Open the page; returns the collector's answer to its beacon."""
    with page.expect_response("**/_nhip/e") as beacon:
        page.goto(address)
    assert beacon.value.status == 202
    return beacon.value


def views_of(page: Page) -> Any:
    return page.locator("[data-page-views]").first


def counter(page: Page, name: str) -> Any:
    return page.locator(f'[data-counter="{name}"]')


def widget_of(page: Page) -> dict[str, int]:
    return {name: int(counter(page, name).inner_text().replace(".", "")) for name in ROWS}


def numbers_of(page: Page) -> dict[str, int]:
    """The widget and the views of the page."""
    return widget_of(page) | {"views": int(views_of(page).inner_text().replace(".", ""))}


def numbers_in(html: str) -> dict[str, int]:
    """The same from its HTML."""
    found = dict(re.findall(r'data-counter="(\w+)">([\d.]+)<', html))
    found["views"] = re.findall(r'data-page-views="\d+">([\d.]+)<', html)[0]
    return {name: int(number.replace(".", "")) for name, number in found.items()}


def settled_widget_of(page: Page) -> dict[str, int]:
    """The widget once it has not moved for SETTLED_MS: a page's number may be read a refresh before its site's."""
    shown = widget_of(page)
    while True:
        page.wait_for_timeout(SETTLED_MS)
        before, shown = shown, widget_of(page)
        if shown == before:
            return shown


def keep(artifacts: Path, name: str, measured: dict[str, Any]) -> None:
    (artifacts / name).write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
