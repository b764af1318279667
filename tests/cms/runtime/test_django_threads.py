import asyncio

from cms.runtime.django_threads import SITE_THREADS, STUCK_SECONDS, Pages


async def test_pages_are_stuck_when_every_thread_is_busy_and_none_has_finished_for_long() -> None:
    now = [0.0]
    pages = Pages(lambda *_: [], clock=lambda: now[0])  # type: ignore[arg-type, return-value]
    hang = asyncio.Event()

    async def answer(*_request: object) -> None:
        await hang.wait()

    pages._answer = answer  # type: ignore[assignment]
    tasks = [asyncio.create_task(pages({}, None, None)) for _ in range(SITE_THREADS - 1)]
    await asyncio.sleep(0)
    now[0] += 10 * STUCK_SECONDS
    assert pages.check() is None  # a thread is free

    tasks.append(asyncio.create_task(pages({}, None, None)))
    await asyncio.sleep(0)
    assert pages.check() is None  # it has only just been taken
    now[0] += 1 + STUCK_SECONDS
    assert pages.check() == "8 pages under way, none answered for 121 s"

    hang.set()
    await asyncio.gather(*tasks)
    assert pages.check() is None
