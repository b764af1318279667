"""The CMS as commands see it, which compare it with what readers see or keep its tokens; ``cms.statistics.records`` is
the real one.

Whoever puts the CMS and the pipeline together gives commands a way to it: ``cms.nhip``, ``cms.__main__``.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Protocol

import msgspec

from pipeline.events import BalanceKey, Counts
from pipeline.reports.pages import Pages
from pipeline.settings import Settings


class Ids(msgspec.Struct, frozen=True):
    """Of a page and of a site."""

    page: int
    site: int


class Token(msgspec.Struct, frozen=True):
    """Of the reports' API. ``hint`` is how its secret begins; ``site`` 0 is every site; days are of Asia/Ho_Chi_Minh.
    ``made_by`` is empty if ``nhip`` made it; ``state`` is good, expired or revoked.
    """

    id: int
    name: str
    hint: str
    site: int
    made_on: date
    made_by: str
    expires_on: date | None
    last_used_on: date | None
    state: str


class Site(Protocol):
    """Used by one thread. Every method raises Unavailable while the CMS database can't be asked."""

    def balances(self) -> tuple[Mapping[BalanceKey, Counts], Collection[BalanceKey]]:
        """The opening balances of the CMS; and the keys of which the log does not have that yet."""

    def send_again(self, balances: Mapping[BalanceKey, int]) -> None:
        """Send what these keys should have, later than the times beside them (Unix milliseconds)."""

    def missing_pages(self, pages: Collection[int]) -> set[int]:
        """Those that the CMS does not have."""

    def page_facts(self) -> Pages:
        """What reports tell pages apart by, of every page that there is, and of deleted ones what is still known."""

    def next_ids(self) -> Ids:
        """What the next page and the next site get."""

    def skip_ids(self, past: Ids) -> None:
        """Give no page and no site an id up to these, now or later."""

    def tokens(self) -> list[Token]:
        """Those of the reports' API, the newest first; revoked ones too."""

    def add_token(self, name: str, *, site: int, expires_on: date | None) -> tuple[Token, str] | None:
        """A new one, and its secret, which nobody can know afterwards; None if there is no such site."""

    def revoke_token(self, number: int) -> Token | None:
        """The token, from now on good for nothing; None if there is none of that id."""

    def close(self) -> None: ...


OpenSite = Callable[[Settings], Site | None]
"""None if the environment names no CMS database, and none is in the data directory."""


def without_site(_settings: Settings) -> None:
    """Commands that were started without the CMS."""
