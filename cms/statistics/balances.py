"""Carries opening balances from the CMS database into the event log.

What the log should have is read from the balances and their pages as they are now; what it has is in `SentBalance`. The
difference is sent, so that whoever changes where a balance belongs, and however (a move of its page, of its site's root
page, an update of many rows, another program), also takes the number away from where it was.

Sending twice is harmless, since of two balances of one place the one with the later `at` counts. Hence each is noted as
in doubt before it is sent: after a crash it is sent again, whatever it should be by then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import close_old_connections, transaction
from django.utils import timezone
from wagtail.models import Locale, Site

from cms.statistics.models import OpeningBalance, SentBalance
from pipeline import events
from pipeline.brokers import Producer
from pipeline.brokers.opening import open_broker
from pipeline.events import BalanceKey, Counts
from pipeline.process.repeating import repeating
from pipeline.settings import Settings

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
RECORD_BALANCES = 200
NOTHING = Counts(0, 0)

_wake_errand: list[Callable[[], None]] = []


class Wanted(NamedTuple):
    """What the log should have of a key, and the row that says so, as it was read; whether it is shown as sent."""

    counts: Counts
    row: int
    changed_at: datetime
    stamped: bool


def balances_changed() -> None:
    """Send what differs: in the errand if this process runs one, so that no save waits for the log, else now."""
    if _wake_errand:
        _wake_errand[0]()
    else:
        publish_pending_balances()


@contextmanager
def publishing_in_background() -> Iterator[None]:
    """While the block runs, a thread sends what differs: at once after a change of a balance or a move, and soon after
    any other change."""
    with repeating(_run_errand, "balances") as wake, _waking(wake):
        yield


@contextmanager
def left_pending() -> Iterator[None]:
    """While the block runs, send nothing and do not wait for the log; the next process that serves sends it all."""
    with _waking(lambda: None):
        yield


def publish_pending_balances() -> int:
    """Send what differs and return how many balances that were. Never raises: the others stay pending."""
    sent = 0
    try:
        now = timezone.now()
        wanted = wanted_balances()
        pending = _differences(wanted, now)
        _stamp(wanted.keys() - {event.key for event in pending}, wanted)
        if not pending:
            return 0
        with closing(open_broker(Settings.from_env())) as broker, closing(broker.producer()) as producer:
            for batch in _batches(pending):
                _send(producer, batch)
                _stamp({event.key for event in batch}, wanted)
                sent += len(batch)
    except Exception:
        logger.exception("Opening balances stay pending; they are tried again later")
    return sent


def pending_balances() -> set[BalanceKey]:
    """Of which the log does not have what it should have."""
    return {event.key for event in _differences(wanted_balances(), timezone.now())}


def wanted_balances() -> dict[BalanceKey, Wanted]:
    """What the log should have, by where each page or site is now; a page of no site stays where it was."""
    roots = [(root.root_path, root.site_id) for root in Site.get_site_root_paths()]
    languages = dict(Locale.objects.values_list("pk", "language_code"))
    sites_before = {(key.page_id, key.locale): key.site for key, sent in _sent().items() if _counts(sent) != NOTHING}
    wanted = {}
    for row in OpeningBalance.objects.order_by("changed_at").values(
        "pk",
        "page_id",
        "page__url_path",
        "page__locale_id",
        "site_id",
        "site__root_page__locale_id",
        "views",
        "visits",
        "changed_at",
        "sent_at",
    ):
        page_id = row["page_id"] or 0
        locale = languages[row["page__locale_id" if page_id else "site__root_page__locale_id"]]
        site = _site_of(row["page__url_path"], roots) if page_id else row["site_id"]
        site = site or sites_before.get((page_id, locale))
        if site is not None:
            counts = Counts(row["views"], row["visits"])
            wanted[BalanceKey(site, page_id, locale)] = Wanted(
                counts, row["pk"], row["changed_at"], stamped=row["sent_at"] is not None
            )
    return wanted


def _run_errand() -> float:
    close_old_connections()
    publish_pending_balances()
    close_old_connections()
    return LOOK_SECONDS


@contextmanager
def _waking(wake: Callable[[], None]) -> Iterator[None]:
    _wake_errand[:] = [wake]
    try:
        yield
    finally:
        _wake_errand.clear()


def _site_of(url_path: str, roots: list[tuple[str, int]]) -> int | None:
    """As `Page.get_site`, for many pages: the root paths come with the most specific first."""
    return next((site for root, site in roots if url_path.startswith(root)), None)


def _sent() -> dict[BalanceKey, SentBalance]:
    return {BalanceKey(sent.site_id, sent.page_id, sent.locale): sent for sent in SentBalance.objects.all()}


def _differences(wanted: dict[BalanceKey, Wanted], now: datetime) -> list[events.OpeningBalance]:
    """What the log lacks, withdrawals first.

    `now` is from before the look at what is wanted: of two looks the later one then counts, whichever is sent last.
    """
    sent = _sent()
    should_have = {key: wanted[key].counts if key in wanted else NOTHING for key in sent.keys() | wanted.keys()}
    lacking = [key for key, counts in should_have.items() if counts != (_counts(sent[key]) if key in sent else NOTHING)]
    return [
        events.OpeningBalance(
            at=max(_milliseconds(now), sent[key].at + 1 if key in sent else 0),
            site=key.site,
            page_id=key.page_id,
            locale=key.locale,
            views=should_have[key].views,
            visits=should_have[key].visits,
        )
        for key in sorted(lacking, key=lambda key: (key in wanted, key))
    ]


def _counts(sent: SentBalance) -> Counts | None:
    """None if it is in doubt."""
    return None if sent.views is None or sent.visits is None else Counts(sent.views, sent.visits)


def _batches(pending: list[events.OpeningBalance]) -> Iterator[list[events.OpeningBalance]]:
    remaining = iter(pending)
    while batch := list(islice(remaining, RECORD_BALANCES)):
        yield batch


def _send(producer: Producer, batch: list[events.OpeningBalance]) -> None:
    """One record, so that a number that changes its place is nowhere twice and nowhere missing."""
    note_in_doubt({event.key: event.at for event in batch})
    producer.send(events.EVENTS_TOPIC, events.encode_lines(batch))
    _note_sent(batch)


def _note_sent(batch: list[events.OpeningBalance]) -> None:
    with transaction.atomic():
        for event in batch:
            # Whoever has noted a later one since then knows better.
            noted = SentBalance.objects.filter(
                site_id=event.site, page_id=event.page_id, locale=event.locale, at=event.at
            )
            noted.update(views=event.views, visits=event.visits)


def note_in_doubt(keys: dict[BalanceKey, int]) -> None:
    """Have these balances sent again, later than the times beside them (Unix milliseconds), whatever they should be."""
    SentBalance.objects.bulk_create(
        [
            SentBalance(site_id=key.site, page_id=key.page_id, locale=key.locale, at=at, views=None, visits=None)
            for key, at in keys.items()
        ],
        update_conflicts=True,
        unique_fields=["site_id", "page_id", "locale"],
        update_fields=["at", "views", "visits"],
    )


def _stamp(keys: set[BalanceKey], wanted: dict[BalanceKey, Wanted]) -> None:
    """Show as sent, except for what was edited meanwhile."""
    for balance in (wanted[key] for key in keys & wanted.keys()):
        if not balance.stamped:
            unchanged = OpeningBalance.objects.filter(pk=balance.row, changed_at=balance.changed_at)
            unchanged.update(sent_at=timezone.now())


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
