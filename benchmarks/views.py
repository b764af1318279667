"""Views as a portal gets them: few pages get most of them, a visitor reads two or three, one view in ten is a bot's."""

import random
from collections.abc import Iterator

from pipeline.events import PageView, encode_lines

RECORD = 100
PAGES = 500
ARRIVALS = (  # channel and source
    ("direct", ""),
    ("internal", ""),
    ("search", "google.com"),
    ("social", "facebook.com"),
    ("messaging", "zalo.me"),
)


def make_records(events: int, *, at: int) -> Iterator[bytes]:
    """Records of RECORD views each, a millisecond apart, from Unix milliseconds ``at`` on; the same at each call."""
    chance = random.Random(1)
    visitor = chance.getrandbits(64)
    for first in range(0, events, RECORD):
        views = []
        for row in range(RECORD):
            visit = chance.random() < 0.4
            visitor = chance.getrandbits(64) if visit else visitor
            views.append(_view(at + first + row, visitor, chance, visit=visit))
        yield encode_lines(views)


def make_lines(events: int, *, at: int) -> Iterator[bytes]:
    """The same views, one a line, for pipelines that put one event into a message."""
    for record in make_records(events, at=at):
        yield from record.splitlines()


def _view(at: int, visitor: int, chance: random.Random, *, visit: bool) -> PageView:
    page = int(chance.paretovariate(1.1)) % PAGES
    channel, source = chance.choice(ARRIVALS)
    return PageView(
        at=at,
        site=1,
        page_id=page,
        locale="vi",
        path=f"/tin-tuc/bai-viet-so-{page}/",
        audience="public" if chance.random() < 0.9 else "bot",
        visitor=visitor,
        visit=visit,
        channel=channel,
        source=source,
        browser=chance.choice(("Chrome", "Safari", "Edge", "Coc Coc")),
        os=chance.choice(("Windows", "Android", "iOS")),
        device=chance.choice(("desktop", "phone")),
        language="vi",
        country="VN",
        scripted=True,
    )
