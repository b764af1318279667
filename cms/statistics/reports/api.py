"""Questions over HTTP, for programs. An ASGI application: the event loop reads and answers, questions have threads.

=====================================  =============================================================================
``POST /_nhip/reports/query``          a question in JSON, under a token; its answer as JSON, CSV or XLSX by ``Accept``
``GET /_nhip/reports/schema.json``     the JSON Schema of a question
``GET /_nhip/reports/openapi.json``    OpenAPI 3.1
=====================================  =============================================================================

What is refused is refused as a problem (RFC 9457), in words that name the field. A token is good for its site alone.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import msgspec
from django.db import Error, close_old_connections
from django.http import HttpRequest

from cms.statistics.reports.asking import Away, Crowded, Desk, NotAnswered, TooMuch, Work, answering_work, desks
from cms.statistics.reports.facts import page_facts
from cms.statistics.reports.tokens.models import find_token
from pipeline.clickhouse.client import ClickHouse
from pipeline.collecting.limits import Limit
from pipeline.periods import local_date
from pipeline.process.headers import DATA_FIELDS
from pipeline.process.http import (
    NO_STORE,
    Application,
    Receive,
    Response,
    Scope,
    Send,
    disconnected,
    json,
    only_read,
    read_body,
    respond,
    responding,
)
from pipeline.reports.answer import Answer
from pipeline.reports.dimensions import PAGE
from pipeline.reports.formats.encoded import ANSWER_AS
from pipeline.reports.openapi import CSV, JSON, OPENAPI_PATH, PROBLEM, QUERY_PATH, SCHEMA_PATH, XLSX, openapi_document
from pipeline.reports.pages import Pages
from pipeline.reports.question import BadQuestion, Question, read_question
from pipeline.reports.schema import schema_of_questions

log = logging.getLogger("nhip")

Found = TypeVar("Found")

BODY_BYTES = 64 * 1024
MOST_LOOKED_UP = 20  # tokens that wait for the database at once
MOST_OF_ONE_TOKEN = 2  # questions at once: what one program asks keeps no other waiting
NEXT_SECONDS = 1
PATIENCE_SECONDS = 50.0  # the proxy waits for 60
MS = 1000

CHALLENGE = 'Bearer realm="nhip"'
NO_TOKEN = "Cần mã truy cập: Authorization: Bearer nhip_… · A token is needed: Authorization: Bearer nhip_…"
BAD_TOKEN = "Mã truy cập không có, đã bị thu hồi hoặc hết hạn. · The token is unknown, was revoked, or has expired."
OTHER_SITE = "site: mã này chỉ hỏi được cổng · this token is for site {}"
TOO_LARGE = f"Câu hỏi dài quá {BODY_BYTES // 1024} KB. · The question is larger than {BODY_BYTES // 1024} KB."
WRONG_TYPE = "Content-Type: cần · want application/json"
NOT_ACCEPTABLE = "Accept: có · there are {}"
TOO_MANY = "Mã này đã hỏi quá nhiều: {} câu một phút. · This token has asked too often: {} questions a minute."
TOO_MANY_AT_ONCE = (
    "Mã này đang chờ {} câu trả lời; hãy đợi rồi hỏi tiếp. · This token waits for {} answers; ask again after them."
)
NOT_FOUND = (
    f"Không có địa chỉ này; có · there is no such address; there are {QUERY_PATH}, {SCHEMA_PATH}, {OPENAPI_PATH}"
)
ONLY_POST = "Câu hỏi gửi bằng POST. · Questions are sent by POST."


class Problem(Exception):
    """Why a question is not answered: ``kind`` for programs, ``detail`` for people."""

    def __init__(self, status: int, kind: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = headers


@dataclass(frozen=True)
class Asker:
    """``token``: its id. ``site`` 0 may ask about every site."""

    token: int
    site: int


LookUp = Callable[[str, date], Asker | None]
"""Whose the shown token is, today; None if it is good for nothing. Raises NotAnswered."""


class Format(NamedTuple):
    encode: Callable[[Answer], bytes]
    extension: str  # empty for what is shown rather than kept


FORMATS: Mapping[str, Format] = {
    JSON: Format(ANSWER_AS["json"], ""),
    CSV: Format(ANSWER_AS["csv"], "csv"),
    XLSX: Format(ANSWER_AS["xlsx"], "xlsx"),
}


class ReportsApi:
    """``per_minute``: how many questions a token may ask in this process, as many at once after a pause; 0: any number.

    ``pages`` asks the CMS what it knows of its pages, in a thread. ``clock`` gives Unix seconds.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        desk: Callable[[], Desk] = lambda: desks().programs,
        look_up: LookUp | None = None,
        pages: Callable[[], Pages] = page_facts,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._per_minute = per_minute
        self._desk = desk
        self._look_up = look_up or look_up_token
        self._pages = pages
        self._clock = clock
        self._limit = Limit(rate=per_minute / 60, burst=per_minute)
        self._answering: Counter[int] = Counter()
        self._looking_up = 0
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reports-cms")
        schema, document = schema_of_questions(), openapi_document()
        self._endpoints: dict[str, Application] = {
            QUERY_PATH: self._query,
            SCHEMA_PATH: only_read(responding(lambda scope: json(scope, schema))),
            OPENAPI_PATH: only_read(responding(lambda scope: json(scope, document))),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            endpoint = self._endpoints.get(scope["path"])
            if endpoint is None:
                raise Problem(404, "not-found", NOT_FOUND)
            await endpoint(scope, receive, send)
        except Problem as problem:
            await respond(_tell(problem), send)
        except BadQuestion as error:
            await respond(_tell(Problem(400, "bad-question", str(error))), send)
        except NotAnswered as why:
            await respond(_tell(_problem_of(why)), send)

    async def _query(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise Problem(405, "wrong-method", ONLY_POST, allow="POST")
        asker = await self._identify(_headers(scope, b"authorization"))
        self._charge(asker)
        chosen = _choose_format(_headers(scope, b"accept"))
        body = await _read(scope, receive)
        if body is None:
            return
        question = _within(asker, self._question(body))
        response = await self._answer(asker, question, chosen, receive)
        if response is not None:
            await respond(response, send)

    # who asks

    async def _identify(self, authorization: str) -> Asker:
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() != "bearer" or not shown.strip():
            raise Problem(401, "unknown-token", NO_TOKEN, www_authenticate=CHALLENGE)
        if self._looking_up >= MOST_LOOKED_UP:
            raise Crowded
        self._looking_up += 1
        try:
            asker = await self._ask_database(self._look_up, shown.strip(), self._today())
        finally:
            self._looking_up -= 1
        if asker is None:
            raise Problem(401, "unknown-token", BAD_TOKEN, www_authenticate=f'{CHALLENGE}, error="invalid_token"')
        return asker

    def _charge(self, asker: Asker) -> None:
        if self._answering[asker.token] >= MOST_OF_ONE_TOKEN:
            words = TOO_MANY_AT_ONCE.format(MOST_OF_ONE_TOKEN, MOST_OF_ONE_TOKEN)
            raise Problem(429, "too-many", words, retry_after=str(NEXT_SECONDS))
        if not self._limit.passes(asker.token, int(self._clock() * MS)):
            words = TOO_MANY.format(self._per_minute, self._per_minute)
            raise Problem(429, "too-many", words, retry_after=str(math.ceil(60 / self._per_minute)))

    # what is asked, and its answer

    def _question(self, body: bytes) -> Question:
        return read_question(body, today=self._today())

    async def _answer(self, asker: Asker, question: Question, chosen: str, receive: Receive) -> Response | None:
        """None if the asker has left: a question that has not begun is not begun then."""
        self._answering[asker.token] += 1
        until = threading.Event()
        try:
            work = answering_work(question, pages=await self._pages_for(question))
            started = self._desk().start(partial(_respond, work=work, chosen=chosen), until=until)
            return await _wait(started, receive)
        finally:
            until.set()
            self._answering[asker.token] -= 1
            if not self._answering[asker.token]:
                del self._answering[asker.token]

    async def _pages_for(self, question: Question) -> Pages | None:
        """What the CMS knows of pages, for a question about them, about authors and the like."""
        if not any(one.of_page or one is PAGE for one in question.columns):
            return None
        return await self._ask_database(self._pages)

    async def _ask_database(self, ask: Callable[..., Found], *arguments: object) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._database, partial(_in_database, ask, *arguments))

    def _today(self) -> date:
        return local_date(self._clock())


def look_up_token(shown: str, today: date) -> Asker | None:
    token = find_token(shown, today=today)
    return Asker(token.pk, token.site_id or 0) if token else None


def _in_database(ask: Callable[..., Found], *arguments: object) -> Found:
    """Raises Away while the CMS database can't be asked."""
    close_old_connections()
    try:
        return ask(*arguments)
    except Error as error:
        log.warning("the CMS database can't be asked, so that programs get no reports: %s", error)
        raise Away from error
    finally:
        close_old_connections()


def _headers(scope: Scope, wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def _choose_format(accept: str) -> str:
    """The type that Accept (RFC 9110 12.5.1) prefers; JSON without one."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept.strip() or "*/*"
    try:
        chosen: str | None = request.get_preferred_type([*FORMATS])
    except ValueError:
        chosen = None
    if chosen is None:
        raise Problem(406, "not-acceptable", NOT_ACCEPTABLE.format(", ".join(FORMATS)))
    return chosen


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """The body; None if its sender has left."""
    if _headers(scope, b"content-type").partition(";")[0].strip().lower() != JSON:
        raise Problem(415, "wrong-type", WRONG_TYPE)
    body = await read_body(receive, limit=BODY_BYTES)
    if body is not None and len(body) > BODY_BYTES:
        raise Problem(413, "too-large", TOO_LARGE)
    return body


def _within(asker: Asker, question: Question) -> Question:
    """The question about the token's own site, unless it is about another."""
    if asker.site and question.site not in (0, asker.site):
        raise Problem(403, "other-site", OTHER_SITE.format(asker.site))
    return replace(question, site=asker.site or question.site)


def _respond(client: ClickHouse, *, work: Work[Answer], chosen: str) -> Response:
    """In a thread of the desk: a workbook of thousands of rows takes a moment too."""
    found = work(client)
    question = found.question
    encode, extension = FORMATS[chosen]
    kind = f"{chosen}; charset=utf-8" if chosen == CSV else chosen
    headers = [(b"content-type", kind.encode()), NO_STORE, (b"vary", b"accept"), *DATA_FIELDS]
    if extension:
        name = f"nhip-{question.since}-{question.until}.{extension}"
        headers.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
    return Response(200, encode(found), headers)


async def _wait(started: Future[Response], receive: Receive) -> Response | None:
    coming = asyncio.wrap_future(started)
    leaving = asyncio.ensure_future(disconnected(receive))
    try:
        await asyncio.wait((coming, leaving), timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if coming.done():
            return coming.result()
        if leaving.done():
            return None
        raise TooMuch
    finally:
        started.cancel()
        coming.cancel()
        leaving.cancel()


def _problem_of(why: NotAnswered) -> Problem:
    again = {"retry_after": str(why.retry_seconds)} if why.retry_seconds else {}
    return Problem(why.status, why.kind, why.words, **again)


def _tell(problem: Problem) -> Response:
    """An underscore in the name of a header stands for a hyphen."""
    body = {
        "type": f"urn:nhip:problem:{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in problem.headers.items()]
    fields = [(b"content-type", PROBLEM.encode()), NO_STORE, *DATA_FIELDS, *headers]
    return Response(problem.status, msgspec.json.encode(body), fields)
