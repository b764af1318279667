"""What the memory answers, when it asks Django, and how old a page may be; Django and the clock are the test's."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
import zstandard
from asgi import scope_of
from django.db import OperationalError

from cms.core.changes.watch import Changes
from cms.statistics import counters, slots
from cms.web.page_memory import memory as page_memory
from cms.web.page_memory.asking import Questions
from cms.web.page_memory.memory import OLDEST_SECONDS, TRY_SECONDS, PageMemory
from pipeline.serving.snapshot import Snapshot

QUESTIONS = Questions(private_paths=("/admin/",), private_cookies=("sessionid",), hosts=["a.example"])


class Numbers:
    """Counters that the test sets."""

    def __init__(self) -> None:
        self.now = Snapshot()

    def snapshot(self) -> Snapshot:
        return self.now


class Django:
    """Answers with how often it was asked, and with what the test says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/html"), (b"x-nhip-keep", b"1")]
        self.gate = asyncio.Event()
        self.gate.set()
        self.words = "page {}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(dict(scope))
        number = len(self.asked)
        await self.gate.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.words.format(number).encode()})


class Kit:
    """A memory, and what is around it."""

    def __init__(self, *, limit: int = 1_000_000) -> None:
        self.now = 100.0
        self.changed = True
        self.away = False
        self.leaves = asyncio.Event()
        self.django = Django()
        self.changes = Changes(self._look, clock=lambda: self.now)
        self.memory = PageMemory(
            self.django, changes=self.changes, questions=QUESTIONS, limit=limit, clock=lambda: self.now
        )
        self.changes.step()

    def _look(self) -> bool:
        if self.away:
            raise OperationalError("gone")
        changed, self.changed = self.changed, False
        return changed

    def look(self, *, changed: bool = False, later: float = 0.2) -> None:
        self.now += later
        self.changed = changed
        self.changes.step()

    async def get(
        self, path: str = "/", *, method: str = "GET", query: bytes = b"", client: str = "192.0.2.9", **headers: str
    ) -> Answer:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            **scope_of(path, method=method, query=query, host="a.example", **headers),
            "client": (client, 50_000),
        }
        await self.memory(scope, self._receive, send)
        return Answer(sent)

    async def _receive(self) -> Any:
        await self.leaves.wait()
        return {"type": "http.disconnect"}


class Answer:
    def __init__(self, sent: list[Any]) -> None:
        self.status = sent[0]["status"]
        self.headers = dict(sent[0]["headers"])
        self.body = b"".join(message["body"] for message in sent[1:])

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture
async def kit() -> Kit:
    return Kit()


@pytest.fixture(autouse=True)
def numbers() -> Iterator[Numbers]:
    numbers = Numbers()
    counters.install(numbers)
    yield numbers
    counters.uninstall()


async def test_a_page_is_rendered_once_for_all_its_readers(kit: Kit) -> None:
    answers = [await kit.get() for _ in range(3)]
    assert [answer.text for answer in answers] == ["page 1"] * 3
    assert b"x-nhip-keep" not in answers[0].headers


async def test_a_hundred_readers_at_once_share_one_render(kit: Kit) -> None:
    kit.django.gate.clear()
    readers = [asyncio.create_task(kit.get()) for _ in range(100)]
    await asyncio.sleep(0)
    kit.django.gate.set()
    assert {(await reader).text for reader in readers} == {"page 1"}


async def test_a_reader_who_leaves_does_not_end_the_render_of_the_others(kit: Kit) -> None:
    kit.django.gate.clear()
    first, second = asyncio.create_task(kit.get()), asyncio.create_task(kit.get())
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0.01)
    kit.django.gate.set()
    assert (await second).text == "page 1"


async def test_renders_that_nobody_waits_for_any_more_are_not_made(kit: Kit) -> None:
    kit.django.gate.clear()
    readers = [asyncio.create_task(kit.get(f"/{number}/")) for number in range(100)]
    await asyncio.sleep(0.01)
    begun = len(kit.django.asked)
    kit.leaves.set()
    await asyncio.wait(readers)
    kit.django.gate.set()
    kit.leaves.clear()
    assert (await kit.get("/other/")).status == 200
    assert len(kit.django.asked) == begun + 1


async def test_a_page_that_is_in_memory_does_not_wait_for_those_that_are_not(kit: Kit) -> None:
    await kit.get()
    kit.django.gate.clear()
    crowd = [asyncio.create_task(kit.get(f"/{number}/")) for number in range(50)]
    await asyncio.sleep(0.01)
    kit.look(changed=True)
    kit.look(later=OLDEST_SECONDS)
    reader = asyncio.create_task(kit.get())
    await asyncio.sleep(0.01)
    assert kit.django.asked[-1]["path"] == "/"
    kit.django.gate.set()
    assert (await reader).text.startswith("page ")
    await asyncio.wait(crowd)


async def test_a_render_that_does_not_end_gives_readers_the_page_at_hand(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_memory, "WAIT_SECONDS", 0.05)
    await kit.get()
    kit.look(changed=True)
    kit.look(later=OLDEST_SECONDS)
    kit.django.gate.clear()
    assert (await kit.get()).text == "page 1"
    kit.django.gate.set()


async def test_only_the_first_reader_waits_in_vain_for_a_look(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def pass_time(seconds: float) -> None:
        waits.append(seconds)
        kit.now += 1.0

    await kit.get()
    kit.now += OLDEST_SECONDS + 0.1
    monkeypatch.setattr("cms.web.page_memory.memory.asyncio.sleep", pass_time)
    assert (await kit.get()).text == "page 1"
    waited = len(waits)
    assert (await kit.get()).text == "page 1"
    assert 0 < waited == len(waits)


async def test_a_page_during_whose_render_something_changed_is_rendered_again(kit: Kit) -> None:
    whole = kit.django.headers
    kit.django.headers = [(b"content-type", b"text/html"), (b"x-nhip-keep", b"mixed")]
    reader = asyncio.create_task(kit.get())
    while len(kit.django.asked) < 2:
        await asyncio.sleep(0)
    kit.django.headers = whole

    answer = await reader

    assert answer.text == f"page {len(kit.django.asked)}"
    assert b"x-nhip-keep" not in answer.headers
    assert (await kit.get()).text == answer.text


async def test_a_page_that_changes_all_the_time_is_answered_all_the_same(kit: Kit) -> None:
    kit.django.headers = [(b"content-type", b"text/html"), (b"x-nhip-keep", b"mixed")]

    assert (await kit.get()).text == "page 3"


async def test_a_page_is_rendered_for_nobody(kit: Kit) -> None:
    await kit.get(
        query=b"utm_source=x&page=2",
        referer="https://search.example/?q=secret",
        cookie="theme=dark",
        user_agent="secret",
        cache_control="no-cache",
        if_none_match='"secret"',
        x_nhip_open="guessed",
    )
    (scope,) = kit.django.asked
    assert [name for name, _value in scope["headers"]] == [b"host", b"x-nhip-open"]
    assert scope["query_string"] == b"page=2"
    assert scope["client"] is None


async def test_after_a_change_one_reader_renders_while_the_others_get_the_page_at_hand(kit: Kit) -> None:
    await kit.get()
    kit.look(changed=True)
    kit.django.gate.clear()
    assert [(await kit.get()).text for _ in range(3)] == ["page 1"] * 3
    kit.django.gate.set()
    await asyncio.sleep(0.01)
    assert (await kit.get()).text == "page 2"
    assert len(kit.django.asked) == 2


async def test_a_page_that_may_be_a_second_old_is_given_to_nobody(kit: Kit) -> None:
    await kit.get()
    kit.look(changed=True)
    kit.look(later=OLDEST_SECONDS)
    assert (await kit.get()).text == "page 2"


async def test_a_render_that_began_before_a_change_does_not_serve_readers_long_after_it(kit: Kit) -> None:
    kit.django.gate.clear()
    early = asyncio.create_task(kit.get())
    await asyncio.sleep(0.01)
    kit.look(changed=True)
    kit.look(later=OLDEST_SECONDS)
    late = asyncio.create_task(kit.get())
    await asyncio.sleep(0.01)
    kit.django.gate.set()
    assert (await late).text == "page 2"
    await early


async def test_while_nobody_looked_for_long_readers_wait_for_a_look(kit: Kit) -> None:
    await kit.get()
    kit.now += OLDEST_SECONDS + 0.1
    reader = asyncio.create_task(kit.get())
    await asyncio.sleep(0.05)
    assert not reader.done()
    kit.look(changed=True, later=0)
    assert (await reader).text == "page 2"


async def test_while_the_database_is_away_readers_get_what_is_there(kit: Kit) -> None:
    await kit.get()
    kit.away = True
    kit.look(later=3600)
    kit.django.status = 503
    assert (await kit.get()).text == "page 1"
    assert (await kit.get("/never-read/")).status == 503


async def test_where_looks_fail_and_django_reads_a_page_does_not_stay_old_for_ever(kit: Kit) -> None:
    await kit.get()
    kit.away = True
    kit.look(later=TRY_SECONDS)
    assert [(await kit.get()).text for _ in range(3)] == ["page 1"] * 3
    await asyncio.sleep(0.01)
    assert [(await kit.get()).text for _ in range(3)] == ["page 2"] * 3
    await asyncio.sleep(0.01)
    assert len(kit.django.asked) == 2


async def test_while_nothing_can_be_read_django_is_asked_now_and_then_alone(kit: Kit) -> None:
    paths = [f"/{number}/" for number in range(20)]
    for path in paths:
        await kit.get(path)
    kit.away = True
    kit.look(later=TRY_SECONDS)
    kit.django.status = 503
    for path in paths * 3:
        assert (await kit.get(path)).status == 200
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(kit.django.asked) <= len(paths) + 3


async def test_after_the_database_came_back_pages_are_rendered_again_if_they_changed(kit: Kit) -> None:
    await kit.get()
    kit.away = True
    kit.look(later=60)
    kit.away = False
    kit.look(later=60)
    assert (await kit.get()).text == "page 1"
    kit.look(changed=True)
    kit.look(later=OLDEST_SECONDS)
    assert (await kit.get()).text == "page 2"


async def test_a_failure_is_told_to_those_who_waited_and_kept_for_nobody(kit: Kit) -> None:
    kit.django.status = 500
    assert (await kit.get()).status == 500
    kit.django.status = 200
    assert (await kit.get()).text == "page 2"


async def test_an_answer_that_is_not_for_everybody_is_asked_by_each_with_the_own_request(kit: Kit) -> None:
    kit.django.headers = [(b"set-cookie", b"csrftoken=1")]
    answers = [await kit.get(user_agent="mine") for _ in range(2)]
    assert [answer.text for answer in answers] == ["page 2", "page 3"]  # the first was the attempt for everybody
    assert (b"user-agent", b"mine") in kit.django.asked[-1]["headers"]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"method": "POST"}, id="posting"),
        pytest.param({"cookie": "sessionid=1"}, id="a session"),
        pytest.param({"path": "/admin/"}, id="the admin"),
    ],
)
async def test_who_may_be_known_neither_gets_nor_leaves_a_page(kit: Kit, request_: dict[str, Any]) -> None:
    await kit.get()
    assert (await kit.get(**request_)).text == "page 2"
    assert (await kit.get()).text == "page 1"


@pytest.mark.parametrize(
    ("accepted", "decoded"),
    [
        pytest.param("br", brotli.decompress, id="br"),
        pytest.param("zstd", lambda body: zstandard.ZstdDecompressor().decompress(body), id="zstd"),
        pytest.param("gzip", gzip.decompress, id="gzip"),
        pytest.param("", bytes, id="none"),
    ],
)
async def test_the_body_comes_in_the_encoding_that_the_reader_takes(
    kit: Kit, accepted: str, decoded: Callable[[bytes], bytes]
) -> None:
    answer = await kit.get(accept_encoding=accepted)
    assert decoded(answer.body) == b"page 1"
    assert answer.headers.get(b"content-encoding", b"") == accepted.encode()
    assert answer.headers[b"content-length"] == b"%d" % len(answer.body)


async def test_a_reader_who_has_the_page_gets_304_without_it(kit: Kit) -> None:
    kit.django.headers += [(b"cache-control", b"public"), (b"vary", b"Cookie")]
    etag = (await kit.get(accept_encoding="br")).headers[b"etag"].decode()
    again = await kit.get(accept_encoding="br", if_none_match=f'"other", {etag}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers == {b"etag": etag.encode(), b"cache-control": b"public", b"vary": b"Cookie"}


@pytest.mark.parametrize(
    ("known", "status"),
    [
        pytest.param("{}", 304, id="the tag"),
        pytest.param("W/{}", 304, id="made weak by a proxy"),
        pytest.param("*", 304, id="any"),
        pytest.param("zzz{}zzz", 200, id="something around it"),
        pytest.param('"other"', 200, id="another"),
    ],
)
async def test_a_tag_is_compared_as_a_whole(kit: Kit, known: str, status: int) -> None:
    etag = (await kit.get()).headers[b"etag"].decode()
    assert (await kit.get(if_none_match=known.format(etag))).status == status


async def test_an_answer_that_is_no_page_has_no_condition(kit: Kit) -> None:
    kit.django.status = 404
    etag = (await kit.get()).headers[b"etag"].decode()
    assert (await kit.get(if_none_match=etag)).status == 404


async def test_an_answer_that_becomes_one_for_everybody_is_kept_from_then_on(kit: Kit) -> None:
    whole = kit.django.headers
    kit.django.headers = [(b"content-type", b"text/html")]
    await kit.get()
    kit.django.headers = whole
    kit.look(later=TRY_SECONDS)
    await kit.get()  # asks Django itself, and has it rendered for the next
    await asyncio.sleep(0.01)
    asked = len(kit.django.asked)

    answers = [await kit.get() for _ in range(3)]

    assert len(kit.django.asked) == asked
    assert {answer.text for answer in answers} == {f"page {asked}"}


async def test_an_address_of_a_campaign_that_leads_nowhere_is_asked_of_django_as_it_is(kit: Kit) -> None:
    kit.django.status = 404
    await kit.get("/campaign/", query=b"utm_source=zalo")
    assert kit.django.asked[-1]["query_string"] == b"utm_source=zalo"


async def test_each_encoding_has_an_etag_of_its_own(kit: Kit) -> None:
    etags = {(await kit.get(accept_encoding=accepted)).headers[b"etag"] for accepted in ("br", "zstd", "gzip", "")}
    assert len(etags) == 4


async def test_the_numbers_are_those_of_the_moment_and_compressed_once_for_each_state(
    kit: Kit, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed: list[bytes] = []
    monkeypatch.setattr(
        "cms.web.page_memory.pages.compress", lambda body, _encoding: compressed.append(body) or gzip.compress(body)
    )
    kit.django.words = f"views: {slots.mark('page_views', 7)}, of others: {slots.mark('page_views', 8)}."
    seen = []
    for views in (1326, 1327, 1327):
        numbers.now = Snapshot(as_of=1.0, pages={7: views, 9: views * 2})
        seen += [await kit.get(accept_encoding="gzip") for _ in range(3)]
    assert [gzip.decompress(answer.body).decode() for answer in seen] == [
        *["views: 1.326, of others: 0."] * 3,
        *["views: 1.327, of others: 0."] * 6,
    ]
    assert len(compressed) == 2
    assert len({answer.headers[b"etag"] for answer in seen}) == 2
    assert len(kit.django.asked) == 1


async def test_if_the_counters_fail_a_page_comes_with_dashes(kit: Kit) -> None:
    class Broken:
        def snapshot(self) -> Snapshot:
            raise RuntimeError("gone")

    counters.install(Broken())
    kit.django.words = f"views: {slots.mark('page_views', 7)}"
    assert (await kit.get()).text == "views: –"


async def test_the_memory_is_bounded_and_what_is_read_stays() -> None:
    kit = Kit(limit=60_000)
    kit.django.words = "x" * 10_000 + "{}"
    first = await kit.get("/often/")
    for number in range(20):
        await kit.get(f"/{number}/")
        assert (await kit.get("/often/")).body == first.body
    asked = len(kit.django.asked)
    await kit.get("/0/")
    assert len(kit.django.asked) == asked + 1


async def test_a_page_larger_than_the_bound_comes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_memory, "LARGEST_PAGE_BYTES", 1000)
    kit = Kit(limit=2000)
    kit.django.words = "x" * 1001
    assert len((await kit.get()).body) == 1001
    kit = Kit(limit=100)
    assert (await kit.get()).text == "page 1"


async def test_pages_for_different_hosts_and_queries_are_different(kit: Kit) -> None:
    assert (await kit.get()).text == "page 1"
    assert (await kit.get(query=b"page=2")).text == "page 2"
    assert (await kit.get()).text == "page 1"


async def test_the_head_of_a_page_is_that_of_its_get(kit: Kit) -> None:
    page, head = await kit.get(), await kit.get(method="HEAD")
    assert head.headers == page.headers
    assert kit.django.asked[0]["method"] == "GET"
    assert len(kit.django.asked) == 1


def of_all_in_turn(kit: Kit) -> PageMemory:
    return PageMemory(
        kit.django, changes=kit.changes, questions=QUESTIONS, limit=1_000_000, renders=1, all_in_turn=True
    )


@pytest.mark.parametrize("query", [b"", b"q=" + b"a" * 2_000], ids=["kept", "too long to be kept"])
async def test_who_asks_for_much_waits_for_it_and_keeps_nobody_else_waiting(kit: Kit, query: bytes) -> None:
    kit.memory = of_all_in_turn(kit)
    kit.django.gate.clear()

    def ask(path: str, address: str) -> asyncio.Task[Answer]:
        return asyncio.create_task(kit.get(path, query=query, client=address))

    crowd = [ask(f"/{number}", "192.0.2.1") for number in range(20)]
    await asyncio.sleep(0.01)
    assert len(kit.django.asked) == 1, "one at a time, whether it can be kept or not"

    other = ask("/other", "192.0.2.2")
    await asyncio.sleep(0.01)
    kit.django.gate.set()
    await asyncio.gather(other, *crowd)

    assert "/other" in [scope["path"] for scope in kit.django.asked[:3]]
    assert len(kit.django.asked) == 21


async def test_a_slow_reader_holds_no_turn(kit: Kit) -> None:
    kit.memory = of_all_in_turn(kit)
    stuck = asyncio.Event()

    async def send(_message: Any) -> None:
        await stuck.wait()

    long = b"q=" + b"a" * 2_000
    slow = asyncio.create_task(kit.memory(scope_of("/", query=long, host="a.example"), kit._receive, send))
    await asyncio.sleep(0.01)

    assert (await asyncio.wait_for(kit.get(query=long), 1)).status == 200
    stuck.set()
    await slow


async def test_who_leaves_while_waiting_takes_no_turn(kit: Kit) -> None:
    kit.memory = of_all_in_turn(kit)
    kit.django.gate.clear()
    long = b"q=" + b"a" * 2_000
    waiting = [asyncio.create_task(kit.get(f"/{number}", query=long)) for number in range(4)]
    await asyncio.sleep(0.01)
    waiting[1].cancel()
    waiting[2].cancel()
    await asyncio.sleep(0.01)
    kit.django.gate.set()

    assert [(await waiting[number]).status for number in (0, 3)] == [200, 200]
    assert [scope["path"] for scope in kit.django.asked] == ["/0", "/3"]
    assert (await asyncio.wait_for(kit.get("/again", query=long), 1)).status == 200
