"""The example front end on an origin of its own, in Chromium: reads, drafts, views, live numbers, and who may not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe import WITH_GOOD_PRACTICE, violations
from front_end import TYPES, build, require_packages, served, types_of
from part import ROOT
from playwright.sync_api import Locator, Page, expect
from product import Product, copy_data

from cms.api.schema.contributions import openapi

pytestmark = pytest.mark.browser

NEWS = "/tin-tuc/"
EVERY = "/tin-tuc/bai-co-moi-khoi/"
EVENT = (
    "/thi-dua-khen-thuong/hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
)
# An article with every block, its draft with a link to it, an English translation and a redirect; prints the link.
CONTENT = """
import django; django.setup()
import json, sys, tempfile
from pathlib import Path
from every_block import a_body
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Locale
from cms.api.preview.links import make_link
from cms.news.models import NewsIndexPage, NewsPage
index = NewsIndexPage.objects.get()
others = list(NewsPage.objects.all()[:2])
body = a_body(Path(tempfile.mkdtemp()), others)
page = index.add_child(instance=NewsPage(title="Bài có mọi khối", lead="Tóm tắt.", body=json.dumps(body)))
page.save_revision().publish()
Redirect.objects.create(old_path="/bai-cu", redirect_page=page)
english, _made = Locale.objects.get_or_create(language_code="en")
translation = NewsPage(
    title="An article with every block", lead="Summary.", locale=english, translation_key=page.translation_key
)
index.add_child(instance=translation)
translation.save_revision().publish()
page.title = "Tiêu đề chưa công bố"
page.save_revision()
print(make_link(page))
"""


@dataclass(frozen=True)
class FrontEnd:
    """``stranger``: the same files on an origin that the portal does not name."""

    portal: Product
    origin: str
    stranger: str
    draft: str


@pytest.fixture(scope="module")
def front_end(first_start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    require_packages()
    directory = tmp_path_factory.mktemp("headless")
    data, files = copy_data(first_start, directory), directory / "dist"
    with served(files) as origin, served(files) as stranger:
        settings = {"NHIP_FRONT_ENDS": origin, "NHIP_PREVIEW_URL": origin + "/preview?link={link}"}
        with Product(data, **settings) as portal:
            draft = make_content(portal)
            build(portal.base_url, files)
            portal.wait_for(f"/api/v2/pages/find/?path={EVERY}", has_pictures)
            yield FrontEnd(portal, origin, stranger, draft)
            assert portal.stop() == 0, portal.output()


def has_pictures(page: Any) -> bool:
    """Renditions are made in the background when a page is published."""
    return all("full" in block["value"]["renditions"] for block in page["body"] if block["type"] == "figure")


def make_content(portal: Product) -> str:
    environment = portal.environment() | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "PYTHONPATH": str(ROOT / "tests/support"),
    }
    done = subprocess.run(
        [sys.executable, "-c", CONTENT], cwd=ROOT, env=environment, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


@pytest.fixture
def open_page(new_visitor: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page for a visitor of its own. At the end no page has complained, of a policy neither."""
    complaints: list[str] = []

    def open_one(address: str, **options: Any) -> Page:
        visitor = new_visitor(**options)
        visitor.on("weberror", lambda error: complaints.append(str(error.error)))
        visitor.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page: Page = visitor.new_page()
        page.goto(address)
        return page

    yield open_one
    assert complaints == []


def test_a_view_on_the_front_end_moves_the_numbers_there_and_on_the_portal(
    front_end: FrontEnd, open_page: Callable[..., Page]
) -> None:
    total = front_end.portal.get("/_nhip/summary.json?site=1&unit=visits")["total"]
    portal = open_page(front_end.portal.base_url + EVENT)
    expect(portal.locator("[data-page-views]").first).to_have_text("1.328")

    reader = open_page(front_end.origin + EVENT)
    expect(portal.locator("[data-page-views]").first).to_have_text("1.329")
    expect(views(reader)).to_have_text("1.329")

    open_page(front_end.portal.base_url + EVENT)
    expect(views(reader)).to_have_text("1.330")
    expect(numbers(reader, "total")).to_have_text(written(total + 3))
    expect(portal.locator("[data-counter=total]").first).to_have_text(written(total + 3))


def test_going_on_without_a_reload_counts_the_next_page(front_end: FrontEnd, open_page: Callable[..., Page]) -> None:
    reader = open_page(front_end.origin + "/gioi-thieu/")
    expect(views(reader)).to_have_text("1")
    reader.evaluate("() => { window.stayed = true }")
    reader.get_by_role("navigation", name="Danh mục").get_by_role("link", name="Liên hệ").click()
    expect(reader.locator("h1")).to_have_text("Liên hệ")
    expect(reader.locator("h1")).to_be_focused()
    expect(views(reader)).to_have_text("1")
    assert reader.url == front_end.origin + "/lien-he/"
    reader.go_back()
    expect(reader.locator("h1")).to_have_text("Giới thiệu")
    assert reader.evaluate("window.stayed")


def test_every_block_is_shown_with_pictures_documents_and_links(
    front_end: FrontEnd, open_page: Callable[..., Page]
) -> None:
    page = open_page(front_end.origin + EVERY)
    for selector in (
        ".body .prose sub",
        ".body h2:text-is('I. Mục tiêu')",
        ".body h3:text-is('1. Mục tiêu chung')",
        ".quote:has-text('Lời hay'):has-text('Giám đốc')",
        ".callout-warning:has-text('Trước 30/11')",
        ".figure img[alt='Người mua hàng'][width]",
        ".figure source[type='image/avif'][srcset*='480w'][sizes]",
        ".gallery li:nth-child(2) img",
        ".video a[href='https://www.youtube.com/watch?v=dQw4w9WgXcQ'] img",
        ".table thead th[colspan='2']:has-text('Kinh phí')",
        ".table tbody th[scope=row]:has-text('Vĩnh Bảo')",
        ".table td.number:text-is('1.250,5')",
        ".table td.date:text-is('05/01/2026')",
        ".files li:has-text('Kế hoạch'):has-text('PDF, 2,1 MB')",
        ".button:text-is('Nộp hồ sơ')",
        ".body .related li:nth-child(2) a",
    ):
        expect(page.locator(selector).first).to_be_attached()
    page.locator(".figure img").first.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.figure img').naturalWidth > 0")
    document = page.locator(".files a").first.get_attribute("href") or ""
    assert front_end.portal.status(document.removeprefix(front_end.portal.base_url)) == 200


def test_an_emulation_page_has_its_rows(front_end: FrontEnd, open_page: Callable[..., Page]) -> None:
    page = open_page(front_end.origin + EVENT)
    expect(page.locator(".body table").first).to_be_visible()
    expect(page.locator("h1")).to_contain_text("Hội nghị tổng kết thi đua")
    trail = page.get_by_role("navigation", name="Bạn đang ở")
    expect(trail.locator("li")).to_contain_text(["Trang chủ", "Thi đua – Khen thưởng", "Hội nghị"])


def test_a_list_is_filtered_searched_and_paged_by_its_address(
    front_end: FrontEnd, open_page: Callable[..., Page]
) -> None:
    page = open_page(front_end.origin + NEWS)
    expect(page.locator(".count")).to_have_text("14 trang")
    page.get_by_label("Chuyên mục").select_option(label="Thương mại")
    page.get_by_role("button", name="Lọc").click()
    expect(page).to_have_url(re.compile(r"chuyen-muc=thuong-mai"))
    expect(page.get_by_role("link", name="Bỏ lọc")).to_be_visible()
    expect(page.locator(".cards .label")).to_have_text(["Thương mại"] * page.locator(".cards li").count())
    page.get_by_role("link", name="Bỏ lọc").click()
    expect(page.locator(".cards li")).to_have_count(9)
    page.get_by_role("link", name="Trang sau").click()
    expect(page.locator(".cards li")).to_have_count(5)

    page.get_by_role("searchbox", name="Tìm kiếm").fill("khuyen cong")
    page.get_by_role("button", name="Tìm kiếm").click()
    expect(page).to_have_url(re.compile(r"/tim-kiem/\?q=khuyen"))
    expect(page.locator(".card-title").first).to_contain_text("Khuyến công")
    page.get_by_label("Từ khóa").fill("khôngcógìnhưthế")
    page.keyboard.press("Enter")
    expect(page.locator(".count")).to_have_text("Không có trang nào khớp.")


def test_a_moved_page_is_found_and_its_translation_too(front_end: FrontEnd, open_page: Callable[..., Page]) -> None:
    page = open_page(front_end.origin + "/bai-cu")
    expect(page.locator("h1")).to_have_text("Bài có mọi khối")
    assert page.url == front_end.origin + EVERY
    page.get_by_role("navigation", name="Ngôn ngữ").get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("An article with every block")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".meta nhip-statistics").first).to_contain_text("Views")


def test_a_page_that_is_not_there_says_so(front_end: FrontEnd, new_visitor: Any) -> None:
    page = new_visitor().new_page()
    page.goto(front_end.origin + "/khong-co/")
    expect(page.locator("h1")).to_have_text("Không tìm thấy trang")


def test_a_draft_is_shown_by_its_link_and_not_counted(front_end: FrontEnd, new_visitor: Any) -> None:
    page = new_visitor().new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/_nhip/e") else None)
    page.goto(f"{front_end.origin}/preview?link={front_end.draft}")
    expect(page.locator("h1")).to_have_text("Tiêu đề chưa công bố")
    expect(page.locator(".note")).to_contain_text("Bản nháp")
    expect(page.locator("meta[name=robots]")).to_have_attribute("content", "noindex")
    expect(numbers(page, "total")).not_to_have_text("–")  # the live numbers are there, so a view would have been sent
    assert sent == []

    page.goto(front_end.origin + EVERY)
    expect(page.locator("h1")).to_have_text("Bài có mọi khối")
    page.goto(f"{front_end.origin}/preview?link={front_end.draft[:-2]}")
    expect(page.locator("h1")).to_have_text("Không tìm thấy trang")


def test_an_origin_that_is_not_named_gets_nothing(front_end: FrontEnd, new_visitor: Any) -> None:
    page = new_visitor().new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "CORS policy" in said.text else None)
    page.goto(front_end.stranger + EVENT)
    expect(page.locator("h1")).to_have_text("Chưa tải được trang")
    assert any("/api/v2/site/" in one for one in refused), refused
    assert any("/_nhip/nhip.js" in one for one in refused), refused
    ask = (
        """(portal) => fetch(`${portal}/_nhip/e`, { method: "POST", body: "{}" }).then(() => "read", () => "refused")"""
    )
    assert page.evaluate(ask, front_end.portal.base_url) == "refused"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_axe_finds_nothing(front_end: FrontEnd, new_visitor: Any, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 800}, "bypass_csp": True, "reduced_motion": "reduce"}
    page = new_visitor(color_scheme=scheme, **options).new_page()
    found: dict[str, Any] = {}
    for path in ("/", NEWS, EVERY, EVENT, "/tim-kiem/?q=thi+dua", "/khong-co/"):
        page.goto(front_end.origin + path)
        page.locator("h1").wait_for(state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if faults := violations(page, *WITH_GOOD_PRACTICE):
            found[path] = faults
    assert found == {}


def test_the_clients_types_are_those_of_the_api(tmp_path: Path) -> None:
    require_packages()
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(openapi(), default=str), encoding="utf-8")
    made = types_of(document, tmp_path / "schema.d.ts")
    assert made == TYPES.read_text(encoding="utf-8"), "`npm run types` in examples/headless, with the portal running"


def views(page: Page) -> Locator:
    return page.locator(".meta nhip-statistics[token] [part~=number]").first


def numbers(page: Page, name: str) -> Locator:
    return page.locator(f".numbers nhip-statistics [part~=number][part~={name}]")


def written(count: int) -> str:
    return f"{count:,}".replace(",", ".")
