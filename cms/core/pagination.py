"""Pages of a listing by number, also for a number that does not exist."""

from typing import Any

from django.core.paginator import Page, Paginator


def nearest_page(paginator: "Paginator[Any]", wanted: str | None) -> "Page[Any]":
    """Return the wanted page, or the nearest one that exists; page 1 if ``wanted`` is no number.

    Django's ``Paginator.get_page`` returns the last page for 0 and -1.
    """
    return paginator.page(min(max(_number(wanted), 1), paginator.num_pages))


def _number(text: str | None) -> int:
    try:
        return int(text or 1)
    except ValueError:
        return 1
