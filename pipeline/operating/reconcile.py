"""Compares the CMS with what readers see, and brings the two together.

They are two stores, so one of them may be restored without the other. The CMS is right about opening balances. What has
been counted for a page stays counted, so the CMS must not give the page's id to another: the largest ids that readers'
numbers and the log know are skipped, with a margin for pages that nobody had opened by then.
"""

import time
from collections.abc import Callable

import msgspec

from pipeline.brokers import Broker, Committed
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import StoredBalance, find_largest_ids, list_balances, sum_page_views
from pipeline.clickhouse.rows import rows_of
from pipeline.events import EVENTS_TOPIC, BalanceKey, Counts
from pipeline.operating.site import Ids, Site

MARGIN = 1_000
HIGHEST_ID = 2**31 - 1 - 1_000_000  # beyond this the database has no room to skip any
LOOKS = 3
PAUSE_SECONDS = 0.5
SETTLE_LOOKS = 20
NOTHING = Counts(0, 0)
NO_COMMIT = Committed(0)


class Difference(msgspec.Struct, frozen=True):
    """An opening balance that the CMS and the readers have differently; ``at``: Unix ms of the readers' one."""

    site: int
    page_id: int
    locale: str
    cms: Counts
    readers: Counts
    at: int

    @property
    def key(self) -> BalanceKey:
        return BalanceKey(self.site, self.page_id, self.locale)


class Balances(msgspec.Struct, frozen=True):
    """``waiting``: balances that the CMS has yet to send. ``settled``: whether the consumers have come so far that a
    comparison says anything; if not, nothing is compared."""

    differing: list[Difference]
    waiting: int
    settled: bool


class Reconciliation(msgspec.Struct, frozen=True):
    """``next_ids``: what the CMS would give next; ``known_ids``: the largest that were ever counted or logged.
    ``unknown_pages``: views by id of the pages that the CMS does not have, because they were deleted or lost."""

    balances: Balances
    next_ids: Ids
    known_ids: Ids
    unknown_pages: dict[int, int]

    @property
    def ids_are_free(self) -> bool:
        return are_free(self.next_ids, self.known_ids)

    @property
    def clean(self) -> bool:
        return self.balances.settled and not self.balances.differing and self.ids_are_free


def compare(reader: ClickHouse, broker: Broker, site: Site) -> Reconciliation:
    balances = compare_balances(reader, broker, site)
    views = sum_page_views(reader)
    unknown = site.missing_pages(views.keys())
    return Reconciliation(
        balances=balances,
        next_ids=site.next_ids(),
        known_ids=find_known_ids(reader, broker),
        unknown_pages={page: views[page] for page in sorted(unknown)},
    )


def mend(found: Reconciliation, site: Site) -> None:
    """Send the CMS's balances where readers have others, and skip the ids that are known."""
    mend_ids(found.known_ids, site)
    if found.balances.differing:
        site.send_again({difference.key: difference.at for difference in found.balances.differing})


def keep_ids_apart(reader: ClickHouse, broker: Broker, site: Site) -> Ids | None:
    """Skip the ids that are known if the CMS would give one of them; returns those, None if there was no need."""
    known = find_known_ids(reader, broker)
    return known if mend_ids(known, site) else None


def mend_ids(known: Ids, site: Site) -> bool:
    """Whether there was a need to skip any."""
    if are_free(site.next_ids(), known):
        return False
    _skip(known, site)
    return True


def skip_further(site: Site) -> None:
    """Skip the ids that the CMS may have given after it was copied."""
    _skip(site.next_ids(), site)


def _skip(ids: Ids, site: Site) -> None:
    site.skip_ids(Ids(page=min(ids.page + MARGIN, HIGHEST_ID), site=min(ids.site + MARGIN, HIGHEST_ID)))


def are_free(next_ids: Ids, known: Ids) -> bool:
    return next_ids.page > known.page and next_ids.site > known.site


def find_known_ids(reader: ClickHouse, broker: Broker) -> Ids:
    """The largest ids of pages and sites in readers' numbers, and in what the consumers have yet to read of the log."""
    committed = broker.committed(GROUP, EVENTS_TOPIC)
    ends = broker.end_offsets(EVENTS_TOPIC)
    known = [Ids(*find_largest_ids(reader))]
    for partition, end in ends.items():
        first = committed[partition].offset if partition in committed else 0
        for record in broker.scan(partition, first=first, end=end):
            events = rows_of([record]).events
            if events:
                known.append(Ids(max(events["page_id"]), max(events["site"])))
    return Ids(max(ids.page for ids in known), max(ids.site for ids in known))


def compare_balances(
    reader: ClickHouse, broker: Broker, site: Site, *, pause: Callable[[float], None] = time.sleep
) -> Balances:
    """What differs in each of several looks: a balance may be on its way in one of them."""
    found = _look(reader, broker, site, pause)
    for _ in range(LOOKS - 1):
        if not found.differing:
            break
        pause(PAUSE_SECONDS)
        again = _look(reader, broker, site, pause)
        found = Balances([one for one in again.differing if one in found.differing], again.waiting, again.settled)
    return found


def _look(reader: ClickHouse, broker: Broker, site: Site, pause: Callable[[float], None]) -> Balances:
    wanted, waiting = site.balances()
    if not _settle(broker, pause):
        return Balances([], len(waiting), settled=False)
    stored = {one.key: one for one in list_balances(reader)}
    return Balances(
        [
            Difference(*key, cms=wanted.get(key, NOTHING), readers=readers.counts, at=readers.at)
            for key in sorted(stored.keys() | wanted.keys())
            for readers in [stored.get(key, StoredBalance(key, NOTHING, 0))]
            if key not in waiting and readers.counts != wanted.get(key, NOTHING)
        ],
        len(waiting),
        settled=True,
    )


def _settle(broker: Broker, pause: Callable[[float], None]) -> bool:
    """Whether the consumers have inserted all that the log has now; waits for them a while."""
    ends = broker.end_offsets(EVENTS_TOPIC)
    for _ in range(SETTLE_LOOKS):
        committed = broker.committed(GROUP, EVENTS_TOPIC)
        if all(end == 0 or committed.get(partition, NO_COMMIT).offset >= end for partition, end in ends.items()):
            return True
        pause(PAUSE_SECONDS)
    return False
