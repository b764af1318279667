"""What the cards of emulation pages show, fetched for all of them at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from wagtail.blocks import StreamValue

CARD = ("title", "url_path", "event_date", "event_end_date", "place", "lead", "body")
"""The fields of a page that its card shows; `body` for its first image."""


def prepare_cards(events: Sequence[Any], *, beside: Iterable[Any | None] = ()) -> None:
    """Fetch kinds, first images and their renditions: three queries, however many pages there are.

    ``beside``: the other images on the page, whose renditions come with them.
    """
    prefetch_related_objects(events, "kinds")
    fetch_first_images(events)
    fetch_renditions([*beside, *(event.first_image for event in events)])


def fetch_first_images(events: Iterable[Any]) -> None:
    """Set the `first_image` of each page; the pages are of one type."""
    figures = [(event, raw_first_figure(event.body)) for event in events]
    illustrated = [(event, raw) for event, raw in figures if raw is not None]
    if illustrated:
        block = illustrated[0][0].body.stream_block.child_blocks["figure"]
        values = block.bulk_to_python([raw for _event, raw in illustrated])
        for (event, _raw), value in zip(illustrated, values, strict=True):
            event.first_image = value["image"]


def raw_first_figure(body: StreamValue) -> Any | None:
    """As it is stored; None if the body has no figure."""
    return next((block["value"] for block in body.raw_data if block["type"] == "figure"), None)


def fetch_renditions(images: Iterable[Any | None]) -> None:
    """Fetch the renditions of all images in one query; Wagtail would ask for those of each image."""
    prefetch_related_objects([image for image in images if image], "renditions")
