"""Numbered pages of a listing that always land on a page that exists."""

from typing import Any

from django.core.paginator import Page, Paginator


def nearest_page(paginator: "Paginator[Any]", wanted: str | None) -> "Page[Any]":
    """Return the page asked for, or the nearest there is; what is no number at all is page 1."""
    return paginator.page(min(max(_number(wanted), 1), paginator.num_pages))


def _number(text: str | None) -> int:
    try:
        return int(text or 1)
    except ValueError:
        return 1
