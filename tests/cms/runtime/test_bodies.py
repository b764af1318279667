from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgi import Answer, Client, scope_of

from cms.runtime import bodies
from cms.runtime.bodies import FORM_BYTES, UPLOAD_BYTES, Bodies, Refused, refuse


async def anybody(_scope: object) -> bool:
    return True


async def nobody(_scope: object) -> bool:
    return False


def post(path: str = "/admin/images/add/", **headers: str) -> dict[str, Any]:
    return scope_of(path, method="POST", **headers)


async def receive_whole(kept: Bodies, scope: dict[str, Any], client: Client) -> tuple[bytes | None, Answer]:
    """What came and what was answered; None where the body was refused or its sender left."""
    try:
        async with kept.whole(scope, client.receive) as body:
            return (body and body.file.read()), client.answer
    except Refused as refusal:
        await refuse(refusal, client.receive, client.send)
        return None, client.answer


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.01)


@pytest.mark.parametrize(
    "announced", [pytest.param(True, id="with its length"), pytest.param(False, id="in chunks of unknown number")]
)
@pytest.mark.parametrize(
    "size", [pytest.param(100, id="small"), pytest.param(FORM_BYTES, id="a form"), pytest.param(3_000_000, id="a file")]
)
async def test_a_body_is_there_whole_and_at_its_beginning(announced: bool, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    chunks = [content[at : at + 50_000] for at in range(0, size, 50_000)]
    scope = post(Content_Length=str(size)) if announced else post(Transfer_Encoding="chunked")

    came, _ = await receive_whole(Bodies(anybody), scope, Client(chunks))

    assert came == content


async def test_a_request_without_a_body_waits_for_nothing() -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing is to come")

    async with Bodies(nobody).whole(scope_of("/"), receive) as body:
        assert body is not None
        assert (body.file.read(), body.size) == (b"", 0)


TOO_MUCH = [
    pytest.param(nobody, "/admin/login/", FORM_BYTES + 1, id="of nobody who is signed in"),
    pytest.param(anybody, "/tin-tuc/", FORM_BYTES + 1, id="to a page"),
    pytest.param(anybody, "/admin/images/add/", UPLOAD_BYTES + 1, id="of staff"),
]


@pytest.mark.parametrize(("may_upload", "path", "size"), TOO_MUCH)
async def test_a_body_too_large_is_refused_before_a_byte_of_it_is_read(may_upload: Any, path: str, size: int) -> None:
    client = Client([b"x" * 1000] * 3)
    kept = Bodies(may_upload)

    with pytest.raises(Refused) as refused:
        async with kept.whole(post(path, Content_Length=str(size)), client.receive):
            pass

    assert (refused.value.status, client.read) == (413, 0)


async def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_large(quick: None) -> None:
    client = Client([b"x" * 10_000] * 100)

    came, answer = await receive_whole(Bodies(nobody), post(Transfer_Encoding="chunked"), client)

    assert (came, answer.status) == (None, 413)
    assert answer.headers["connection"] == "close"
    assert answer.complete


SLOW = [
    pytest.param([b"x"] * 9, 1.0, id="that stops"),
    pytest.param([b"x"] * 1000, 0.05, id="of a byte now and then"),
    pytest.param([b"x" * 30_000] + [b"x"] * 30, 0.3, id="that stops after a good start"),
]


@pytest.mark.parametrize(("chunks", "pause"), SLOW)
async def test_a_body_that_comes_too_slowly_is_refused(quick: None, chunks: list[bytes], pause: float) -> None:
    client = Client(chunks, pause=pause)

    came, answer = await receive_whole(Bodies(anybody), post(Content_Length="60000"), client)

    assert (came, answer.status, answer.headers["connection"]) == (None, 408, "close")
    assert client.read < 60_000


async def test_a_sender_that_leaves_is_no_error() -> None:
    came, answer = await receive_whole(Bodies(anybody), post(Content_Length="10"), Client([b"x"], leaves=True))

    assert (came, answer.status) == (None, 0)


async def test_those_that_have_been_coming_for_longest_make_room_for_a_newcomer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "FORMS_BYTES", 100_000)
    kept = Bodies(nobody)
    never = asyncio.Event()

    def holding(size: int) -> Any:
        chunks = iter([{"type": "http.request", "body": b"x" * size, "more_body": True}])

        async def receive() -> dict[str, Any]:
            for chunk in chunks:
                return chunk
            await never.wait()
            raise AssertionError

        return receive

    async def hold(size: int) -> str:
        try:
            async with kept.whole(post(Content_Length="60000"), holding(size)):
                return "whole"
        except Refused as refusal:
            return str(refusal.status)

    slow = []
    for size in (40_000, 40_000, 10):
        slow.append(asyncio.create_task(hold(size)))
        await asyncio.sleep(0)
    came, _ = await receive_whole(kept, post(Content_Length="50000"), Client([b"y" * 50_000]))

    assert came == b"y" * 50_000
    assert await slow[0] == "408"
    assert not slow[1].done()
    assert not slow[2].done()
    for task in slow[1:]:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_bodies_that_wait_for_a_thread_are_not_given_up_for_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "FORMS_BYTES", 100_000)
    kept = Bodies(nobody)
    first = Client([b"x" * 60_000])

    async with kept.whole(post(Content_Length="60000"), first.receive) as whole:
        with pytest.raises(Refused) as refused:
            async with kept.whole(post(Content_Length="60000"), Client([b"y" * 60_000]).receive):
                pass
        assert whole is not None
        assert whole.file.read() == b"x" * 60_000
    came, _ = await receive_whole(kept, post(Content_Length="60000"), Client([b"y" * 60_000]))

    assert refused.value.status == 503
    assert came == b"y" * 60_000


async def test_uploads_never_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "UPLOADS_BYTES", 1_000_000)
    kept = Bodies(anybody)
    upload = [b"x" * 100_000] * 6

    async with kept.whole(post(Content_Length="600000"), Client(upload).receive):
        second, answer = await receive_whole(kept, post(Content_Length="600000"), Client(upload))
    third, _ = await receive_whole(kept, post(Content_Length="600000"), Client(upload))

    assert (second, answer.status, answer.headers["retry-after"]) == (None, 503, "30")
    assert third == b"".join(upload)
