"""The page types that a site can have."""

from __future__ import annotations

from functools import cache
from typing import cast

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page, get_page_models


@cache
def page_types() -> dict[str, type[Page]]:
    """`news.NewsPage` and its model, of every type."""
    found = (model for model in get_page_models() if model is not Page and not model._meta.abstract)
    return {f"{model._meta.app_label}.{model.__name__}": cast("type[Page]", model) for model in found}


def content_types() -> list[int]:
    """The ids of their content types. A page of any other is of a type that the site has no more, or of none."""
    found = ContentType.objects.get_for_models(*page_types().values(), for_concrete_models=False)
    return [one.pk for one in found.values()]
