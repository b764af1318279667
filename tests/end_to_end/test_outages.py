"""The distributed product while one of its servers is away: views are acknowledged, pages served, nothing is lost."""

from __future__ import annotations

from part import START_SECONDS
from patience import wait_until
from stack import Stack, metric_of

PAGE = 4_242
PATH = f"/_nhip/pages.json?ids={PAGE}"
NEVER_ASKED_FOR = "/?lan-dau=1"


def views(stack: Stack) -> int:
    """The page's views as one of the collectors last read them: some seconds ago if it had no request for a while."""
    return int(stack.get(PATH)["pages"][str(PAGE)])


def send(stack: Stack, count: int) -> None:
    for _ in range(count):
        assert stack.view(PAGE, "/trang/") == 202


def wait_for_views(stack: Stack, count: int) -> None:
    wait_until(lambda: views(stack) == count, seconds=START_SECONDS)


def spooled(stack: Stack) -> float:
    return sum(metric_of(collector, "nhip_collector_spooled_records") for collector in stack.collectors)


def test_nothing_is_lost_while_a_server_is_away(stack: Stack) -> None:
    # The CMS's database: counting goes on, and so do the pages that are at hand.
    assert stack.status("/") == 200
    stack.postgres.stop()
    send(stack, 3)
    wait_for_views(stack, 3)
    assert stack.status("/") == 200
    assert stack.status(NEVER_ASKED_FOR) == 503
    stack.postgres.start()
    wait_until(lambda: stack.status(NEVER_ASKED_FOR) == 200, seconds=START_SECONDS)

    # ClickHouse: the lag grows, and nothing else.
    stack.clickhouse.stop()
    send(stack, 3)
    assert stack.status("/") == 200
    assert views(stack) <= 3, "the last numbers stay"
    assert stack.command("status").returncode == 1
    assert spooled(stack) == 0
    stack.clickhouse.start()
    wait_for_views(stack, 6)

    # Kafka: views wait in the spool.
    stack.kafka.kill()
    send(stack, 6)
    assert stack.status("/") == 200
    assert spooled(stack) > 0
    told = stack.command("status")
    assert told.returncode == 1
    assert "không trả lời" in told.stdout
    stack.kafka.start()
    wait_for_views(stack, 12)
    wait_until(lambda: spooled(stack) == 0, seconds=START_SECONDS)
