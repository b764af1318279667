"""The renditions of many images at once."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from wagtail.images.models import AbstractImage


def fetch_renditions(images: Iterable[AbstractImage | None]) -> None:
    """In one query; Wagtail would ask for those of each image."""
    prefetch_related_objects([image for image in images if image], "renditions")
