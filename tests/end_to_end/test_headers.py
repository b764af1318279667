"""Every kind of answer that the running product gives has the headers of its kind (`pipeline/process/headers.py`), and
their policies (Content-Security-Policy) refuse nothing that the portal needs, in a real browser.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest
from desk import sign_in
from patience import PATIENCE
from playwright.sync_api import BrowserContext, Page, expect
from product import Product, everything_in

from pipeline.process.headers import ADMIN, DATA, EVERY, PAGE, PICTURE, POLICY, SHARED, Headers
from pipeline.tokens import PageToken, sign

NewVisitor = Callable[..., BrowserContext]

ARTICLE = "/tin-tuc/ket-noi-cung-cau-68-co-so-trong-tinh-gap-truc-tiep-cac-he-thong-phan-phoi/"
EVENT = (
    "/thi-dua-khen-thuong/hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
)
NEWS, EMULATION = 4, 18  # the numbers of pages of the demo
PUBLIC = ("/", "/tin-tuc/", ARTICLE, "/thi-dua-khen-thuong/", EVENT, "/khong-co/", "/admin/login/")
SCREENS = (
    "/admin/",
    "/admin/account/",
    "/admin/pages/2/",
    "/admin/images/multiple/add/",
    "/admin/images/1/",
    "/admin/documents/multiple/add/",
    "/admin/snippets/statistics/openingbalance/add/",
    "/admin/settings/core/departmentsettings/",
    "/admin/redirects/add/",
    "/admin/users/new/",
    "/admin/workflows/add/",
    "/admin/account/second-factor/",
    "/admin/account/sessions/",
    "/admin/reports/sign-ins/",
    "/admin/reports/site-history/",
)

NOTHING: Headers = {}  # beside what every answer has
TOKEN, STYLES, PHOTO, SITE = "<token>", "<styles>", "<photo>", "<site>"


class Case(NamedTuple):
    path: str
    status: int
    kind: Headers
    method: str = "GET"
    asked: dict[str, str] = {}
    body: str = ""


CASES = {
    "a page": Case("/", 200, PAGE),
    "a page of articles": Case("/tin-tuc/?page=2", 200, PAGE),
    "an article": Case(ARTICLE, 200, PAGE),
    "a page without its body": Case("/", 200, PAGE, "HEAD"),
    "a page that the reader has": Case("/", 304, NOTHING, asked={"If-None-Match": "*"}),
    "no page": Case("/khong-co/", 404, PAGE),
    "another name": Case("/", 400, PAGE, asked={"Host": "evil.example"}),
    "a form from elsewhere": Case("/admin/login/", 403, ADMIN, "POST"),
    "a page with a slash": Case("/tin-tuc", 301, PAGE),
    "options": Case("/", 200, PAGE, "OPTIONS"),
    "the admin": Case("/admin/login/", 200, ADMIN),
    "the admin, not signed in": Case("/admin/", 302, ADMIN),
    "nothing in the admin": Case("/admin/khong-co/", 302, ADMIN),
    "a body that is too large": Case("/", 413, DATA, "POST", body="x" * 70_000),
    "a static file": Case(STYLES, 200, SHARED),
    "a part of a static file": Case(STYLES, 206, SHARED, asked={"Range": "bytes=0-9"}),
    "a part beyond its end": Case(STYLES, 416, SHARED, asked={"Range": "bytes=99999999-"}),
    "a static file that the reader has": Case(STYLES, 304, NOTHING, asked={"If-None-Match": "*"}),
    "the department's colours": Case("/giao-dien/2-1d6b3a-7a4a12.css", 200, DATA),
    "no static file": Case("/static/khong-co.css", 404, DATA),
    "a static file, to be changed": Case(STYLES, 405, NOTHING, "POST"),
    "a picture": Case(PHOTO, 200, PICTURE | SHARED),
    "a part of a picture": Case(PHOTO, 206, PICTURE | SHARED, asked={"Range": "bytes=0-9"}),
    "a picture without its body": Case(PHOTO, 200, PICTURE | SHARED, "HEAD"),
    "no picture": Case("/media/images/khong-co.jpg", 404, PAGE),
    "no document": Case("/documents/99/khong-co.pdf", 404, PAGE),
    "a view": Case("/_nhip/e", 202, NOTHING, "POST", {"Content-Type": "text/plain"}, '{"t":"<token>","p":"/"}'),
    "no view": Case("/_nhip/e", 400, NOTHING, "POST", {"Content-Type": "text/plain"}, "{"),
    "a view, asked for": Case("/_nhip/e", 405, NOTHING),
    "the pixel": Case(f"/_nhip/luot?t={TOKEN}", 200, SHARED, asked={"Referer": "<site>/"}),
    "the beacon's script": Case("/_nhip/b.js", 200, SHARED),
    "the script of what readers do": Case("/_nhip/doc.js", 200, SHARED),
    "numbers": Case("/_nhip/summary.json", 200, DATA),
    "numbers of pages": Case("/_nhip/pages.json?ids=2", 200, DATA),
    "no numbers": Case("/_nhip/pages.json?ids=x", 400, DATA),
    "live numbers": Case("/_nhip/live", 200, DATA),
    "health": Case("/_nhip/healthz", 200, DATA),
    "readiness, to a stranger": Case("/_nhip/readyz", 401, DATA),
    "metrics, to a stranger through a proxy": Case("/_nhip/metrics", 401, DATA, asked={"X-Forwarded-For": "127.0.0.1"}),
    "a question of nobody": Case("/_nhip/reports/query", 401, DATA, "POST", {"Content-Type": "application/json"}, "{}"),
    "a question, asked for": Case("/_nhip/reports/query", 405, DATA),
    "the document of questions": Case("/_nhip/reports/openapi.json", 200, DATA),
    "nothing to ask": Case("/_nhip/reports/khong-co", 404, DATA),
    "no endpoint": Case("/_nhip/khong-co", 404, DATA),
    "the element": Case("/_nhip/nhip.js", 200, SHARED),
    "the API": Case("/api/v2/site/", 200, DATA),
    "the API, to one who has it": Case("/api/v2/site/", 304, NOTHING, asked={"If-None-Match": "*"}),
    "nothing in the API": Case("/api/v2/khong-co/", 404, DATA),
    "the API, to be changed": Case("/api/v2/site/", 405, DATA, "POST"),
    "the API's methods": Case("/api/v2/site/", 204, NOTHING, "OPTIONS"),
}

NOTE = """addEventListener("securitypolicyviolation", (found) => console.warn(
  `refused by the policy: ${location.pathname} ${found.effectiveDirective} ${found.blockedURI} ${found.sample}`))"""


class Visitor:
    """A browser that notes what a policy refuses."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.refused: set[str] = set()
        self._base_url = base_url
        context.add_init_script(NOTE)
        context.on("console", self._note)
        self.page: Page = context.new_page()

    def open(self, path: str) -> Page:
        self.page.goto(self._base_url + path, wait_until="load")
        return self.page

    def _note(self, message: Any) -> None:
        if "refused by the policy" in message.text or "Content Security Policy" in message.text:
            self.refused.add(message.text)


@pytest.fixture(scope="module")
def known(product: Product) -> dict[str, str]:
    """What stands for what in the cases."""
    home = product.page("/")
    return {
        TOKEN: sign(PageToken(site=1, page_id=2, locale="vi", path="/"), key=product.key),
        STYLES: re.findall(r'"(/static/core/css/[^"]+)"', home)[0],
        PHOTO: re.findall(r'"(/media/images/[^" ]+)[" ]', home)[0],
        SITE: product.base_url,
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_answer_has_the_headers_of_its_kind(product: Product, known: dict[str, str], case: Case) -> None:
    def told(text: str) -> str:
        for name, meant in known.items():
            text = text.replace(name, meant)
        return text

    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    asked = {name: told(value) for name, value in case.asked.items()}
    connection.request(case.method, told(case.path), body=told(case.body) or None, headers=asked)
    answer = connection.getresponse()
    found = [(name.lower(), value) for name, value in answer.getheaders()]
    connection.close()

    assert answer.status == case.status, found
    names = [name for name, _value in found]
    assert len(names) == len(set(names) - {"set-cookie"}) + names.count("set-cookie"), "a header is said twice"
    assert EVERY.items() <= dict(found).items()
    assert case.kind.items() <= dict(found).items()
    assert "None" not in dict(found).values()
    if "html" in dict(found).get("content-type", ""):
        assert "'unsafe-inline'" not in dict(found)[POLICY].split("style-src-elem")[0]


def test_a_request_that_is_none_is_answered_with_the_same(product: Product) -> None:
    with socket.create_connection(("127.0.0.1", product.port), timeout=PATIENCE) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = connection.makefile("rb").read().decode()

    assert answer.startswith("HTTP/1.1 400")
    for name, value in EVERY.items():
        assert f"{name}: {value}\r\n" in answer


@pytest.fixture(params=["light", "dark"])
def visitor(request: pytest.FixtureRequest, product: Product, new_visitor: NewVisitor) -> Iterator[Visitor]:
    visitor = Visitor(new_visitor(color_scheme=request.param), product.base_url)
    yield visitor
    assert not visitor.refused, "\n".join(sorted(visitor.refused))


@pytest.mark.browser
def test_no_policy_refuses_anything_of_a_public_page(visitor: Visitor) -> None:
    for path in PUBLIC:
        visitor.open(path)


@pytest.mark.browser
@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_a_script_in_a_page_is_refused(visitor: Visitor) -> None:
    page = visitor.open("/")

    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=ran=true style=color:red>')")

    page.wait_for_timeout(0)  # for the events of the policy
    assert {line.split()[5] for line in visitor.refused if "refused by" in line} >= {"script-src-elem"}
    assert page.evaluate("window.ran") is None
    visitor.refused.clear()


@pytest.mark.browser
@pytest.mark.parametrize("visitor", ["dark"], indirect=True)
def test_no_policy_refuses_anything_of_the_screens_of_the_admin(product: Product, visitor: Visitor) -> None:
    sign_in(visitor.page, product)
    for path in SCREENS:
        visitor.open(path).wait_for_selector("#wagtail-sidebar a")  # its scripts have run


@pytest.mark.browser
@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_an_editor_chooses_a_picture_a_day_and_a_link_and_looks_at_the_preview(
    product: Product, visitor: Visitor
) -> None:
    sign_in(visitor.page, product)
    page = visitor.open(f"/admin/pages/add/news/newspage/{NEWS}/")

    page.click("#id_date")
    expect(page.locator(".xdsoft_datetimepicker:visible")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".image-chooser [data-chooser-action-choose]:visible").first.click()
    expect(page.locator(".modal-content .chooser-results, .modal-content #search-results").first).to_be_visible()
    page.locator(".modal-content [data-dismiss=modal]").click()
    page.click("[data-side-panel-toggle=preview]")
    expect(page.frame_locator("iframe").first.locator("body").first).to_be_attached()  # there are two while it changes


@pytest.mark.browser
@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_an_editor_adds_rows_with_fields_of_their_own(product: Product, visitor: Visitor) -> None:
    sign_in(visitor.page, product)
    page = visitor.open(f"/admin/pages/{EMULATION}/edit/")
    page.locator("[role=tab]", has_text="Văn bản").click()
    rows = page.locator("#id_directives-FORMS > [data-inline-panel-child]")
    before = rows.count()

    page.locator("#id_directives-ADD").click()

    expect(rows).to_have_count(before + 1)
    assert page.locator("[data-nhip-start]").count() == 0
    for day in rows.last.locator("input[id*=date]").all():
        day.click()
        expect(page.locator(".xdsoft_datetimepicker:visible")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_the_editors_bar_works_on_a_page(product: Product, visitor: Visitor) -> None:
    sign_in(visitor.page, product)
    page = visitor.open(ARTICLE)

    page.locator("wagtail-userbar button").first.click()

    expect(page.locator("wagtail-userbar [role=menuitem]").first).to_be_visible()


def test_nothing_of_the_data_directory_is_open_to_other_users_of_the_machine(product: Product) -> None:
    """Keys, databases with their -wal files, the engine's data, pictures, the log, the socket for commands."""
    found = everything_in(product.data_dir)
    open_to_others = [str(path.relative_to(product.data_dir)) for path, of in found.items() if of.st_mode & 0o077]

    assert len(found) > 50
    assert open_to_others == []
