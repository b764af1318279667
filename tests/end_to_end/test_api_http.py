"""The API over HTTP, as the running product answers: caches, conditions, methods, origins, limits, refusals."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import brotli
import pytest
from patience import PATIENCE, wait_until
from product import Product, copy_data

FRONT_END = "https://app.example.vn"
PER_MINUTE = 600
PROBLEM = "application/problem+json"
HOME, NEWS = (
    "/api/v2/pages/find/?path=/",
    "/api/v2/pages/?type=news.NewsPage&fields=lead",
)  # without pictures, since an answer that lacks some is kept nowhere
OF_V3 = "/api/v3/pages/?type=news.NewsPage&limit=5"


@pytest.fixture(scope="module")
def product(first_start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    settings = {"NHIP_FRONT_ENDS": FRONT_END, "NHIP_API_REQUESTS_PER_MINUTE": str(PER_MINUTE), "NHIP_API_V3": "1"}
    with Product(copy_data(first_start, tmp_path_factory.mktemp("product")), **settings) as product:
        yield product
        product.stop()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(product: Product, path: str, method: str = "GET", *, client: str = "127.0.0.1", **headers: str) -> Answer:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE, source_address=(client, 0))
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=fields)
    answer = connection.getresponse()
    found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/pages/3/",
        NEWS,
        "/api/v2/site/",
        HOME,
        "/api/v2/schema/openapi.json",
        "/api/v3/pages/2/",
        OF_V3,
        "/api/v3/openapi.json",
    ],
)
def test_an_answer_has_a_strong_tag_and_is_not_sent_again(product: Product, path: str) -> None:
    first = ask(product, path)
    tag = first.headers["etag"]
    assert (first.status, tag[0]) == (200, '"')
    assert first.headers["content-type"] == "application/json"
    assert first.headers["vary"] == "Accept-Encoding, Origin"
    for known in (tag, f'"other", W/{tag}', "*"):
        again = ask(product, path, if_none_match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["vary"] == first.headers["vary"]
    assert ask(product, path, if_none_match='"other"').status == 200


def test_each_encoding_has_a_tag_of_its_own_and_the_same_content(product: Product) -> None:
    plain, packed = ask(product, NEWS), ask(product, NEWS, accept_encoding="br")
    assert packed.headers["content-encoding"] == "br"
    assert brotli.decompress(packed.body) == plain.body
    assert len(packed.body) * 3 < len(plain.body)
    assert packed.headers["etag"] != plain.headers["etag"]


REFUSALS: list[tuple[int, str, dict[str, str]]] = [
    (200, NEWS, {}),
    (200, "/api/v2/changes/", {}),
    (400, "/api/v2/pages/?nothing=1", {}),
    (400, "/api/v2/site/", {"host": "strange.example"}),
    (404, "/api/v2/pages/999999/", {}),
    (404, "/api/v2/nothing", {}),
    (404, "/api/v2/preview/nothing/", {}),
    (405, "/api/v2/pages/", {"method": "POST"}),
    (204, "/api/v2/pages/", {"method": "OPTIONS"}),
    (406, "/api/v2/pages/", {"accept": "text/html"}),
    (200, OF_V3, {}),
    (302, "/api/v3/pages/find/?html_path=/", {}),
    (400, "/api/v3/pages/?site=khac.example", {}),
    (404, "/api/v3/pages/999999/", {}),
    (405, "/api/v3/pages/", {"method": "POST"}),
    (422, "/api/v3/pages/?limit=x", {}),
]


@pytest.mark.parametrize("origin", [FRONT_END, "https://evil.example", ""])
@pytest.mark.parametrize(("status", "path", "more"), REFUSALS)
def test_no_cache_may_give_one_origin_what_another_got(
    product: Product, status: int, path: str, more: dict[str, str], origin: str
) -> None:
    answer = ask(product, path, **more, **({"origin": origin} if origin else {}))
    assert answer.status == status
    assert "origin" in answer.headers["vary"].lower()
    assert answer.headers.get("access-control-allow-origin") == (origin if origin == FRONT_END else None)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("origin", [FRONT_END, ""])
def test_the_address_of_a_draft_is_told_to_nobody(product: Product, method: str, origin: str) -> None:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    connection.request(method, "/api/v2/preview/nothing/", headers={"origin": origin} if origin else {})
    answer = connection.getresponse()
    assert answer.headers.get_all("referrer-policy") == ["no-referrer"]
    assert answer.read() is not None
    connection.request("GET", "/api/v2/pages/3/")  # over the same connection
    assert connection.getresponse().headers.get_all("referrer-policy") == ["same-origin"]
    connection.close()


@pytest.mark.parametrize("path", [NEWS, OF_V3])
def test_head_is_get_without_its_body(product: Product, path: str) -> None:
    get, head = (ask(product, path, method) for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (200, b"")
    differing = {"date"}
    assert {name: value for name, value in head.headers.items() if name not in differing} == {
        name: value for name, value in get.headers.items() if name not in differing
    }


@pytest.mark.parametrize(
    ("path", "control"),
    [(path, "public, max-age=0, s-maxage=5") for path in ("/api/v2/pages/3/", NEWS, OF_V3)],
)
def test_caches_may_keep_it(product: Product, path: str, control: str) -> None:
    assert ask(product, path).headers["cache-control"] == control


def test_the_numbers_of_the_moment_are_in_what_is_kept_and_its_token_counts(product: Product) -> None:
    """On the front end's origin: what the API gives is what the collector takes."""
    before = ask(product, "/api/v2/pages/3/")
    statistics = before.json["statistics"]
    body = json.dumps({"t": statistics["token"], "p": before.json["meta"]["path"], "i": "0.1"})
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    headers = {"Content-Type": "text/plain", "Origin": FRONT_END, "User-Agent": "Mozilla/5.0 Firefox/150.0"}
    connection.request("POST", "/_nhip/e", body=body, headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (202, FRONT_END)
    connection.close()

    def moved() -> bool:
        now = ask(product, "/api/v2/pages/3/")
        return bool(
            now.json["statistics"]["views"] == (statistics["views"] or 0) + 1
            and now.headers["etag"] != before.headers["etag"]
        )

    wait_until(moved, what=lambda: f"another view than {statistics}: {ask(product, '/api/v2/pages/3/').json}")


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_what_is_asked_in_any_order_by_anybody_is_one_answer(product: Product, version: str) -> None:
    known_as = {"cookie": "sessionid=x; messages=y", "authorization": "Bearer nhip_x"}
    plain = ask(product, f"/api/{version}/pages/?limit=2&offset=1")
    known = ask(product, f"/api/{version}/pages/?offset=1&limit=2", **known_as)
    assert (known.status, known.headers["etag"]) == (200, plain.headers["etag"])
    assert "set-cookie" not in known.headers
    assert known.headers["cache-control"] == plain.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (OF_V3, {}),
        (OF_V3, {"method": "HEAD"}),
        ("/api/v3/pages/", {"method": "POST"}),
        ("/api/v3/pages/", {"method": "OPTIONS"}),
        ("/api/v3/pages/", {"accept": "text/html"}),
        ("/api/v3/khong-co/", {}),
        ("/api/v3/openapi.json", {}),
    ],
)
def test_every_answer_of_v3_warns_that_it_may_change(product: Product, path: str, more: dict[str, str]) -> None:
    assert ask(product, path, **more).headers["warning"].startswith('299 - "A preview')
    assert "warning" not in ask(product, path.replace("v3", "v2"), **more).headers


REFUSED = {
    "an unknown parameter": ("/api/v2/pages/?titel=x", "GET", {}, 400),
    "another name": ("/api/v2/pages/", "GET", {"host": "evil.example"}, 400),
    "no page": ("/api/v2/pages/99999/", "GET", {}, 404),
    "no endpoint": ("/api/v2/khong-co/", "GET", {}, 404),
    "no version": ("/api/", "GET", {}, 404),
    "a path with a NUL": ("/api/v2/%00/", "GET", {}, 404),
    "a number beyond numbers": ("/api/v2/pages/99999999999999999999/", "GET", {}, 404),
    "another site": ("/api/v3/pages/?site=khac.example", "GET", {}, 400),
    "another name of v3": ("/api/v3/pages/", "GET", {"host": "evil.example"}, 400),
    "a page of documentation": ("/api/v3/docs/", "GET", {}, 404),
    "a draft": ("/api/v3/pages/3/?version=draft", "GET", {}, 422),
    "a change": ("/api/v3/pages/3/", "PATCH", {}, 405),
    "POST": ("/api/v2/pages/", "POST", {}, 405),
    "DELETE": ("/api/v2/pages/3/", "DELETE", {}, 405),
    "HTML": ("/api/v2/pages/", "GET", {"accept": "text/html"}, 406),
    "a query without end": ("/api/v2/pages/?search=" + "x" * 5_000, "GET", {}, 414),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_every_refusal_is_a_problem_in_words(product: Product, case: tuple[str, str, dict[str, str], int]) -> None:
    path, method, headers, status = case
    refused = ask(product, path, method, **headers, origin=FRONT_END)
    assert refused.status == status
    assert refused.headers["content-type"] == PROBLEM
    assert refused.json["status"] == status
    assert len(refused.json["detail"]) > 20
    assert refused.headers["access-control-allow-origin"] == FRONT_END
    assert refused.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api/v2/pages/3/", "/api/v2/khong-co/", "/api/v2/site/"])
def test_origins_that_are_not_named_may_read_nothing(product: Product, path: str) -> None:
    for origin in ("https://evil.example", "null", f"{FRONT_END}.evil.example"):
        for method in ("GET", "OPTIONS"):
            answer = ask(product, path, method, origin=origin, access_control_request_method="GET")
            assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_network_that_asks_too_often_is_told_when_to_ask_again_though_its_answer_is_in_memory(
    product: Product,
) -> None:
    crowd = "127.0.0.9"
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE, source_address=(crowd, 0))
    passed, began = 0, time.monotonic()
    while passed < 10 * PER_MINUTE:
        connection.request("GET", "/api/v2/site/")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:  # a tenth of a second later it may ask again
            break
        passed += 1
    connection.close()
    minutes = (time.monotonic() - began) / 60
    assert PER_MINUTE <= passed <= PER_MINUTE * (1 + minutes) + 1
    assert (answer.status, answer.headers["Retry-After"], answer.headers["Content-Type"]) == (429, "1", PROBLEM)
    assert ask(product, "/api/v2/site/").status == 200, "others go on"
    assert ask(product, "/", client=crowd).status == 200, "pages are no part of it"
