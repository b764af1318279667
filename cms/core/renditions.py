"""The renditions of many images at once, and many renditions of one image."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from wagtail.images.models import AbstractImage, AbstractRendition, Filter

_create_renditions = AbstractImage.create_renditions


def fetch_renditions(images: Iterable[AbstractImage | None]) -> None:
    """In one query; Wagtail would ask for those of each image."""
    prefetch_related_objects([image for image in images if image], "renditions")


def give_way() -> None:
    """Call this once, in ``ready()``: if somebody else makes the same renditions meanwhile, theirs are taken.

    Wagtail gives back ours, whose files no row names: they would stay for ever, and for everybody when the picture
    becomes private.
    """
    AbstractImage.create_renditions = _create_or_take


def _create_or_take(image: AbstractImage, *filters: Filter) -> dict[Filter, AbstractRendition]:
    if not filters:  # Wagtail asks with none for every picture that has all of its renditions
        return {}
    found: dict[Filter, AbstractRendition] = _create_renditions(image, *filters)
    specs = [one.spec for one, made in found.items() if not made.pk]
    kept = {(one.filter_spec, one.focal_point_key): one for one in image.renditions.filter(filter_spec__in=specs)}
    for one, made in found.items():
        theirs = kept.get((one.spec, made.focal_point_key), made)
        if theirs.file.name != made.file.name:
            made.file.delete(save=False)
            found[one] = theirs
    return found
