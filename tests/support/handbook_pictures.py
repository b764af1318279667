"""Takes the pictures of the editors' handbook anew: ``python tests/support/handbook_pictures.py``.

Starts the product on a data directory of its own with the demo site, works in its admin with Chromium, and writes
``cms/handbook/static/handbook/pictures/NAME.webp`` and the sizes of all. ``--only NAME`` takes some of them.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from browsers import find_chromium
from desk import fill_in_login
from part import ROOT
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from product import Product

PICTURES = ROOT / "cms/handbook/static/handbook/pictures"
VIEWPORT: ViewportSize = {"width": 1120, "height": 720}
QUALITY = 62
SETTLES = 800  # milliseconds for what opens to be drawn
SIGNED_OUT = "dang-nhap"  # the only picture that is taken before signing in

LIST, ARTICLE, NEW = "/admin/pages/4/", "/admin/pages/5/edit/", "/admin/pages/add/news/newspage/4/"


def opening(path: str) -> Callable[[Page, str], None]:
    def open_it(page: Page, url: str) -> None:
        page.goto(url + path)

    return open_it


def write_an_article(page: Page, url: str) -> None:
    page.goto(url + NEW)
    page.fill("#id_title", "Hội nghị kết nối cung cầu hàng nông sản năm 2026")
    page.fill("#id_lead", "Sáng 12/3, 68 cơ sở trong tỉnh gặp trực tiếp các hệ thống phân phối để giới thiệu sản phẩm.")


def choose_a_block(page: Page, url: str) -> None:
    write_an_article(page, url)
    add = page.locator("#panel-child-nội_dung-body-section, [id$=body-section]").first
    add.locator(".c-sf-add-button").first.click()
    page.locator(".w-combobox, .tippy-box").first.wait_for()


def choose_a_picture(page: Page, url: str) -> None:
    page.goto(url + NEW)
    page.locator("#id_image-chooser [data-chooser-action-choose]:visible").first.click()
    page.locator(".modal-content").wait_for()


def open_the_actions(page: Page, url: str) -> None:
    page.goto(url + ARTICLE)
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()


def open_the_schedule(page: Page, url: str) -> None:
    page.goto(url + ARTICLE)
    page.locator("[data-side-panel-toggle=status]").click()
    page.locator("[data-a11y-dialog-show=schedule-publishing-dialog]").first.click()


def write_a_comment(page: Page, url: str) -> None:
    page.goto(url + ARTICLE)
    page.locator("[data-side-panel-toggle=comments]").click()
    page.locator("#panel-child-nội_dung-title-section, [data-contentpath=title]").first.hover()
    page.locator("[data-contentpath=title] [data-component=add-comment-button]").first.click(force=True)
    page.locator(".comment__input textarea, .comment textarea").first.fill("Nêu rõ ngày và địa điểm.")


def wait_for_a_decision(page: Page, url: str) -> None:
    """Hands an article of the demo in, and shows it as waiting."""
    page.goto(f"{url}/admin/pages/6/edit/")
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    page.locator("[name=action-submit]").click()
    page.wait_for_url(lambda at: "/edit/" not in at)
    page.goto(f"{url}/admin/waiting/")


TAKEN: dict[str, Callable[[Page, str], None]] = {
    "dang-nhap": opening("/admin/login/"),
    "tai-khoan": opening("/admin/account/"),
    "cay-trang": opening(LIST),
    "soan-bai": write_an_article,
    "khoi": choose_a_block,
    "chon-anh": choose_a_picture,
    "sua-anh": opening("/admin/images/1/"),
    "gui-duyet": open_the_actions,
    "cho-duyet": wait_for_a_decision,
    "nhan-xet": write_a_comment,
    "dat-lich": open_the_schedule,
    "thi-dua": opening("/admin/pages/18/edit/"),
    "bao-cao": opening("/admin/reports/traffic/"),
    "co-quan": opening("/admin/settings/core/departmentsettings/"),
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", help="a product that runs with the demo and the tests' password")
    arguments.add_argument("--only", action="append", choices=list(TAKEN))
    wanted = arguments.parse_args()
    if wanted.url:
        return take(wanted.url.rstrip("/"), wanted.only)
    with tempfile.TemporaryDirectory() as folder, Product(Path(folder) / "data") as product:
        code = take(product.base_url, wanted.only)
        product.stop()
    return code


def take(url: str, only: list[str] | None) -> int:
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium on PATH; apt-get install chromium")
    sizes_file = PICTURES / "sizes.json"
    sizes = json.loads(sizes_file.read_text(encoding="utf-8")) if sizes_file.exists() else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        visitor = browser.new_context(locale="vi-VN", viewport=VIEWPORT, color_scheme="light")
        visitor.set_default_timeout(30_000)
        signed_in = False
        for name, show in TAKEN.items():
            if only and name not in only:
                continue
            page = visitor.new_page()
            if name != SIGNED_OUT and not signed_in:
                fill_in_login(page, url)
                signed_in = True
            show(page, url)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(SETTLES)
            sizes[name] = save(page.screenshot(), PICTURES / f"{name}.webp")
            sys.stdout.write(f"{name}\n")
            page.close()
        browser.close()
    sizes_file.write_text(json.dumps(dict(sorted(sizes.items())), indent=1) + "\n", encoding="utf-8")
    return 0


def save(png: bytes, file: Path) -> tuple[int, int]:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.save(file, "WEBP", quality=QUALITY, method=6)
    return image.size


if __name__ == "__main__":
    sys.exit(main())
