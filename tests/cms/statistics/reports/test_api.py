"""Questions over HTTP: what is answered, in which format, to whom; what is refused, in words that name the field."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from asgi import Answer, Client, ask, scope_of
from event_rows import EMPTY_ROW
from fresh_database import fresh_database
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schema import validator_of
from openpyxl import load_workbook
from patience import PATIENCE
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from cms.statistics.reports.api import BODY_BYTES, FORMATS, MOST_OF_ONE_TOKEN, Asker, ReportsApi
from cms.statistics.reports.asking import Away, Desk, TooMuch
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.writer import write_events
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.openapi import CSV, JSON, OPENAPI_PATH, PROBLEM, QUERY_PATH, SCHEMA_PATH, XLSX, openapi_document
from pipeline.reports.pages import PageFacts

NOON = 1_790_571_600_000  # Monday 2026-09-28, 12:00 in Hà Nội
ALL, OF_SITE_1, OF_SITE_2 = (f"nhip_{letter * 43}" for letter in "abc")
ASKERS = {ALL: Asker(1, 0), OF_SITE_1: Asker(2, 1), OF_SITE_2: Asker(3, 2)}
LEAST: dict[str, Any] = {"metrics": ["views"], "date_range": ["2026-09-28", "2026-09-28"]}
DOCUMENT = openapi_document()
HERE = "urn:openapi"
REGISTRY: Any = Registry().with_resource(HERE, Resource.from_contents(DOCUMENT, default_specification=DRAFT202012))


def validator(name: str) -> Any:
    return validator_of({"$ref": f"{HERE}#/components/schemas/{name}"}, registry=REGISTRY)


def event(number: int, **more: Any) -> dict[str, Any]:
    return EMPTY_ROW | {
        "at": NOON + number,
        "site": 1,
        "kind": "view",
        "page_id": 7,
        "audience": "public",
        "locale": "vi",
        "path": "/",
        "visitor": number + 1,
        "visit": True,
        "offset": number,
        **more,
    }


EVENTS = [
    *(event(number) for number in range(5)),
    event(5, path="=HYPERLINK(1)", campaign="@SUM(1)"),
    *(event(number, site=2, page_id=8) for number in range(6, 9)),
]


@pytest.fixture(scope="module")
def desk(embedded_directory: Path) -> Iterator[Desk]:
    with fresh_database(embedded_directory) as connect:
        columns = {name: [row[name] for row in EVENTS] for name in EVENT_COLUMNS}
        write_events(connect(), columns, token="page-events/0/0-8")
        desk = Desk("test", connect, most=8)
        yield desk
        desk.close()


class Clock:
    def __init__(self) -> None:
        self.now = NOON / 1000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


PAGES = {7: PageFacts(title="Lễ phát động", author="Văn phòng Sở"), 8: PageFacts(title="Không ai viết")}

Make = Callable[..., ReportsApi]


@pytest.fixture
def make(clock: Clock) -> Make:
    """An application whose tokens are ASKERS; a desk that is not given is never reached."""

    def never() -> Desk:
        raise AssertionError("the engine was asked")

    def make_api(*, desk: Callable[[], Desk] = never, per_minute: int = 0, **more: Any) -> ReportsApi:
        given = {"look_up": lambda shown, _today: ASKERS.get(shown), "pages": lambda: PAGES} | more
        return ReportsApi(per_minute=per_minute, desk=desk, clock=clock, **given)

    return make_api


@pytest.fixture
def api(desk: Desk, make: Make) -> ReportsApi:
    return make(desk=lambda: desk)


async def post(
    api: ReportsApi, question: object = LEAST, *, token: str | None = ALL, client: Client | None = None, **headers: str
) -> Answer:
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    shown = {"authorization": f"Bearer {token}"} if token else {}
    scope = scope_of(QUERY_PATH, method="POST", **{"content_type": JSON, **shown, **headers})
    return await ask(api, scope, client or Client([body]))


def problem(answer: Answer, status: int, kind: str) -> str:
    """The words of a refusal, once it is one."""
    found = json.loads(answer.body)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.status, found["status"], found["type"]) == (status, status, f"urn:nhip:problem:{kind}")
    validator("Problem").validate(found)
    return str(found["detail"])


# answers


async def test_a_question_is_answered_as_the_document_says(api: ReportsApi) -> None:
    for question in (
        LEAST,
        LEAST | {"dimensions": ["path", "hour"], "include": {"totals": True, "total_rows": True}},
        LEAST | {"metrics": [*METRICS], "dimensions": ["page"], "pagination": {"limit": 1}},
        LEAST | {"dimensions": ["author"], "include": {"compare": "previous_period", "totals": True}},
        LEAST | {"date_range": "7d", "filters": [["is", "path", ["nowhere"]]]},
    ):
        validator("Question").validate(question)
        answer = await post(api, question)
        assert (answer.status, answer.headers["content-type"]) == (200, JSON), answer.body
        assert answer.headers["cache-control"] == "no-store"
        validator("Answer").validate(json.loads(answer.body))


@pytest.mark.parametrize("name", [*METRICS])
async def test_every_metric_is_answered_with_its_definition(api: ReportsApi, name: str) -> None:
    found = json.loads((await post(api, LEAST | {"metrics": [name]})).body)
    validator("Answer").validate(found)
    assert found["meta"]["definitions"] == {name: METRICS[name].definition_en}


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/csv", CSV),
        (XLSX, XLSX),
        ("text/csv;q=0.5, application/json;q=0.4", CSV),
        ("text/html, text/*;q=0.1", CSV),
        (f"{XLSX}, */*;q=0.1", XLSX),
    ],
)
async def test_the_format_is_the_one_that_accept_prefers(api: ReportsApi, accept: str, given: str) -> None:
    answer = await post(api, accept=accept)
    assert answer.headers["content-type"].partition(";")[0] == given
    assert ("content-disposition" in answer.headers) == (given != JSON)


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", ";;", "x" * 20_000])
async def test_a_format_that_there_is_not_is_refused(make: Make, accept: str) -> None:
    words = problem(await post(make(), accept=accept), 406, "not-acceptable")
    assert all(name in words for name in FORMATS)


async def test_the_three_formats_have_the_same_figures_and_no_formulas(api: ReportsApi) -> None:
    question = LEAST | {"dimensions": ["path", "campaign", "day"], "metrics": ["views", "visits"]}
    as_json = [(*row["dimensions"], *row["metrics"]) for row in json.loads((await post(api, question)).body)["results"]]
    head, *as_csv = csv.reader(io.StringIO((await post(api, question, accept=CSV)).body.decode()))
    book = load_workbook(io.BytesIO((await post(api, question, accept=XLSX)).body))
    _, *as_xlsx = book.worksheets[0].iter_rows()

    assert len(as_json) == 2
    assert head == ["path", "campaign", "day", "views", "visits"]
    assert [[cell.removeprefix("'") for cell in row] for row in as_csv] == [
        [str(cell) for cell in row] for row in as_json
    ]
    assert not [cell for row in as_csv for cell in row if cell.startswith(tuple("=+-@"))]
    read = [[cell.value.date().isoformat() if cell.is_date else cell.value or "" for cell in row] for row in as_xlsx]
    assert read == [list(row) for row in as_json]
    assert {cell.data_type for row in as_xlsx for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert "=HYPERLINK(1)" in [row[0].value for row in as_xlsx]


async def test_what_the_cms_knows_of_pages_is_asked_of_it(api: ReportsApi) -> None:
    found = json.loads((await post(api, LEAST | {"dimensions": ["page", "author"]})).body)
    assert found["results"][0] == {"dimensions": [7, "Văn phòng Sở"], "metrics": [6]}
    assert found["meta"]["pages"]["7"]["title"] == "Lễ phát động"


async def test_the_answer_repeats_a_question_that_can_be_asked_again(api: ReportsApi) -> None:
    asked = LEAST | {
        "date_range": "7d",
        "dimensions": ["path"],
        "filters": [["not", ["and", [["is", "page", [8]], ["contains", "path", ["/"]]]]]],
        "include": {"compare": "previous_period", "totals": True, "total_rows": True},
    }
    first = json.loads((await post(api, asked, token=OF_SITE_1)).body)
    again = json.loads((await post(api, first["query"], token=OF_SITE_1)).body)
    assert first["query"]["site"] == 1
    assert first["results"], first
    assert again == first


# who may ask


@pytest.mark.parametrize(
    "shown",
    [None, "", "Basic YTpi", "Bearer", "Bearer ", f"bearer{ALL}", f"Bearer {ALL[:-1]}", f"Bearer nhip_{'z' * 43}"],
)
async def test_without_a_token_that_is_good_nobody_is_answered(make: Make, shown: str | None) -> None:
    headers = {} if shown is None else {"authorization": shown}
    answer = await post(make(), token=None, **headers)
    problem(answer, 401, "unknown-token")
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")


async def test_the_scheme_is_read_in_any_case(api: ReportsApi) -> None:
    assert (await post(api, token=None, authorization=f"bEARER {ALL}")).status == 200


@pytest.mark.parametrize(
    ("token", "site", "views"),
    [(ALL, 0, 9), (ALL, 1, 6), (ALL, 2, 3), (OF_SITE_1, 0, 6), (OF_SITE_1, 1, 6), (OF_SITE_2, 0, 3), (OF_SITE_2, 2, 3)],
)
async def test_a_token_opens_its_own_site_alone(api: ReportsApi, token: str, site: int, views: int) -> None:
    answer = await post(api, LEAST | {"site": site}, token=token)
    found = json.loads(answer.body)
    assert found["results"] == [{"dimensions": [], "metrics": [views]}]
    assert found["query"]["site"] == (site or ASKERS[token].site)


async def test_a_question_about_another_site_is_refused_by_the_name_of_its_field(make: Make) -> None:
    assert problem(await post(make(), LEAST | {"site": 2}, token=OF_SITE_1), 403, "other-site").startswith("site:")


async def test_while_the_database_is_away_it_is_said_when_to_come_again(make: Make) -> None:
    def away(_shown: str, _today: date) -> Asker | None:
        raise Away

    answer = await post(make(look_up=away))
    problem(answer, 503, "away")
    assert int(answer.headers["retry-after"]) > 0


# how often


async def test_a_token_asks_so_often_and_again_when_it_was_told(desk: Desk, make: Make, clock: Clock) -> None:
    api = make(desk=lambda: desk, per_minute=3)
    assert [(await post(api)).status for _ in range(3)] == [200, 200, 200]
    refused = await post(api)
    assert "3" in problem(refused, 429, "too-many")
    assert (await post(api, token=OF_SITE_1)).status == 200, "another token has its own"
    clock.now += int(refused.headers["retry-after"])
    assert [(await post(api)).status for _ in range(2)] == [200, 429]


async def test_what_one_token_waits_for_leaves_room_for_others(make: Make) -> None:
    gate = threading.Event()

    class Slow(Desk):
        def start(self, _work: Any, **_more: Any) -> Any:
            return super().start(lambda _client: gate.wait(PATIENCE) and None)

    slow = Slow("slow", lambda: cast(ClickHouse, None), most=8)
    api = make(desk=lambda: slow)
    waiting = [asyncio.ensure_future(post(api)) for _ in range(MOST_OF_ONE_TOKEN)]
    async with asyncio.timeout(10):
        while api._answering[1] < MOST_OF_ONE_TOKEN:
            await asyncio.sleep(0.01)
    refused = await post(api)
    problem(refused, 429, "too-many")
    assert refused.headers["retry-after"] == "1"
    gate.set()
    await asyncio.gather(*waiting)
    assert not api._answering
    slow.close()


async def test_a_question_of_somebody_who_has_left_is_not_begun(make: Make) -> None:
    gate, begun = threading.Event(), []
    busy = Desk("busy", lambda: cast(ClickHouse, None), most=8, threads=1)
    first = busy.start(lambda _client: gate.wait(PATIENCE))

    class Noting(Desk):
        def start(self, _work: Any, **_more: Any) -> Any:
            return busy.start(lambda _client: begun.append(1))

    api = make(desk=lambda: Noting("noting", lambda: cast(ClickHouse, None), most=8))
    body = json.dumps(LEAST).encode()
    leaving = Client([body])
    leaving._answered.set()  # the next message is that the client has gone
    answer = await post(api, client=leaving)
    gate.set()
    assert first.result(timeout=PATIENCE)
    busy.close()
    assert (answer.status, begun) == (0, [])


@pytest.mark.parametrize(("why", "status", "kind"), [(Away, 503, "away"), (TooMuch, 422, "too-much")])
async def test_what_the_engine_cannot_do_is_said_in_words(
    make: Make, why: type[Exception], status: int, kind: str
) -> None:
    def fail() -> Desk:
        raise why

    assert " · " in problem(await post(make(desk=fail)), status, kind)


# what is sent


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the question is not valid"),
        (b"{", "the question is not valid"),
        (b"\xff\xfe", "the question is not valid"),
        (b"[" * 20_000, "the question is not valid"),
        (b"null", "the question is not valid"),
        (b'{"metrics": ["views"], "date_range": "7d", "site": 1e400}', "the question is not valid"),
        (LEAST | {"metric": ["views"]}, "metric"),
        (LEAST | {"pagination": {"page": 1}}, "page"),
        (LEAST | {"metrics": ["clicks"]}, "metrics"),
        (LEAST | {"metrics": []}, "metrics"),
        (LEAST | {"dimensions": ["views"]}, "dimensions"),
        (LEAST | {"filters": [["is", "path'; DROP TABLE events", ["/"]]]}, "filters[0]"),
        (LEAST | {"order_by": [["path", "asc"]]}, "order_by"),
        (LEAST | {"date_range": "yesterday"}, "date_range"),
        (LEAST | {"site": -1}, "site"),
        (LEAST | {"site": True}, "site"),
        (LEAST | {"pagination": {"limit": 10**9}}, "limit"),
    ],
)
async def test_a_body_that_is_no_question_is_refused_by_the_name_of_its_field(
    make: Make, body: object, words: str
) -> None:
    assert words in problem(await post(make(), body), 400, "bad-question")


async def test_a_large_body_is_not_read_to_its_end(make: Make) -> None:
    client = Client([b" " * 8192] * 100)
    problem(await post(make(), client=client), 413, "too-large")
    assert client.read <= BODY_BYTES + 8192


async def test_without_a_token_no_body_is_read(make: Make) -> None:
    client = Client([b" " * 8192] * 100)
    problem(await post(make(), token=None, client=client), 401, "unknown-token")
    assert client.read == 0


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_a_form_of_another_site_is_no_question(make: Make, kind: str) -> None:
    problem(await post(make(), content_type=kind), 415, "wrong-type")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_questions_are_posted(make: Make, method: str) -> None:
    answer = await ask(make(), scope_of(QUERY_PATH, method=method, authorization=f"Bearer {ALL}"))
    problem(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/_nhip/reports/", "/_nhip/reports/query/", "/_nhip/reports/../metrics"])
async def test_there_is_nothing_else(make: Make, path: str) -> None:
    assert QUERY_PATH in problem(await ask(make(), scope_of(path)), 404, "not-found")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*METRICS, *DIMENSIONS, "is"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*LEAST, "filters", "site", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(more=st.dictionaries(st.sampled_from(["metrics", "date_range", "dimensions", "filters", "order_by"]), ANYTHING))
def test_no_body_is_a_fault_of_ours(desk: Desk, more: dict[str, Any]) -> None:
    api = ReportsApi(
        per_minute=0,
        desk=lambda: desk,
        look_up=lambda shown, _today: ASKERS.get(shown),
        pages=lambda: PAGES,
        clock=lambda: NOON / 1000,
    )
    answer = asyncio.run(post(api, LEAST | more))
    assert answer.status in (200, 400), answer.body


# the documents


async def test_the_documents_are_for_everybody(make: Make) -> None:
    api = make()
    for path, title in ((SCHEMA_PATH, "A question about traffic"), (OPENAPI_PATH, "3.1.0")):
        answer = await ask(api, scope_of(path))
        assert (answer.status, answer.headers["content-type"]) == (200, JSON)
        found = json.loads(answer.body)
        assert title in (found.get("title"), found.get("openapi"))
        assert (await ask(api, scope_of(path, method="POST"))).status == 405
        assert (await ask(api, scope_of(path, if_none_match=answer.headers["etag"]))).status == 304


async def test_the_document_names_every_way_in_which_a_question_is_refused(make: Make) -> None:
    told = DOCUMENT["paths"][QUERY_PATH]["post"]["responses"]
    for status in (400, 401, 403, 406, 413, 415, 422, 429, 500, 503):
        assert PROBLEM in told[str(status)]["content"]
    assert set(told["200"]["content"]) == set(FORMATS)
