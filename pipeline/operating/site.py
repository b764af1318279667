"""The CMS as commands see it, which compare it with what readers see; ``cms.statistics.records`` is the real one.

Whoever puts the CMS and the pipeline together gives commands a way to it: ``cms.nhip``, ``cms.__main__``.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import msgspec

from pipeline.events import BalanceKey, Counts
from pipeline.settings import Settings


class Ids(msgspec.Struct, frozen=True):
    """Of a page and of a site."""

    page: int
    site: int


class Site(Protocol):
    """Used by one thread. Every method raises Unavailable while the CMS database can't be asked."""

    def balances(self) -> tuple[Mapping[BalanceKey, Counts], Collection[BalanceKey]]:
        """The opening balances of the CMS; and the keys of which the log does not have that yet."""

    def send_again(self, balances: Mapping[BalanceKey, int]) -> None:
        """Send what these keys should have, later than the times beside them (Unix milliseconds)."""

    def missing_pages(self, pages: Collection[int]) -> set[int]:
        """Those that the CMS does not have."""

    def next_ids(self) -> Ids:
        """What the next page and the next site get."""

    def skip_ids(self, past: Ids) -> None:
        """Give no page and no site an id up to these, now or later."""

    def close(self) -> None: ...


OpenSite = Callable[[Settings], Site | None]
"""None if the environment names no CMS database, and none is in the data directory."""


def without_site(_settings: Settings) -> None:
    """Commands that were started without the CMS."""
