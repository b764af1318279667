"""What a reader asks for: `?q=thi+đua&loai=newspage&chuyen-muc=cong-nghiep&tu=2026-01-01&den=2026-12-31&page=2`.

A reader may type anything. What can't be understood is left out, and said in words beside its field.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from cms.search.folding import clean, fold

LONGEST_QUERY = 200  # characters
MOST_WORDS = 16
LAST_PAGE = 1000
BY_HAND = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")


@dataclass(frozen=True)
class Asked:
    """``words``: the folded words of ``text``. ``kind``: the name of a page type's model. ``topic``: a slug.
    ``since``, ``until``: days, both included. ``faults``: what is wrong, by the name of its field.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    kind: str = ""
    topic: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    page: int = 1
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.topic or self.since or self.until)

    def query(self, *, page: int = 1, text: str | None = None, filtered: bool = True) -> str:
        """The query string that leads to these results, or to others like them."""
        fields = {"q": self.text if text is None else text}
        if filtered:
            fields |= {
                "loai": self.kind,
                "chuyen-muc": self.topic,
                "tu": self.since.isoformat() if self.since else "",
                "den": self.until.isoformat() if self.until else "",
            }
        if page > 1:
            fields["page"] = str(page)
        return "?" + urlencode({name: value for name, value in fields.items() if value})


def read_question(fields: Mapping[str, str]) -> Asked:
    typed = " ".join(clean(fields.get("q", "")[: 10 * LONGEST_QUERY]).split())
    words = tuple(fold(typed[:LONGEST_QUERY]).split())
    faults: dict[str, str] = {}
    if len(typed) > LONGEST_QUERY or len(words) > MOST_WORDS:
        faults["q"] = _("Câu tìm quá dài: chỉ %(words)d từ đầu được dùng.") % {"words": min(MOST_WORDS, len(words))}
    since = _day(fields, "tu", faults)
    until = _day(fields, "den", faults)
    if since and until and since > until:
        since, until = until, since
    return Asked(
        text=typed[:LONGEST_QUERY],
        words=words[:MOST_WORDS],
        kind=_name(fields.get("loai", "")),
        topic=_name(fields.get("chuyen-muc", "")),
        since=since,
        until=until,
        page=_number(fields.get("page", "")),
        faults=faults,
    )


def _day(fields: Mapping[str, str], name: str, faults: dict[str, str]) -> datetime.date | None:
    """As a browser's field of dates writes it, or as people do."""
    text = fields.get(name, "").strip()[:40]
    if not text:
        return None
    try:
        if day := parse_date(text):
            return day
    except ValueError:  # such as 2026-02-30
        pass
    for form in BY_HAND:
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
    faults[name] = _("Ngày không đúng, mời ghi như 25/11/2026.")
    return None


def _name(text: str) -> str:
    return text if len(text) <= 80 and text.replace("-", "").replace("_", "").isalnum() else ""


def _number(text: str) -> int:
    try:
        return min(max(int(text[:10]), 1), LAST_PAGE)
    except ValueError:
        return 1
