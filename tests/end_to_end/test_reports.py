"""Operations and editors at the reports of the running product, in a browser."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from axe import WITH_GOOD_PRACTICE, violations
from desk import at_the_desk
from openpyxl import load_workbook
from part import ROOT
from patience import PATIENCE, wait_until
from playwright.sync_api import expect
from product import Product, copy_data

from cms.statistics.reports.screens import SCREENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    NewVisitor = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

REPORTS = "/admin/reports/traffic/"
TOKENS = "/admin/report_tokens/"
ARTICLE = "/tin-tuc/ket-noi-cung-cau-68-co-so-trong-tinh-gap-truc-tiep-cac-he-thong-phan-phoi/"
VIEWS = 12


@pytest.fixture(scope="module")
def product(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """As everywhere, but that questions about a country ZZ are slow."""
    data = copy_data(first_start, tmp_path_factory.mktemp("product"))
    with Product(data, program=(str(ROOT / "tests/support/slow_reports.py"),)) as product:
        yield product
        product.stop()


def page_of(product: Product, path: str) -> int:
    """The id of the page at a path, from its own numbers."""
    return int(re.findall(r'data-page-views="(\d+)"', product.page(path))[0])


@pytest.fixture(scope="module")
def article(product: Product) -> int:
    """The id of an article with VIEWS views from as many browsers."""
    number = page_of(product, ARTICLE)
    for view in range(VIEWS):
        assert (
            product.view(number, ARTICLE, agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{view}.0) Firefox/{view}.0") == 202
        )
    product.wait_for(f"/_nhip/pages.json?ids={number}", lambda found: (found["pages"][str(number)] or 0) >= VIEWS)
    return number


def count_in(page: Page, row: str) -> int:
    """The views in the row of a table that is named so."""
    cell = page.locator("table.nhip-table tbody tr", has_text=row).locator("td.nhip-number").first
    return int(re.match(r"[\d.]+", cell.inner_text())[0].replace(".", ""))  # type: ignore[index]


def test_screen_file_and_command_line_have_the_same_figures(
    product: Product, article: int, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    page = at_the_desk(new_visitor(), product)
    page.goto(f"{product.base_url}{REPORTS}")
    page.select_option("select[name=period]", "month")
    page.select_option("select[name=compare]", "previous")
    page.click(".nhip-choices button[type=submit]")
    expect(page.locator(".nhip-report")).to_contain_text("so với")  # not the screen that says that it is coming

    page.click(".nhip-screens a:has-text('Nguồn và chiến dịch')")
    assert "period=month" in page.url
    page.click("table.nhip-table a:has-text('Trực tiếp')")  # a filter
    page.click(".nhip-screens a:text-is('Trang')")
    assert "is=channel%3Adirect" in page.url
    title = page.locator("table.nhip-table tbody th", has_text="Kết nối").first.inner_text().strip()
    on_screen = count_in(page, title)
    assert on_screen >= VIEWS

    with page.expect_download() as waiting:
        page.click(".nhip-downloads a:has-text('XLSX')")
    rows = list(load_workbook(io.BytesIO(waiting.value.path().read_bytes())).worksheets[0].values)
    in_sheet = [row for row in rows if article in row]
    assert in_sheet, rows[:5]
    assert on_screen in in_sheet[0]

    question = {"metrics": ["views"], "date_range": "month", "dimensions": ["page"]}
    answer = product.command(
        "report",
        "query",
        msgspec.json.encode(question | {"filters": [["is", "channel", ["direct"]]]}).decode(),
        "--json",
    )
    assert answer.returncode == 0, answer.stderr
    found = msgspec.json.decode(answer.stdout)
    assert [article, on_screen] in [[*row["dimensions"], *row["metrics"]] for row in found["results"]]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_on_any_report(
    product: Product, article: int, new_visitor: NewVisitor, scheme: str, width: int
) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
    page = at_the_desk(new_visitor(**options), product)
    found: dict[str, Any] = {}
    for name in [*(screen.name for screen in SCREENS), "live"]:
        page.goto(
            f"{product.base_url}{REPORTS}{name}/?period=7d" if name != "live" else f"{product.base_url}{REPORTS}live/"
        )
        found[name] = violations(page, *WITH_GOOD_PRACTICE, part=".nhip-report")
        wide, room = page.evaluate(
            "(() => { const m = document.querySelector('#main'); return [m.scrollWidth, m.clientWidth]; })()"
        )
        assert wide <= room, name

    # A token's pages, as far as they are not Wagtail's own.
    page.goto(f"{product.base_url}{TOKENS}new/")
    page.fill("#id_name", f"axe {scheme}")
    found["new token"] = violations(page, *WITH_GOOD_PRACTICE, part="#main form")
    page.click("#main form button[type=submit]")
    page.locator("#report-token").wait_for()
    found["made token"] = violations(page, *WITH_GOOD_PRACTICE, part="#main [data-controller~=w-clipboard]")
    page.goto(f"{product.base_url}{TOKENS}")
    found["tokens"] = violations(page, *WITH_GOOD_PRACTICE, part="#main table")
    assert not any(found.values()), found


def test_the_side_panel_of_a_page_moves_after_a_visit(product: Product, article: int, new_visitor: NewVisitor) -> None:
    page = at_the_desk(new_visitor(), product)

    def total() -> int:
        page.goto(f"{product.base_url}/admin/pages/{article}/edit/")
        text = page.locator("[data-side-panel=views] strong[data-page-views]").text_content() or "0"
        return int(text.replace(".", ""))

    before = total()
    reader = new_visitor().new_page()
    reader.goto(product.base_url + ARTICLE)
    wait_until(lambda: total() > before, seconds=2 * PATIENCE)


def test_the_live_screen_is_pushed_what_happens(product: Product, article: int, new_visitor: NewVisitor) -> None:
    page = at_the_desk(new_visitor(), product)
    page.goto(f"{product.base_url}{REPORTS}live/")
    today = page.locator("[data-counter=today]")
    before = int(today.inner_text().replace(".", ""))
    assert product.view(article, ARTICLE, agent="Mozilla/5.0 (X11; Linux x86_64; rv:99.0) Firefox/99.0") == 202
    page.wait_for_function(
        "(before) => +document.querySelector('[data-counter=today]').textContent.replace('.', '') > before", arg=before
    )
    page.wait_for_selector("#nhip-now table.nhip-table a")


def test_a_slow_screen_shows_how_far_it_is_and_can_be_stopped(
    product: Product, article: int, new_visitor: NewVisitor, artifacts: Path
) -> None:
    page = at_the_desk(new_visitor(bypass_csp=True), product)
    slow = f"{product.base_url}{REPORTS}entrances/?period=7d&is=country:ZZ"
    page.goto(slow, wait_until="commit")
    lines = page.locator(".nhip-wait__lines > div:visible")
    page.locator(".nhip-wait").wait_for()
    lines.get_by_text(re.compile(r"Đã đọc \d+ trong [\d.]+ sự kiện \(\d+%\)")).wait_for()
    page.locator(".nhip-wait__lines > div:nth-child(2)").wait_for(state="attached")
    assert lines.count() == 1, "earlier lines are not shown"
    assert violations(page, *WITH_GOOD_PRACTICE, part=".nhip-wait") == []
    page.screenshot(path=artifacts / "report-coming.png")
    page.click(".nhip-wait a")
    page.get_by_text("Đã dừng").wait_for()
    assert "is=country%3AZZ" in page.url, "the question is kept"

    page.click(".nhip-choices button[type=submit]")  # and can be asked again
    page.locator(".nhip-part").first.wait_for()
    expect(page.locator(".nhip-wait")).to_be_hidden()
