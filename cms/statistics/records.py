"""The CMS for commands that compare it with what readers see (``pipeline.operating.site``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from django.db import Error, close_old_connections, connection
from wagtail.models import Page
from wagtail.models import Site as WagtailSite

from cms.core.ids import next_id, skip_ids
from cms.statistics.balances import note_in_doubt, pending_balances, publish_pending_balances, wanted_balances
from pipeline.errors import Unavailable
from pipeline.events import BalanceKey, Counts
from pipeline.operating.site import Ids


class CmsRecords:
    """The CMS database that Django is set up for."""

    def balances(self) -> tuple[Mapping[BalanceKey, Counts], Collection[BalanceKey]]:
        with _asking():
            waiting = pending_balances()
            return {key: wanted.counts for key, wanted in wanted_balances().items()}, waiting

    def send_again(self, balances: Mapping[BalanceKey, int]) -> None:
        with _asking():
            note_in_doubt(dict(balances))
            publish_pending_balances()

    def missing_pages(self, pages: Collection[int]) -> set[int]:
        with _asking():
            return set(pages) - set(Page.objects.values_list("pk", flat=True))

    def next_ids(self) -> Ids:
        with _asking():
            return Ids(page=next_id(Page), site=next_id(WagtailSite))

    def skip_ids(self, past: Ids) -> None:
        with _asking():
            skip_ids(Page, past.page)
            skip_ids(WagtailSite, past.site)

    def close(self) -> None:
        connection.close()


@contextmanager
def _asking() -> Iterator[None]:
    if not connection.in_atomic_block:  # in one, Django would close what the transaction goes on with
        close_old_connections()
    try:
        yield
    except Error as error:
        first_line = str(error).strip().split("\n", 1)[0]
        raise Unavailable(f"the CMS database can't be asked: {first_line}", variable="DATABASE_URL") from error
