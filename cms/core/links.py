"""The links that the settings of the department hold, read as they are stored, so that none takes a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cms.core.models import DepartmentSettings


@dataclass(frozen=True)
class Link:
    """To ``page`` (its id) or to ``url``; ``label`` may be empty for a page."""

    page: int | None
    url: str
    label: str
    below: Sequence[Link] = ()


@dataclass(frozen=True)
class Column:
    title: str
    links: Sequence[Link]


def menu_of(department: DepartmentSettings) -> list[Link]:
    return [_link(entry["value"]) for entry in department.menu.raw_data]


def columns_of(department: DepartmentSettings) -> list[Column]:
    return [
        Column(title=column["value"]["title"], links=[_link(value) for value in _values(column["value"]["links"])])
        for column in department.footer_columns.raw_data
    ]


def linked_pages(department: DepartmentSettings) -> set[int]:
    """The ids of the pages that menu and footer lead to."""
    in_columns = [link for column in columns_of(department) for link in column.links]
    return {link.page for link in _all([*menu_of(department), *in_columns]) if link.page}


def _all(links: Sequence[Link]) -> Iterator[Link]:
    for link in links:
        yield link
        yield from _all(link.below)


def _link(value: dict[str, Any]) -> Link:
    return Link(
        page=value.get("page"),
        url=value.get("url") or "",
        label=value.get("label") or "",
        below=tuple(_link(below) for below in _values(value.get("below") or [])),
    )


def _values(items: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Of a list in a StreamField, whose items have ids beside their values."""
    return (item["value"] for item in items)
