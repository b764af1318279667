from __future__ import annotations

from typing import NamedTuple

from wagtail.models import Locale


class Described(NamedTuple):
    """What the page's frame asks of a page that is none of Wagtail's.

    ``path``: its address; ``translations``: those of the same page by their languages, its own included.
    """

    title: str
    locale: Locale
    path: str = ""
    lead: str = ""
    translations: tuple[tuple[str, str], ...] = ()
