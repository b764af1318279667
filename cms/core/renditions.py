"""The renditions of many images at once, and many renditions of one image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import Lock
from time import sleep

from django.core.files import File
from django.db import connection
from django.db.models import prefetch_related_objects
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, SourceImageIOError

Renditions = dict[Filter, AbstractRendition]

DRAWN_AT_ONCE = 3  # of one image, as Wagtail does
MOMENT = 0.01  # seconds: a lock is no queue, and who waits for one needs some time to take it
_TURNS = tuple(Lock() for _ in range(64))  # some images share one: the second then waits though it need not
_IN_STEPS = ContextVar("renditions are made in steps", default=False)


def fetch_renditions(images: Iterable[AbstractImage | None]) -> None:
    """In one query; Wagtail would ask for those of each image."""
    prefetch_related_objects([image for image in images if image], "renditions")


def make_each_once() -> None:
    """Call this once, in ``ready()``: if somebody else makes the same renditions meanwhile, theirs are taken.

    In this process, who comes second waits. Of a page that is published, readers, the page memory and the thread that
    makes pictures ahead want the same ones in the same moment; each drew them all.

    Another process's are found at the end. Wagtail gives back ours, whose files no row names: they would stay for
    ever, and for everybody when the picture becomes private.
    """
    AbstractImage.create_rendition = lambda image, wanted: _take_or_create(image, wanted)[wanted]
    AbstractImage.create_renditions = _take_or_create


@contextmanager
def in_steps() -> Iterator[None]:
    """Make one rendition at a time, so that a reader who wants others of the same image waits for no more than that."""
    before = _IN_STEPS.set(True)
    try:
        yield
    finally:
        _IN_STEPS.reset(before)


@contextmanager
def _turn(image: AbstractImage) -> Iterator[None]:
    """In a transaction nobody waits: it may be what the other one's rows wait for."""
    if connection.in_atomic_block:
        yield
        return
    with _TURNS[image.pk % len(_TURNS)]:
        yield


def _take_or_create(image: AbstractImage, *filters: Filter) -> Renditions:
    if not _IN_STEPS.get():
        return _at_once(image, filters)
    found: Renditions = {}
    for one in filters:
        found |= _at_once(image, [one])
        sleep(MOMENT)
    return found


def _at_once(image: AbstractImage, filters: Sequence[Filter]) -> Renditions:
    if not filters:  # Wagtail asks with none for every picture that has all of its renditions
        return {}
    with _turn(image):
        made = _made(image, filters)
        return made | _create(image, [one for one in filters if one not in made])


def _made(image: AbstractImage, filters: Iterable[Filter]) -> Renditions:
    """By a query: what was fetched with the image is from before the turn."""
    kept = image.renditions.filter(filter_spec__in=[one.spec for one in filters])
    by_key = {(one.filter_spec, one.focal_point_key): one for one in kept}
    keys = {one: (one.spec, one.get_cache_key(image)) for one in filters}
    return {one: by_key[key] for one, key in keys.items() if key in by_key}


def _create(image: AbstractImage, filters: Sequence[Filter]) -> Renditions:
    with ThreadPoolExecutor(DRAWN_AT_ONCE) as threads:
        made = dict(zip(filters, threads.map(partial(_draw, image), filters), strict=True))
    image.get_rendition_model().objects.bulk_create(made.values(), ignore_conflicts=True)
    kept = _made(image, filters)
    for one, ours in made.items():
        if one in kept and kept[one].file.name != ours.file.name:
            ours.file.delete(save=False)
    return made | kept


def _draw(image: AbstractImage, wanted: Filter) -> AbstractRendition:
    """From the file. Wagtail reads it into memory first, where a large picture needs some bytes of it alone."""
    with _opened(image) as source:
        rendition: AbstractRendition = image.generate_rendition_instance(wanted, source)
    return rendition


def _opened(image: AbstractImage) -> File[bytes]:
    """For one thread; ``image.file`` is the same for all."""
    try:
        opened: File[bytes] = image.file.storage.open(image.file.name)
    except OSError as error:
        raise SourceImageIOError(str(error)) from error
    return opened
