"""What the API's edge lets through, and how it refuses; behind it stands an application of the test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from asgi import Answer, ask, scope_of

from cms.api.http.refusals import as_problems
from cms.api.http.shell import METHODS, Api, in_order, takes_json
from pipeline.process.cross_origin import FrontEnds
from pipeline.process.http import Response, Scope, respond

FRONT_END = "https://app.example.vn"
STRANGER = "https://evil.example"
PROBLEM = "application/problem+json"


class Behind:
    """Answers 200, or what the test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Scope] = []
        self.response = Response(200, b"{}", [(b"content-type", b"application/json")])
        self.fails: Exception | None = None

    async def __call__(self, scope: Scope, _receive: Any, send: Any) -> None:
        self.asked.append(scope)
        await respond(self.response, send)


@pytest.fixture
def behind() -> Behind:
    return Behind()


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(behind: Behind, clock: Clock) -> Api:
    return Api(as_problems(behind), front_ends=FrontEnds([FRONT_END]), per_minute=60, clock=clock)


def asked(method: str = "GET", query: bytes = b"", client: str = "198.51.100.7", **headers: str) -> dict[str, Any]:
    return {**scope_of("/api/v2/pages/", method=method, query=query, **headers), "client": (client, 1)}


def problem_in(answer: Answer) -> Mapping[str, Any]:
    """The body, which must be a problem of the answer's own status."""
    assert answer.headers["content-type"] == PROBLEM
    problem: Mapping[str, Any] = json.loads(answer.body)
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == answer.status
    return problem


async def test_nobody_is_known_whatever_they_send(api: Api, behind: Behind) -> None:
    await ask(api, asked(cookie="sessionid=secret", authorization="Bearer nhip_x", accept="*/*"))
    names = {name for name, _value in behind.asked[0]["headers"]}
    assert names == {b"accept"}


async def test_a_query_has_one_order_so_that_one_answer_is_kept(api: Api, behind: Behind) -> None:
    for query in (b"limit=5&fields=_,title&type=news.NewsPage", b"type=news.NewsPage&limit=5&fields=_%2Ctitle"):
        await ask(api, asked(query=query))
    assert len({scope["query_string"] for scope in behind.asked}) == 1


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        (b"b=2&a=1", b"a=1&b=2"),
        (b"a=2&b=&a=1", b"a=2&a=1&b="),
        (b"search=thi%20%C4%91ua&limit=1", b"limit=1&search=thi+%C4%91ua"),
        (b"x=%FF&a=%00", b"a=%00&x=%FF"),
        (b"&&", b""),
    ],
)
def test_what_a_query_says_stays(query: bytes, ordered: bytes) -> None:
    assert in_order(query) == ordered


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X" * 500])
async def test_what_is_no_reading_is_refused_with_what_is(api: Api, behind: Behind, method: str) -> None:
    answer = await ask(api, asked(method))
    assert (answer.status, answer.headers["allow"]) == (405, METHODS)
    problem_in(answer)
    assert behind.asked == []


async def test_options_says_what_there_is(api: Api, behind: Behind) -> None:
    answer = await ask(api, asked("OPTIONS"))
    assert (answer.status, answer.body, answer.headers["allow"]) == (204, b"", METHODS)
    assert behind.asked == []


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("", True),
        ("*/*", True),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/problem+json", True),
        ("text/html;q=1, application/*;q=0.1", True),
        ("text/html", False),
        ("application/json;q=0", False),
        ("application/json;q=x", False),
        ("text/*", False),
        ("application/xml, text/xml", False),
    ],
)
def test_json_is_given_to_who_takes_it(accepted: str, taken: bool) -> None:
    assert takes_json(accepted.encode()) is taken


async def test_who_takes_no_json_is_told_so(api: Api, behind: Behind) -> None:
    answer = await ask(api, asked(accept="text/html"))
    assert answer.status == 406
    assert "application/json" in problem_in(answer)["detail"]
    assert behind.asked == []


async def test_a_query_without_end_is_refused(api: Api) -> None:
    assert problem_in(await ask(api, asked(query=b"a=" + b"x" * 4_000)))["status"] == 414


async def test_a_network_that_asks_too_often_is_told_when_to_ask_again(api: Api, clock: Clock) -> None:
    statuses = [(await ask(api, asked())).status for _ in range(60)]
    assert statuses == [200] * 60
    refused = await ask(api, asked())
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert "60 times a minute" in problem_in(refused)["detail"]
    assert (await ask(api, asked(client="198.51.100.8"))).status == 200, "another network"
    clock.now += 1.01
    assert [(await ask(api, asked())).status for _ in range(2)] == [200, 429]


async def test_addresses_of_one_customer_are_one_network(api: Api) -> None:
    addresses = [f"2001:db8:1:{number:x}::1" for number in range(61)]
    statuses = [(await ask(api, asked(client=address))).status for address in addresses]
    assert statuses == [200] * 60 + [429]


async def test_wrong_requests_count_too(api: Api) -> None:
    for _ in range(60):
        await ask(api, asked("POST"))
    assert (await ask(api, asked())).status == 429


async def test_no_limit_is_none(behind: Behind) -> None:
    api = Api(behind, front_ends=FrontEnds([]), per_minute=0)
    assert {(await ask(api, asked())).status for _ in range(2_000)} == {200}


# other origins

REFUSED = {
    "429": {"method": "GET"},
    "405": {"method": "POST"},
    "406": {"method": "GET", "accept": "text/html"},
    "204": {"method": "OPTIONS"},
    "200": {"method": "GET"},
}


@pytest.mark.parametrize("status", REFUSED)
@pytest.mark.parametrize(("origin", "may"), [(FRONT_END, True), (STRANGER, False), ("null", False), ("", False)])
async def test_named_front_ends_and_nobody_else_may_read_every_answer(
    api: Api, status: str, origin: str, may: bool
) -> None:
    for _ in range(60 if status == "429" else 0):
        await ask(api, asked())
    answer = await ask(api, asked(**REFUSED[status], **({"origin": origin} if origin else {})))
    assert answer.status == int(status)
    assert answer.headers.get("access-control-allow-origin") == (origin if may else None)
    assert "access-control-allow-credentials" not in answer.headers
    if status != "200":  # of an answer that is kept, Django says so
        assert answer.headers["vary"] == "Origin"


async def test_a_preflight_is_answered_for_them_alone(api: Api, behind: Behind) -> None:
    preflight = {"access_control_request_method": "GET", "access_control_request_headers": "if-none-match"}
    answer = await ask(api, asked("OPTIONS", origin=FRONT_END, **preflight))
    assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, METHODS)
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["vary"] == "Origin"
    refused = await ask(api, asked("OPTIONS", origin=STRANGER, **preflight))
    assert not any(name.startswith("access-control") for name in refused.headers)
    assert behind.asked == []


# what may change

WARNED: dict[str, dict[str, Any]] = {
    "200": {},
    "204": {"method": "OPTIONS"},
    "405": {"method": "POST"},
    "406": {"accept": "text/html"},
    "429": {},
}


@pytest.mark.parametrize("status", WARNED)
async def test_every_answer_of_what_may_change_says_so(behind: Behind, clock: Clock, status: str) -> None:
    api = Api(behind, front_ends=FrontEnds([]), per_minute=60, unstable=("/api/v3/",), clock=clock)
    for _ in range(60 if status == "429" else 0):
        await ask(api, asked())
    for path, warned in (("/api/v2/pages/", False), ("/api/v3/pages/", True)):
        answer = await ask(api, {**asked(**WARNED[status]), "path": path})
        assert answer.status == int(status)
        assert ("warning" in answer.headers) is warned
        if warned:
            assert answer.headers["warning"].startswith('299 - "')
            assert "may change" in answer.headers["warning"]


async def test_without_the_setting_nothing_is_said_of_it(api: Api) -> None:
    assert "warning" not in (await ask(api, {**asked(), "path": "/api/v3/pages/"})).headers


# what is refused behind


@pytest.mark.parametrize("status", [400, 403, 404, 408, 413, 418, 500, 503])
async def test_a_refusal_in_any_other_form_is_said_as_a_problem(api: Api, behind: Behind, status: int) -> None:
    kept = [(b"retry-after", b"30"), (b"cache-control", b"private, no-store"), (b"vary", b"Origin")]
    behind.response = Response(status, b"<h1>secret path /srv</h1>", [(b"content-type", b"text/html"), *kept])
    answer = await ask(api, asked())
    assert answer.status == status
    assert "secret" not in str(problem_in(answer))
    assert {name: answer.headers[name] for name in ("retry-after", "cache-control", "vary")} == {
        name.decode(): value.decode() for name, value in kept
    }
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.complete


async def test_a_problem_stays_as_it_was_said(api: Api, behind: Behind) -> None:
    said = b'{"type": "about:blank", "errors": []}'
    behind.response = Response(400, said, [(b"content-type", PROBLEM.encode())])
    assert (await ask(api, asked())).body == said
