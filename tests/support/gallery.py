"""Pictures of every template and of twenty screens of the admin, to be looked at: ``make pictures``.

Starts the product on a data directory of its own with the demo site, or takes one that runs (``--url``, whose
administrator has the tests' password). Writes ``test-artifacts/pictures/NAME-WIDTH-SCHEME.png``, whole pages, and for
each template and for the admin a sheet of small ones, ``sheet-NAME.png``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from browsers import find_chromium
from desk import fill_in_login
from part import ROOT
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from product import Product

PICTURES = ROOT / "test-artifacts/pictures"

ARTICLE = "/tin-tuc/ket-noi-cung-cau-68-co-so-trong-tinh-gap-truc-tiep-cac-he-thong-phan-phoi/"
EVENT = (
    "/thi-dua-khen-thuong/hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
)
TEMPLATES = {
    "home": "/",
    "news-index": "/tin-tuc/",
    "article": ARTICLE,
    "emulation-index": "/thi-dua-khen-thuong/",
    "emulation-page": EVENT,
    "plain-page": "/gioi-thieu/",
    "search": "/tim-kiem/?q=thi+dua",
    "topic": "/chuyen-muc/thuong-mai/",
    "feeds": "/rss/",
    "how-we-count": "/cach-chung-toi-dem/",
    "not-found": "/khong-co/",
}
# Answers that the demo gives to nobody: the template itself, under an address of the site.
ANSWERS = ("403.html", "500.html", "wagtailcore/password_required.html")
ADMIN_SCREENS = {
    "dashboard": "/admin/",
    "pages": "/admin/pages/2/",
    "article-new": "/admin/pages/add/news/newspage/4/",
    "article-edit": "/admin/pages/5/edit/",
    "article-history": "/admin/pages/5/history/",
    "home-edit": "/admin/pages/2/edit/",
    "images": "/admin/images/",
    "image-new": "/admin/images/multiple/add/",
    "documents": "/admin/documents/",
    "topics": "/admin/snippets/news/topic/",
    "opening-balances": "/admin/snippets/statistics/openingbalance/",
    "department": "/admin/settings/core/departmentsettings/",
    "redirects": "/admin/redirects/",
    "users": "/admin/users/",
    "groups": "/admin/groups/",
    "workflows": "/admin/workflows/list/",
    "report-traffic": "/admin/reports/traffic/",
    "report-sign-ins": "/admin/reports/sign-ins/",
    "account": "/admin/account/",
    "second-factor": "/admin/account/second-factor/",
}

READY = """async () => {
  await document.fonts.ready;
  for (const image of document.images) image.loading = "eager";
  await Promise.allSettled([...document.images].map((image) => image.decode()));
}"""
GAP = 12
TWICE = "document.documentElement.style.fontSize = '200%'"  # as a reader's own size of text


class Look(NamedTuple):
    width: int
    scheme: str
    twice: bool = False

    @property
    def name(self) -> str:
        return f"{self.width}-{self.scheme}" + ("-200" if self.twice else "")


LOOKS = [
    *(Look(width, scheme) for width in (360, 768, 1280) for scheme in ("light", "dark")),
    Look(360, "light", twice=True),
    Look(1280, "light", twice=True),
]
ADMIN_LOOKS = [Look(1280, "light"), Look(360, "light"), Look(1280, "dark")]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", help="a product that runs")
    arguments.add_argument("--only", action="append", help="the names of templates or screens")
    arguments.add_argument("--look", action="append", help="such as 360-dark")
    wanted = arguments.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with _site(wanted.url) as url, _chromium() as browser:
        for name, paths in _take_all(browser, url, only=wanted.only, looks=wanted.look):
            write_sheet(PICTURES / f"sheet-{name}.png", paths, across=4 if name.startswith("admin-1280") else 8)
            print(PICTURES / f"sheet-{name}.png", flush=True)
    return 0


def _take_all(
    browser: Browser, url: str, *, only: list[str] | None, looks: list[str] | None
) -> Iterator[tuple[str, list[Path]]]:
    """The name of each sheet and its pictures, as they are taken."""
    public: dict[str, list[Path]] = {}
    answers = {Path(template).stem.replace("_", "-"): template for template in ANSWERS}
    for look in (look for look in LOOKS if not looks or look.name in looks):
        with visiting(browser, look) as visitor:
            for name, path in TEMPLATES.items():
                if not only or name in only:
                    page = visitor.new_page()
                    page.goto(url + path)
                    public.setdefault(name, []).append(_take(page, name, look))
            for name, template in answers.items():
                if not only or name in only:
                    public.setdefault(name, []).append(_take(show_template(visitor, url, template), name, look))
    yield from public.items()
    for look in (look for look in ADMIN_LOOKS if not looks or look.name in looks):
        chosen = {name: path for name, path in ADMIN_SCREENS.items() if not only or {name, "admin"} & {*only}}
        if chosen:
            with visiting(browser, look) as visitor:
                yield f"admin-{look.name}", list(_take_admin(visitor, url, chosen, look))


def _take_admin(visitor: BrowserContext, url: str, screens: dict[str, str], look: Look) -> Iterator[Path]:
    page = visitor.new_page()
    page.goto(f"{url}/admin/login/")
    yield _take(page, "admin-login", look)
    fill_in_login(page, url)
    for name, path in screens.items():
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        yield _take(page, f"admin-{name}", look)


def show_template(visitor: BrowserContext, url: str, template: str) -> Page:
    """A page of the site that shows ``template``, rendered without a context."""
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.testing")
    django.setup()
    from django.template.loader import render_to_string  # noqa: PLC0415

    page = visitor.new_page()
    address = f"{url}/mau/{template}"
    page.route(address, lambda route: route.fulfill(body=render_to_string(template), content_type="text/html"))
    page.goto(address)
    return page


def _take(page: Page, name: str, look: Look) -> Path:
    if look.twice:
        page.evaluate(TWICE)
    page.evaluate(READY)
    path = PICTURES / f"{name}-{look.name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def write_sheet(path: Path, pictures: Iterable[Path], *, height: int = 1500, across: int = 8) -> None:
    """The pictures beside each other, in rows; of long ones the upper part."""
    small = []
    for picture in pictures:
        whole = Image.open(picture)
        scale = 0.5 if whole.width > 800 else 0.67
        part = whole.crop((0, 0, whole.width, min(whole.height, int(height / scale))))
        part.thumbnail((int(whole.width * scale), height))
        small.append(part)
    rows = [small[first : first + across] for first in range(0, len(small), across)]
    size = max(sum(part.width + GAP for part in row) for row in rows), sum(max(p.height for p in row) for row in rows)
    sheet = Image.new("RGB", size, "#808080")
    top = 0
    for row in rows:
        left = 0
        for part in row:
            sheet.paste(part, (left, top))
            left += part.width + GAP
        top += max(part.height for part in row)
    sheet.save(path)


@contextmanager
def visiting(browser: Browser, look: Look) -> Iterator[BrowserContext]:
    viewport = {"width": look.width, "height": 800}
    visitor = browser.new_context(locale="vi-VN", viewport=viewport, color_scheme=look.scheme)  # type: ignore[arg-type]
    yield visitor
    visitor.close()


@contextmanager
def _site(url: str | None) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder, Product(Path(folder) / "data") as product:
        yield product.base_url
        product.stop()


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium on PATH; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
