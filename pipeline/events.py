"""The events in the log: a record holds many of them, one JSON object a line (NDJSON).

Format version 1. A new field with a default keeps the version; any other change needs a new one, and readers read the
old version for as long as the log keeps records of it.
"""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import msgspec

EVENTS_TOPIC = "page-events"
SALTS_TOPIC = "visitor-salts"
SITE_CHANGES_TOPIC = "site-changes"  # what the CMS published and took back, for other programs

PUBLIC = "public"
STAFF = "staff"
PREVIEW = "preview"
BOT = "bot"

# Why an event is suspect: more views of a page, or more new readers, than one network of addresses has. REVIEWED: as
# operations decided afterwards.
RATE = "rate"
READERS = "readers"
REVIEWED = "reviewed"

SEEN_STEP_SECONDS = 10


# Always written, unlike other defaults, so that a reader never takes a newer line for one of this version.
VERSION: int = msgspec.field(default_factory=partial(int, 1))


class PageView(msgspec.Struct, frozen=True, tag_field="kind", tag="view", omit_defaults=True):
    """One display of a page. ``at`` is Unix milliseconds at the collector; ``visitor`` 0 means "not identified".

    ``source``: the host of another site that the reader came from. ``channel``: what kind of place that is, or CAMPAIGN
    (enrich/channels.py). The fields of a campaign are the utm parameters of the page's address. ``language``: the
    reader's first, without its region. ``country``: ISO 3166-1 alpha-2; ``province``: ISO 3166-2 without the country.
    ``bot``: its name; ``bot_kind`` and ``bot_operator``: what it is for and whose, as far as the lists know
    (enrich/bots.py). ``suspect``: why the collector takes it for no reader's (RATE, READERS); its audience is then BOT.
    ``seen_ago``: see Heartbeat.
    """

    at: int
    site: int
    page_id: int
    locale: str
    path: str
    audience: str
    visitor: int
    visit: bool
    source: str = ""
    channel: str = ""
    campaign: str = ""
    campaign_source: str = ""
    campaign_medium: str = ""
    browser: str = ""
    os: str = ""
    device: str = ""
    language: str = ""
    country: str = ""
    province: str = ""
    bot: str = ""
    bot_kind: str = ""
    bot_operator: str = ""
    scripted: bool = False
    suspect: str = ""
    seen_ago: int = 0
    v: int = VERSION


class Heartbeat(msgspec.Struct, frozen=True, tag_field="kind", tag="heartbeat"):
    """A page is still open and visible: its visitor stays online, and nothing is counted.

    ``seen_ago`` of a reader's first event after midnight: how long before it the same reader was here under yesterday's
    number, in steps of SEEN_STEP_SECONDS, rounded up; 0 if that is longer than a reader is online.
    """

    at: int
    site: int
    page_id: int
    audience: str
    visitor: int
    seen_ago: int = 0
    v: int = 1


class _Done(msgspec.Struct, frozen=True, tag_field="kind", omit_defaults=True):
    """What a reader did beside viewing a page; fields as of PageView, so that it can be told apart by the same."""

    at: int
    site: int
    page_id: int
    locale: str
    path: str
    audience: str
    visitor: int
    source: str = ""
    channel: str = ""
    campaign: str = ""
    campaign_source: str = ""
    campaign_medium: str = ""
    browser: str = ""
    os: str = ""
    device: str = ""
    language: str = ""
    country: str = ""
    province: str = ""
    bot: str = ""
    bot_kind: str = ""
    bot_operator: str = ""
    scripted: bool = False
    suspect: str = ""


class Engagement(_Done, frozen=True, tag="engagement"):
    """A reader left a page or its tab: what came to the display since its last event, so that its events add up.

    ``seconds`` that it was visible; ``depth``: by how many percent of the page more was seen than before.
    """

    seconds: int = 0
    depth: int = 0
    v: int = VERSION


class Download(_Done, frozen=True, tag="download"):
    """A reader of a page followed its link to a file: ``target`` is the file's path (enrich/targets.py)."""

    target: str = ""
    v: int = VERSION


class Outbound(_Done, frozen=True, tag="outbound"):
    """A reader of a page followed its link to another site: ``target`` is the host."""

    target: str = ""
    v: int = VERSION


class Search(_Done, frozen=True, tag="search"):
    """A reader searched the site: ``target`` is what for, or empty if that could be a person's data. No page's."""

    target: str = ""
    v: int = VERSION


class NotFound(_Done, frozen=True, tag="not_found"):
    """A reader was told that there is no such page: ``target`` is its path. ``source`` may be the site itself."""

    target: str = ""
    v: int = VERSION


class BalanceKey(NamedTuple):
    """What an opening balance is of; ``page_id`` 0 is the whole site."""

    site: int
    page_id: int
    locale: str


class Counts(msgspec.Struct, frozen=True):
    views: int
    visits: int


class OpeningBalance(msgspec.Struct, frozen=True, tag_field="kind", tag="opening"):
    """Counts that a page (with ``page_id`` 0 the whole site) had before; the latest ``at`` holds."""

    at: int
    site: int
    page_id: int
    locale: str
    views: int
    visits: int = 0
    v: int = 1

    @property
    def key(self) -> BalanceKey:
        return BalanceKey(self.site, self.page_id, self.locale)


ReaderEvent = PageView | Heartbeat | Engagement | Download | Outbound | Search | NotFound
Event = ReaderEvent | OpeningBalance

_encoder = msgspec.json.Encoder()


def encode_lines(events: Iterable[Event]) -> bytes:
    """NDJSON, the value of one record; readable with any Kafka tool, native to ClickHouse's JSONEachRow."""
    return _encoder.encode_lines(events)
