"""Keeps what readers may find current: whenever a page is published, changed, taken down or deleted.

What is done past Django's signals, such as ``update()``, shows after ``manage.py index_search``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.models import Page
from wagtail.search import index
from wagtail.signals import page_published, page_unpublished

from cms.search.folding import clean, fold
from cms.search.models import Entry, Index, KnownWord

VERSION = 1  # of the folded form: counts up when the same text is folded differently
LONGEST_TEXT = 200_000  # characters; a page of a book has 2,000
LONGEST_WORD = KnownWord._meta.get_field("text").max_length or 0
DATES = ("date", "event_date")  # the fields by which page types say of which day they are
AT_ONCE = 200

KEEP_WORDS = {
    "sqlite": "INSERT INTO search_words (rowid, title, body) VALUES (%s, %s, %s)",
    "postgresql": "INSERT INTO search_words (page_id, words) VALUES (%s, "
    "setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B'))",
}
FORGET_WORDS = {
    "sqlite": "DELETE FROM search_words WHERE rowid = %s",
    "postgresql": "DELETE FROM search_words WHERE page_id = %s",
}


def keep_current() -> None:
    post_save.connect(_saved, dispatch_uid="search_saved")
    page_published.connect(_published, dispatch_uid="search_published")
    page_unpublished.connect(_unpublished, dispatch_uid="search_unpublished")
    post_delete.connect(_deleted, sender=Entry, dispatch_uid="search_deleted")


def keep(pages: Iterable[Page]) -> None:
    """Make the entries of published pages, in their own types, or make them again."""
    entries, words = [], []
    for page in pages:
        text = text_of(page)
        entries.append(
            Entry(
                page_id=page.pk,
                kind_id=page.content_type_id,
                topic_id=getattr(page, "topic_id", None),
                date=date_of(page),
                text=text,
            )
        )
        words.append((page.pk, fold(page.title), fold(text)))
    with transaction.atomic(), connection.cursor() as cursor:
        Entry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=["page"], update_fields=["kind", "topic", "date", "text"]
        )
        cursor.executemany(FORGET_WORDS[connection.vendor], [[pk] for pk, *_texts in words])
        cursor.executemany(KEEP_WORDS[connection.vendor], words)
    _learn({word for _pk, *texts in words for text in texts for word in text.split()})


def _learn(words: set[str]) -> None:
    """Words of one letter and numbers are nobody's mistake."""
    fit = (KnownWord(text=word) for word in sorted(words) if 1 < len(word) <= LONGEST_WORD and not word.isdigit())
    KnownWord.objects.bulk_create(fit, ignore_conflicts=True, batch_size=500)


def rebuild() -> int:
    """Make all entries again, and Wagtail's own index; returns how many pages can be found."""
    live = Page.objects.live().filter(depth__gt=1)
    with transaction.atomic():
        Entry.objects.exclude(page__in=live).delete()
        KnownWord.objects.all().delete()
        total = 0
        for pages in _in_parts(live):
            keep(pages)
            total += len(pages)
        call_command("update_index", verbosity=0, chunk_size=AT_ONCE)
        Index.objects.update_or_create(pk=1, defaults={"version": VERSION})
    return total


def is_outdated() -> bool:
    """Whether the index is of a product before this one whose folded form was another, or that had no search."""
    return not Index.objects.filter(pk=1, version=VERSION).exists()


def text_of(page: Page) -> str:
    """What the page's type gives to search, its title left out; a withheld name is in none of it."""
    fields = (field for field in page.get_search_fields() if isinstance(field, index.SearchField))
    texts = (_plain(field.get_value(page)) for field in fields if field.field_name != "title")
    return clean(" ".join(filter(None, texts)))[:LONGEST_TEXT]


def date_of(page: Page) -> datetime.date | None:
    for name in DATES:
        if found := getattr(page, name, None):
            return datetime.date.fromisoformat(found) if isinstance(found, str) else found  # as a form gave it
    return timezone.localdate(page.first_published_at) if page.first_published_at else None


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_plain, value))
    return "" if value is None else " ".join(str(value).split())


def _in_parts(pages: Any) -> Iterator[list[Page]]:
    ids = list(pages.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        yield list(Page.objects.filter(pk__in=ids[start : start + AT_ONCE]).specific())


def _saved(sender: type[Any], instance: Any, *, raw: bool = False, update_fields: Any = None, **_signal: Any) -> None:
    """A draft that is saved names the fields of the page that it changes; nothing in them can be found."""
    if raw or update_fields or not issubclass(sender, Page) or sender is Page or not instance.live:
        return
    keep([instance])


def _published(instance: Page, **_signal: Any) -> None:
    """Wagtail indexes a page before its rows, such as those of commendations, are saved with it."""
    page = instance.specific
    keep([page])
    index.insert_or_update_object(page)


def _unpublished(instance: Page, **_signal: Any) -> None:
    Entry.objects.filter(page_id=instance.pk).delete()


def _deleted(instance: Entry, **_signal: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FORGET_WORDS[connection.vendor], [instance.pk])
