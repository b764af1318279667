"""The CMS for commands that compare it with what readers see (``pipeline.operating.site``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from django.db import Error, close_old_connections, connection
from django.utils import timezone
from wagtail.models import Page
from wagtail.models import Site as WagtailSite

from cms.core.ids import next_id, skip_ids
from cms.statistics.balances import note_in_doubt, pending_balances, publish_pending_balances, wanted_balances
from cms.statistics.reports import facts
from cms.statistics.reports.tokens.models import ReportToken, make_token, revoke_token
from pipeline.errors import Unavailable
from pipeline.events import BalanceKey, Counts
from pipeline.operating.site import Ids, Token
from pipeline.reports.pages import Pages


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

    def page_facts(self) -> Pages:
        with _asking():
            return facts.page_facts()

    def next_ids(self) -> Ids:
        with _asking():
            return Ids(page=next_id(Page), site=next_id(WagtailSite))

    def skip_ids(self, past: Ids) -> None:
        with _asking():
            skip_ids(Page, past.page)
            skip_ids(WagtailSite, past.site)

    def tokens(self) -> list[Token]:
        with _asking():
            return [_token_of(row) for row in ReportToken.objects.select_related("made_by")]

    def add_token(self, name: str, *, site: int, expires_on: date | None) -> tuple[Token, str] | None:
        with _asking():
            of_site = WagtailSite.objects.filter(pk=site).first() if site else None
            if site and of_site is None:
                return None
            row = ReportToken(name=name, site=of_site, expires_on=expires_on)
            secret = make_token(row)
            return _token_of(row), secret

    def revoke_token(self, number: int) -> Token | None:
        with _asking():
            row = ReportToken.objects.filter(pk=number).first()
            if row is None:
                return None
            revoke_token(row)
            return _token_of(row)

    def close(self) -> None:
        connection.close()


def _token_of(row: ReportToken) -> Token:
    return Token(
        id=row.pk,
        name=row.name,
        hint=row.hint,
        site=row.site_id or 0,
        made_on=timezone.localdate(row.made_at),
        made_by=row.made_by.get_username() if row.made_by else "",
        expires_on=row.expires_on,
        last_used_on=row.last_used_on,
        state=row.state_on(timezone.localdate()).value,
    )


@contextmanager
def _asking() -> Iterator[None]:
    if not connection.in_atomic_block:  # in one, Django would close what the transaction goes on with
        close_old_connections()
    try:
        yield
    except Error as error:
        first_line = str(error).strip().split("\n", 1)[0]
        raise Unavailable(f"the CMS database can't be asked: {first_line}", variable="DATABASE_URL") from error
