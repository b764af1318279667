"""A year of a portal's traffic, always the same: events as rows, for tables and for plain Python (``truth.py``) alike.

What a portal has in a year is in it: a season and a weekday, a day on which one article is everywhere, pages that come,
move and go, readers with DNT, staff, previews, bots with names, a wave of suspects, two collectors whose clocks are
wrong, what readers do beside viewing, heartbeats, opening balances. Sizes are a matter of ``views`` alone: a few
thousand for tests, a million for benchmarks, which the engine multiplies.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from itertools import accumulate
from typing import Any

from event_rows import EMPTY_ROW

from pipeline.clickhouse.columns import EVENT_COLUMNS, Columns

Row = dict[str, Any]

HANOI = timezone(timedelta(hours=7))
FIRST = date(2025, 11, 1)
DAYS = 365
PAGES = 500
SITE, SMALL_SITE = 1, 2
RECORD = 40  # rows of a record of the log
PARTITIONS = 3
SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000

# By month, how much is read: little around Tết, most in autumn.
SEASON = (0.9, 0.5, 1.0, 1.1, 1.1, 0.9, 0.8, 0.9, 1.3, 1.4, 1.2, 1.0)
WEEKDAYS = (1.2, 1.2, 1.15, 1.1, 1.0, 0.5, 0.45)
HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 14, 15, 13, 9, 6, 10, 13, 12, 10, 7, 6, 7, 8, 7, 4, 2)

# Channel, source, campaign and its source and medium; how often.
ARRIVALS = {
    ("direct", "", "", "", ""): 30,
    ("search", "google.com", "", "", ""): 34,
    ("search", "coccoc.com", "", "", ""): 8,
    ("social", "facebook.com", "", "", ""): 12,
    ("messaging", "zalo.me", "", "", ""): 7,
    ("news", "vnexpress.net", "", "", ""): 3,
    ("government", "chinhphu.vn", "", "", ""): 2,
    ("ai", "chatgpt.com", "", "", ""): 1,
    ("campaign", "zalo.me", "tuyen-duong-2026", "zalo", "tin-nhan"): 2,
    ("campaign", "", "ban-tin", "email", "thu"): 1,
}
SPIKE = ("social", "facebook.com", "", "", "")
BROWSERS = {
    ("phone", "Android", "Chrome"): 36,
    ("phone", "iOS", "Safari"): 22,
    ("desktop", "Windows", "Chrome"): 22,
    ("desktop", "Windows", "Edge"): 9,
    ("desktop", "Windows", "Coc Coc"): 7,
    ("tablet", "iOS", "Safari"): 2,
    ("desktop", "macOS", "Firefox"): 2,
}
PLACES = {
    ("VN", "HN", "vi"): 40,
    ("VN", "SG", "vi"): 25,
    ("VN", "", "vi"): 20,
    ("VN", "HN", "en"): 4,
    ("US", "", "en"): 5,
    ("KR", "", "ko"): 3,
    ("", "", ""): 3,
}
BOTS = {
    ("Googlebot", "search", "Google"): 45,
    ("bingbot", "search", "Microsoft"): 20,
    ("coccocbot-web", "search", "Cốc Cốc"): 10,
    ("GPTBot", "ai", "OpenAI"): 12,
    ("UptimeRobot", "monitoring", "UptimeRobot"): 8,
    ("python-requests", "library", ""): 5,
}
SEARCHES = ("thi đua", "khen thưởng", "tuyển dụng", "thủ tục hành chính", "lịch tiếp dân", "đăng ký nhãn hiệu")
HOSTS = ("chinhphu.vn", "moit.gov.vn", "youtube.com")


@dataclass(frozen=True)
class Page:
    """``born``, ``moved`` and ``gone`` are days of the year; a page that stays where it is has none of the latter."""

    number: int
    locale: str
    born: int
    moved: int | None
    gone: int | None

    def path(self, day: int) -> str:
        folder = "tin-tuc" if self.moved is None or day < self.moved else "chuyen-muc/thi-dua"
        return f"/{folder}/bai-viet-so-{self.number}/"

    def lives(self, day: int) -> bool:
        return self.born <= day and (self.gone is None or day < self.gone)


@dataclass
class Year:
    """``views`` of people and bots together, about; every call of ``rows`` gives the same rows."""

    views: int
    seed: int = 1
    pages: list[Page] = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.pages = [_page(number, chance) for number in range(1, PAGES + 1)]

    def rows(self) -> Iterator[Row]:
        """In the order of the log, with their places in it."""
        for number, row in enumerate(self._events()):
            record = number // RECORD
            place = {"partition": record % PARTITIONS, "offset": record // PARTITIONS, "row": number % RECORD}
            yield EMPTY_ROW | row | place

    def batches(self, rows: int = 50_000) -> Iterator[Columns]:
        """The same as columns, each of one partition, a partition's in the order of the log."""
        waiting: dict[int, list[Row]] = {partition: [] for partition in range(PARTITIONS)}
        for row in self.rows():
            batch = waiting[row["partition"]]
            if len(batch) >= rows and row["row"] == 0:
                yield columns_of(batch)
                batch.clear()
            batch.append(row)
        yield from (columns_of(batch) for batch in waiting.values() if batch)

    def _events(self) -> Iterator[Row]:
        yield from _opening_balances()
        weights = [_weight(day) for day in range(DAYS)]
        for day, weight in enumerate(weights):
            views = round(self.views * weight / sum(weights))
            yield from _Day(self, day, random.Random(f"{self.seed}/{day}")).events(views)


def columns_of(rows: Sequence[Row]) -> Columns:
    return {name: [row[name] for row in rows] for name in EVENT_COLUMNS}


def spike_day() -> int:
    """The day of the year on which one page has most of the views."""
    return 200


def spike_page() -> int:
    return 77


def _page(number: int, chance: random.Random) -> Page:
    born = 0 if number <= PAGES // 4 else chance.randrange(DAYS - 5)
    fate = 1.0 if number == spike_page() else chance.random()
    return Page(
        number,
        "en" if number % 10 == 0 else "vi",
        min(born, spike_day()) if number == spike_page() else born,
        moved=min(DAYS - 1, born + chance.randrange(5, 120)) if fate < 0.06 else None,
        gone=min(DAYS - 1, born + chance.randrange(5, 200)) if 0.06 <= fate < 0.12 else None,
    )


def _opening_balances() -> Iterator[Row]:
    at = _midnight(0) - DAY
    yield {"at": at, "site": SITE, "kind": "opening", "page_id": 0, "opening_views": 900_000, "opening_visits": 400_000}
    for number in range(1, 40):
        yield {
            **{"at": at, "site": SITE, "kind": "opening", "page_id": number, "locale": "vi"},
            "opening_views": 10 * number,
        }


def _midnight(day: int) -> int:
    return int(datetime.combine(FIRST + timedelta(days=day), time(), HANOI).timestamp() * SECOND)


def _weight(day: int) -> float:
    when = FIRST + timedelta(days=day)
    return SEASON[when.month - 1] * WEEKDAYS[when.weekday()] * (6.0 if day == spike_day() else 1.0)


class _Chosen:
    """Draws keys of a table by their weights."""

    def __init__(self, weights: Mapping[Any, float]) -> None:
        self._keys = list(weights)
        self._until = list(accumulate(weights.values()))

    def draw(self, chance: random.Random) -> Any:
        return chance.choices(self._keys, cum_weights=self._until)[0]


_ARRIVALS, _BROWSERS, _PLACES, _BOTS = _Chosen(ARRIVALS), _Chosen(BROWSERS), _Chosen(PLACES), _Chosen(BOTS)
_HOURS = _Chosen(dict(enumerate(HOURS)))


class _Day:
    """One day's events, in the order in which collectors take them."""

    def __init__(self, year: Year, day: int, chance: random.Random) -> None:
        self._chance = chance
        self._day = day
        self._living = [page for page in year.pages if page.lives(day)]
        self._gone = [page for page in year.pages if page.gone is not None and page.gone <= day]
        # The newest are read most; a reader of the spike comes for its page.
        self._living.sort(key=lambda page: -page.born)
        self._until = list(accumulate(1 / (place + 3) ** 0.8 for place in range(len(self._living))))

    def events(self, views: int) -> list[Row]:
        found: list[tuple[int, Row]] = []
        left = views
        while left > 0:
            some = self._someone()
            left -= sum(row["kind"] == "view" for row in some)
            found += [(row["at"], row) for row in some]
        found.sort(key=lambda pair: pair[0])
        return [self._by_the_collectors_clock(row) for _, row in found]

    def _someone(self) -> list[Row]:
        who = self._chance.random()
        if who < 0.12:
            return self._bot()
        if who < 0.13 and self._day % 50 == 10:
            return self._wave()
        return self._reader()

    def _at(self) -> int:
        hour: int = _HOURS.draw(self._chance)
        return _midnight(self._day) + hour * HOUR + self._chance.randrange(HOUR)

    def _page(self) -> Page:
        if self._day == spike_day() and self._chance.random() < 0.8:
            return next(page for page in self._living if page.number == spike_page())
        return self._chance.choices(self._living, cum_weights=self._until)[0]

    def _of(self, page: Page, kind: str, at: int) -> Row:
        return {
            **{"at": at, "site": SMALL_SITE if page.number % 25 == 1 else SITE, "kind": kind},
            **{"page_id": page.number, "locale": page.locale, "path": page.path(self._day), "audience": "public"},
        }

    def _bot(self) -> list[Row]:
        bot, kind, operator = _BOTS.draw(self._chance)
        named = {"audience": "bot", "bot": bot, "bot_kind": kind, "bot_operator": operator, "channel": "direct"}
        at, visitor = self._at(), self._chance.getrandbits(64)
        return [
            self._of(self._page(), "view", at + number * 7 * SECOND)
            | named
            | {"visitor": visitor, "visit": number == 0}
            for number in range(self._chance.randrange(1, 4))
        ]

    def _wave(self) -> list[Row]:
        """One network that has a page displayed again and again."""
        page, at, visitor = self._page(), self._at(), self._chance.getrandbits(64)
        found = {"audience": "bot", "suspect": self._chance.choice(("rate", "readers")), "visitor": visitor}
        return [self._of(page, "view", at + number * 200) | found | {"visit": True} for number in range(8)]

    def _reader(self) -> list[Row]:
        chance = self._chance
        device, system, browser = _BROWSERS.draw(chance)
        country, province, language = _PLACES.draw(chance)
        channel, source, campaign, campaign_source, medium = (
            SPIKE if self._day == spike_day() and chance.random() < 0.7 else _ARRIVALS.draw(chance)
        )
        audience = chance.choices(("public", "staff", "preview"), cum_weights=(960, 995, 1_000))[0]
        known = {
            **{"audience": audience, "visitor": 0 if chance.random() < 0.03 else chance.getrandbits(64)},
            **{"device": device, "os": system, "browser": browser, "scripted": chance.random() < 0.97},
            **{"country": country, "province": province, "language": language},
        }
        came = {
            **{"channel": channel, "source": source, "campaign": campaign},
            **{"campaign_source": campaign_source, "campaign_medium": medium},
        }
        at, rows = self._at(), []
        for number in range(min(6, int(chance.paretovariate(1.6)))):
            arrival = came if number == 0 else {"channel": "internal"}
            page = self._page()
            view = self._of(page, "view", at) | known | arrival
            rows.append(view | {"visit": number == 0})
            rows += self._acts(view)
            at += chance.randrange(10, 300) * SECOND
        rows += self._answers(known, at)
        return rows

    def _acts(self, view: Row) -> Iterator[Row]:
        """What a reader does on a page that it views: its script tells, so that one without it does nothing."""
        chance = self._chance
        if not view["scripted"]:
            return
        if chance.random() < 0.6:
            depth = chance.randrange(5, 101)
            for share in (1.0,) if chance.random() < 0.8 else (0.7, 0.3):
                seconds = min(1_800, int(share * math.exp(chance.gauss(3.2, 1.1))))
                yield view | {
                    **{"kind": "engagement", "at": view["at"] + 30 * SECOND, "seconds": seconds},
                    "depth": int(depth * share),
                }
        if chance.random() < 0.15 and view["visitor"]:
            only = ("at", "site", "page_id", "audience", "visitor")
            yield {name: view[name] for name in only} | {"kind": "heartbeat", "at": view["at"] + 120 * SECOND}
        if chance.random() < 0.03:
            target = f"/documents/{view['page_id'] % 20}/quyet-dinh.pdf"
            yield view | {"kind": "download", "at": view["at"] + 20 * SECOND, "target": target}
        if chance.random() < 0.02:
            yield view | {"kind": "outbound", "at": view["at"] + 25 * SECOND, "target": chance.choice(HOSTS)}

    def _answers(self, known: Row, at: int) -> Iterator[Row]:
        chance = self._chance
        nowhere = {**known, "site": SITE, "page_id": 0, "locale": "vi", "at": at}
        if chance.random() < 0.02:
            words = chance.choice(SEARCHES) if chance.random() < 0.9 else f"văn bản {chance.randrange(90)}"
            yield nowhere | {"kind": "search", "path": "/tim-kiem/", "target": words, "channel": "internal"}
        if self._gone and chance.random() < 0.03:
            page = chance.choice(self._gone)
            source = chance.choice(("google.com", "facebook.com", "so-cong-thuong.example"))
            yield nowhere | {"kind": "not_found", "target": page.path(self._day), "source": source, "channel": "search"}

    def _by_the_collectors_clock(self, row: Row) -> Row:
        """One collector is two hours ahead for a week, another one is years behind for some days."""
        if 100 <= self._day < 107 and self._chance.random() < 0.5:
            return row | {"at": row["at"] + 2 * HOUR}
        if 150 <= self._day < 154 and self._chance.random() < 0.3:
            return row | {"at": row["at"] - 2 * 365 * DAY}
        return row
