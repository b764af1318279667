"""What of a stored view follows from today's lists: its agent's string is not stored, the names made of it are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.derived import Change, Derivation, find_changes, read_stored
from pipeline.collecting.enrich import bots
from pipeline.collecting.enrich.agents import NO_AGENT, is_known_bot
from pipeline.collecting.enrich.campaigns import OTHER, Campaign
from pipeline.collecting.enrich.channels import INTERNAL, channel_of
from pipeline.events import BOT, PUBLIC

SUCH_AS = 3
NAMELESS = ("", bots.OTHER, NO_AGENT)


def judge_agent(audience: str, browser: str, bot: str, kind: str, operator: str) -> tuple[str, str, str, str]:
    """Audience, bot, kind and operator of a view. A browser that is a bot by its very name counts no more."""
    if not bot and not bots.is_name_of_bot(browser):
        return audience, "", kind, operator
    audience = BOT if audience == PUBLIC and not bot else audience
    return audience, bot or browser, *bots.review(bot or browser, bots.Bot(kind, operator))


def judge_source(channel: str, source: str, campaign: str, campaign_source: str) -> tuple[str]:
    """The channel of a view. It stays where what is stored does not say it: a page of this site, no source at all, a
    campaign that is one of others.
    """
    if channel == INTERNAL or OTHER in (campaign, campaign_source) or not (source or campaign or campaign_source):
        return (channel,)
    return (channel_of(source, internal=False, campaign=Campaign(campaign, campaign_source, "")),)


# Every column that lists decide. Suspect views have no bot, and people decided on those that were looked at.
DERIVATIONS = (
    Derivation(
        columns=("audience", "bot", "bot_kind", "bot_operator"),
        sources=("audience", "browser", "bot", "bot_kind", "bot_operator"),
        today=judge_agent,
        name_of=lambda _audience, browser, bot, _kind, _operator: bot or browser,
        rows="suspect = ''",
    ),
    Derivation(
        columns=("channel",),
        sources=("channel", "source", "campaign", "campaign_source"),
        today=judge_source,
        name_of=lambda _channel, source, campaign, campaign_source: source or campaign or campaign_source,
    ),
)


@dataclass
class Summary:
    """How many views have a value of a column that another takes the place of, and by what the views are known."""

    column: str
    was: str
    becomes: str
    views: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, views: int) -> None:
        self.views += views
        self.names[name] = self.names.get(name, 0) + views

    def such_as(self) -> list[str]:
        return _by_views(self.names)[:SUCH_AS]

    def as_json(self) -> dict[str, object]:
        of = {"column": self.column, "from": self.was, "to": self.becomes, "views": self.views}
        return of | {"names": len(self.names), "such_as": self.such_as()}


@dataclass(frozen=True)
class Review:
    """What differs from today's lists. ``unknown``: by name, views of what was a bot and is in no list today."""

    changes: dict[Derivation, list[Change]]
    summaries: list[Summary]
    unknown: dict[str, int]

    @property
    def views(self) -> int:
        """How many will be changed; a view counts once a derivation."""
        return sum(change.stored.views for changes in self.changes.values() for change in changes)

    @property
    def left_out(self) -> int:
        """How many public views will be a bot's."""
        return sum(one.views for one in self.summaries if (one.column, one.was) == ("audience", PUBLIC))


def review_stored(client: ClickHouse) -> Review:
    """Compare all that is stored with today's lists. Raises Unavailable, Rejected."""
    changes: dict[Derivation, list[Change]] = {}
    bots_stored: dict[str, int] = {}
    for derivation in DERIVATIONS:
        stored = read_stored(client, derivation)
        changes[derivation] = find_changes(derivation, stored)
        if "bot" in derivation.columns:
            place = derivation.sources.index("bot")
            for one in stored:
                bots_stored[one.values[place]] = bots_stored.get(one.values[place], 0) + one.views
    unknown = {name: bots_stored[name] for name in _by_views(bots_stored) if is_no_longer_a_bot(name)}
    summaries = [one for derivation, found in changes.items() for one in _sum_up(derivation, found)]
    return Review(changes, summaries, unknown)


def _sum_up(derivation: Derivation, changes: Iterable[Change]) -> list[Summary]:
    """Largest first within a column."""
    found: dict[tuple[str, str, str], Summary] = {}
    for change in changes:
        name = derivation.name_of(*change.stored.values)
        for differing in _differing(derivation, change):
            found.setdefault(differing, Summary(*differing)).add(name, change.stored.views)
    return sorted(found.values(), key=lambda one: (derivation.columns.index(one.column), -one.views, one.becomes))


def _differing(derivation: Derivation, change: Change) -> Iterator[tuple[str, str, str]]:
    for column, was, becomes in zip(derivation.columns, change.was, change.becomes, strict=True):
        if was != becomes:
            yield column, was, becomes


def _by_views(views: dict[str, int]) -> list[str]:
    return sorted(views, key=lambda name: (-views[name], name))


def is_no_longer_a_bot(name: str) -> bool:
    """Whether today's lists know no bot of a stored name. Its agent may have said more than the name does."""
    return name not in NAMELESS and not is_known_bot(name)
