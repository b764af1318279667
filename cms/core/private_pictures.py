"""Pictures that not everybody may have: those of private collections, and every original.

An original says where and by whom it was taken. What a page shows is a rendition, which says nothing.

Wagtail asks before it gives a document; pictures and their renditions are files that it leaves to the server of media.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q
from django.http import HttpRequest
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import Collection, CollectionViewRestriction
from wagtail.permissions import policy_registry

from cms.core.storage import ORIGINALS_FOLDER


def private_pictures() -> frozenset[int]:
    """The numbers of all pictures that not everybody may have."""
    paths = list(CollectionViewRestriction.objects.values_list("collection__path", flat=True).distinct())
    if not paths:
        return frozenset()
    within = reduce(or_, (Q(path__startswith=path) for path in paths))
    collections = Collection.objects.filter(within).values_list("pk", flat=True)
    return frozenset(get_image_model().objects.filter(collection__in=list(collections)).values_list("pk", flat=True))


def picture_of(name: str) -> int | None:
    """The picture whose file, or whose rendition's, has this name below MEDIA_ROOT; it never becomes another's."""
    images = get_image_model().objects
    for found in (images.filter(file=name), images.filter(renditions__file=name)):
        picture: int | None = found.values_list("pk", flat=True).first()
        if picture is not None:
            return picture
    return None


def is_original(name: str) -> bool:
    return name.casefold().startswith(f"{ORIGINALS_FOLDER}/")


def may_have(request: HttpRequest, name: str) -> bool:
    """Whether the sender may have the file: by its collection's restrictions, or by an editor's rights.

    An original is for editors alone.
    """
    number = picture_of(name)
    if number is None:
        return not is_original(name)
    picture = get_image_model().objects.select_related("collection").get(pk=number)
    if is_original(name):
        return _is_editors(request, picture)
    restrictions = picture.collection.get_view_restrictions()
    return all(one.accept_request(request) for one in restrictions) or _is_editors(request, picture)


def _is_editors(request: HttpRequest, picture: AbstractImage) -> bool:
    rights = policy_registry.get_by_type(type(picture))
    return bool(
        request.user.has_perm("wagtailadmin.access_admin")
        and rights.user_has_any_permission_for_instance(request.user, ["choose", "change", "delete"], picture)
    )
