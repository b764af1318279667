"""Finds the published pages that everybody may see on a site, best first.

Pages come in three groups: the words in their order in the title; in their order in the text; all of them anywhere. In
each the latest come first: on a site of news that is what readers look for, and it is the same on both databases. A
group has at most `MOST` pages, those made last, so that a word of every page takes no longer than a rare one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from wagtail.models import Page
from wagtail.query import PageQuerySet

from cms.core.surroundings import public, surroundings_of
from cms.search.asking import Asked
from cms.search.models import Entry, KnownWord

MOST = 1000
PER_PAGE = 10
NEAR = 3
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_MENDED = 12  # letters; a Vietnamese syllable has at most 7

Found = tuple[int, datetime.date | None]

MATCHING = {
    "sqlite": "SELECT rowid FROM search_words WHERE search_words MATCH %s",
    "postgresql": "SELECT page_id FROM search_words WHERE words @@ %s::tsquery",
}


@dataclass(frozen=True)
class Kind:
    name: str
    label: str


def find(asked: Asked, request: HttpRequest) -> list[int]:
    """The ids of the pages, best first; at most ``MOST`` and one, which says that there are more."""
    matches = _in_sqlite if connection.vendor == "sqlite" else _in_postgresql
    pages = _allowed(asked, request)
    ordered: dict[int, None] = {}
    for match in matches(asked.words) if asked.words else (None,):
        if len(ordered) <= MOST:
            ordered |= dict.fromkeys(_latest_first(_matching(pages, match)))
    return list(ordered)[: MOST + 1]


def suggest(words: Sequence[str], request: HttpRequest, *, most: int) -> list[Page]:
    """The pages with these words in their titles, of which the last may be only begun."""
    if connection.vendor == "sqlite":
        match = "title : (" + " ".join(map(_quoted, words)) + "*)"
    else:
        match = " & ".join(f"'{word}':A" for word in words[:-1]) + (" & " if words[1:] else "") + f"'{words[-1]}':*A"
    pages = _matching(_allowed(Asked(), request), match)
    return list(pages.only("title", "url_path", "path", "depth").order_by("-pk")[:most])


def mend(asked: Asked, request: HttpRequest) -> tuple[list[str], list[str]]:
    """The words that no page has; and words that lead to something, as near to the asked ones as possible."""
    known = set(KnownWord.objects.filter(text__in=asked.words).values_list("text", flat=True))
    unknown = [word for word in asked.words if word not in known and not word.isdigit() and len(word) > 1]
    choices = []
    if unknown and len(unknown) == len(unknown[:NEAR]):
        nearest = {word: _nearest(word) for word in unknown}
        if all(nearest.values()):
            choices.append([nearest.get(word) or word for word in asked.words])
        choices.append([word for word in asked.words if word not in unknown])
    elif len(asked.words) > 2:
        choices += [list(asked.words[:-1]), list(asked.words[1:])]
    near = [" ".join(words) for words in choices if words]
    return unknown, [text for text in dict.fromkeys(near) if find(Asked(words=tuple(text.split())), request)][:NEAR]


def kinds() -> list[Kind]:
    """The page types that there are entries of."""
    ids = Entry.objects.values_list("kind", flat=True).distinct()
    found = (ContentType.objects.get_for_id(pk) for pk in ids)
    named = [
        Kind(type_.model, _capital(str(model._meta.verbose_name))) for type_ in found if (model := type_.model_class())
    ]
    return sorted(named, key=lambda kind: kind.label)


def label_of(page: Page) -> str:
    """What kind of page it is, in words; the page may be of any class."""
    model = page.specific_class
    return _capital(str(model._meta.verbose_name)) if model else ""


def _allowed(asked: Asked, request: HttpRequest) -> PageQuerySet:
    around = surroundings_of(request)
    if around is None:
        return Page.objects.none()
    # A page that somebody may see by its entry alone: without one it was never published.
    pages = public(Page.objects.filter(live=True, path__startswith=around.root.path), request)
    pages = pages.filter(search_entry__isnull=False)
    if asked.kind:
        pages = pages.filter(search_entry__kind__in=[pk for pk, name in _types() if name == asked.kind])
    if asked.topic:
        pages = pages.filter(search_entry__topic__slug=asked.topic)
    if asked.since:
        pages = pages.filter(search_entry__date__gte=asked.since)
    if asked.until:
        pages = pages.filter(search_entry__date__lte=asked.until)
    return pages


def _types() -> list[tuple[int, str]]:
    return list(ContentType.objects.values_list("pk", "model"))


def _matching(pages: PageQuerySet, match: str | None) -> PageQuerySet:
    return pages.filter(pk__in=RawSQL(MATCHING[connection.vendor], [match])) if match is not None else pages


def _latest_first(pages: PageQuerySet) -> list[int]:
    found: list[Found] = list(pages.order_by("-pk").values_list("pk", "search_entry__date")[: MOST + 1])
    return [pk for pk, _date in sorted(found, key=_lateness, reverse=True)]


def _lateness(found: Found) -> tuple[Any, ...]:
    pk, date = found
    return date or datetime.date.min, pk


def _in_sqlite(words: Sequence[str]) -> Iterable[str]:
    """Of FTS5: words are in quotes, so that none of them is an operator."""
    if len(words) > 1:
        yield f'title : "{" ".join(words)}"'
        yield f'"{" ".join(words)}"'
    else:
        yield f"title : {_quoted(words[0])}"
    yield " AND ".join(map(_quoted, words))


def _in_postgresql(words: Sequence[str]) -> Iterable[str]:
    yield " <-> ".join(f"'{word}':A" for word in words)
    if len(words) > 1:
        yield " <-> ".join(f"'{word}'" for word in words)
    yield " & ".join(f"'{word}'" for word in words)


def _quoted(word: str) -> str:
    return f'"{word}"'


def _nearest(word: str) -> str:
    """Two known words that were typed without the space between, or a known word one letter away; "" if none is."""
    if len(word) > LONGEST_MENDED:
        return ""
    cuts = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
    near = list(dict.fromkeys(_one_letter_away(word)))
    parts = {part for cut in cuts for part in cut}
    known = set(KnownWord.objects.filter(text__in=parts.union(near)).values_list("text", flat=True))
    for left, right in cuts:
        if left in known and right in known:
            return f"{left} {right}"
    return next((other for other in near if other in known), "")


def _one_letter_away(word: str) -> Iterable[str]:
    """Those that happen most at a keyboard come first."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(len(word)):
        if len(word) > 2:
            yield word[:at] + word[at + 1 :]
    for at in range(len(word) + 1):
        for letter in LETTERS:
            yield word[:at] + letter + word[at:]
            if at < len(word):
                yield word[:at] + letter + word[at + 1 :]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
