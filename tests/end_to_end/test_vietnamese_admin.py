"""What scripts write in the admin: the editor, its comments and choosers, the explorer and dialogs, in Vietnamese.

The screens as the server gives them are walked by tests/cms/locale/test_no_english.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from desk import sign_in
from english import foreign, own_texts
from product import Product
from settled import wait_for_pictures, wait_for_refusal

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

# All that is shown, and what a screen reader and a pointer that rests are told.
SEEN = """() => {
  const texts = [];
  for (const element of document.querySelectorAll("body *")) {
    if (["SCRIPT", "STYLE", "TEMPLATE", "CODE", "KBD"].includes(element.tagName)) continue;
    if (!element.checkVisibility()) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription"])
      if (element.getAttribute(name)) texts.push(element.getAttribute(name));
    if (element.matches("input[type=submit]")) texts.push(element.value);
    for (const node of element.childNodes)
      if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) texts.push(node.textContent);
  }
  return texts;
}"""
NAMES = ("container", "English")


class Looking:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, str] = {}
        self._own = own_texts()

    def look(self, where: str) -> None:
        self.page.wait_for_timeout(300)  # what opens is drawn
        for text in self.page.evaluate(SEEN):
            words = " ".join(text.split())
            if foreign(words, self._own, NAMES):
                self.found.setdefault(words, where)


def test_scripts_speak_vietnamese(product: Product, new_visitor: Callable[..., BrowserContext]) -> None:
    page = new_visitor(viewport={"width": 1280, "height": 900}).new_page()
    looking = Looking(page)
    page.goto(f"{product.base_url}/admin/login/")
    looking.look("login")
    sign_in(page, product)
    page.goto(f"{product.base_url}/admin/")
    looking.look("dashboard")
    menu = page.locator(".sidebar-main-menu button[aria-haspopup]")
    for number in range(menu.count()):
        menu.nth(number).click()
        page.wait_for_load_state("networkidle")
        looking.look(f"menu {number}")
    page.keyboard.press("Escape")

    page.goto(f"{product.base_url}/admin/pages/4/")
    page.locator("tbody input[type=checkbox]").first.check()
    looking.look("listing, a row selected")

    page.goto(f"{product.base_url}/admin/pages/add/news/newspage/4/")
    page.locator("[id$=body-section] .c-sf-add-button").first.click()
    looking.look("blocks")
    page.locator(".w-combobox [role=option]").filter(has_text="Đoạn văn").first.click()
    text = page.locator(".public-DraftEditor-content").last
    text.click()
    text.type("/")
    looking.look("a paragraph and its menu")
    page.keyboard.press("Backspace")
    page.keyboard.type("Hội nghị sáng nay.")
    page.keyboard.press("Shift+Home")
    looking.look("words selected")
    page.keyboard.press("Control+k")
    page.locator(".modal-content").wait_for()
    wait_for_pictures(page)
    looking.look("the chooser of links")
    page.keyboard.press("Escape")
    page.locator("#id_image-chooser [data-chooser-action-choose]:visible").first.click()
    page.locator(".modal-content").wait_for()
    wait_for_pictures(page)
    looking.look("the chooser of pictures")
    page.keyboard.press("Escape")
    page.locator("[data-side-panel-toggle=checks]").click()
    looking.look("checks")
    page.locator("button[type=submit]").filter(has_text="Lưu bản nháp").first.click()
    wait_for_refusal(page)
    looking.look("errors")

    page.goto(f"{product.base_url}/admin/pages/5/edit/")
    for panel in ("status", "comments", "preview"):
        page.locator(f"[data-side-panel-toggle={panel}]").click()
        looking.look(panel)
    page.keyboard.press("?")
    looking.look("shortcuts")
    assert looking.found == {}
