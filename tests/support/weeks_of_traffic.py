"""Events of every kind over three weeks and a half of an imagined site, and what its CMS knows of the pages."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from event_rows import EMPTY_ROW
from truth import OF_PAGES

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.writer import write_events
from pipeline.reports.pages import PageFacts

MIDNIGHT = 1_792_429_200_000  # 2026-10-20 00:00 in Hà Nội, a Tuesday
HOUR = 3_600_000
DAYS = 25
FIRST, LAST = date(2026, 10, 20), date(2026, 11, 13)
ARRIVALS = [
    ("direct", "", "", "", ""),
    ("search", "google.com", "", "", ""),
    ("search", "coccoc.com", "", "", ""),
    ("messaging", "zalo.me", "", "", ""),
    ("campaign", "", "ban-tin", "zalo", "tháng 10"),
    ("internal", "", "", "", ""),
]
DEVICES = [("phone", "Android", "Chrome Mobile"), ("phone", "iOS", "Mobile Safari"), ("desktop", "Windows", "Edge")]
PLACES = [("VN", "HN", "vi"), ("VN", "", "vi"), ("US", "", "en"), ("", "", "")]
AUDIENCES = ["public"] * 7 + ["bot", "staff", "preview"]


QUERIES = ["giấy phép", "giấy phép", "giấy phép", "hóa đơn", "hóa đơn", "nguyễn văn a", "lương", ""]
TARGETS = {
    "download": ["/documents/1/Mẫu.pdf", "/media/a.zip"],
    "outbound": ["chinhphu.vn", "zalo.me"],
    "search": QUERIES,
    "not_found": ["/cu/", "/wp-login.php"],
}
KINDS = [*["view"] * 12, *["engagement"] * 5, "heartbeat", "download", "outbound", *["search"] * 2, "not_found"]
PAGES = {
    1: PageFacts("Một", "Lan", "Công nghiệp", "Tin tức", "Bài viết"),
    2: PageFacts("Hai", "Lan", "Thương mại", "Tin tức", "Bài viết"),
    3: PageFacts("Ba", "Ánh", "Thương mại", "Tin tức", "Bài viết"),
    4: PageFacts("Bốn", "", "", "Thi đua", "Trang"),
    5: PageFacts("Năm", deleted=True),
    9: PageFacts("Chín", "Chưa ai đọc", "", "", "Bài viết"),
}
KNOWN = {page: {name: getattr(facts, name) for name in OF_PAGES} for page, facts in PAGES.items()}


def make_events(seed: int = 13, count: int = 1_500) -> list[dict[str, Any]]:
    """Events of three weeks and a half, many of them in the first and the last second of a day."""
    choose = random.Random(seed)
    return [_make_event(choose, number) for number in range(count)]


def _make_event(choose: random.Random, number: int) -> dict[str, Any]:
    kind = choose.choice(KINDS)
    channel, source, campaign_source, campaign_medium, campaign = choose.choice(ARRIVALS)
    device, os, browser = choose.choice(DEVICES)
    country, province, language = choose.choice(PLACES)
    audience = choose.choice(AUDIENCES)
    page, site = choose.randrange(1, 7), choose.choice([1, 1, 2])
    if kind in ("search", "not_found"):
        page = 0
    within = choose.choice([0, 24 * HOUR - 1, 23 * HOUR, choose.randrange(24 * HOUR)])
    is_bot = audience == "bot"
    engaged = kind == "engagement"
    return EMPTY_ROW | {
        "at": MIDNIGHT + choose.randrange(DAYS) * 24 * HOUR + within,
        "kind": kind,
        "site": site,
        "page_id": page,
        "locale": choose.choice(["vi", "vi", "en"]),
        "path": f"/Trang-{page}/" if page else "",
        "audience": audience,
        "visitor": choose.choice([0, *range(1, 15)]),
        "visit": kind == "view" and channel != "internal",
        "channel": channel,
        "source": source,
        "campaign_source": campaign_source,
        "campaign_medium": campaign_medium,
        "campaign": campaign,
        "device": device,
        "os": os,
        "browser": browser,
        "country": country,
        "province": province,
        "language": language,
        "bot": choose.choice(["Googlebot", "coccocbot"]) if is_bot else "",
        "bot_kind": "search" if is_bot else "",
        "suspect": choose.choice(["", "rate"]) if is_bot else "",
        "seconds": choose.choice([0, 3, 9, 10, 400, 1800]) if engaged else 0,
        "depth": choose.randrange(101) if engaged else 0,
        "target": choose.choice(TARGETS.get(kind, [""])),
        "offset": number,
    }


EVENTS = make_events()


def store(client: ClickHouse, rows: list[dict[str, Any]], *, token: str) -> None:
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token=token)
