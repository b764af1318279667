"""What the CMS knows of pages, by which rows are told apart too. It is given with a question: reports ask no CMS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

NO_GROUP = 0  # of pages that the CMS says nothing of, and of events that are no page's


class PageFacts(msgspec.Struct, frozen=True):
    """One page, in texts as people read them; each is empty where the CMS has none.

    ``author``: whom the page names as its author, which may be a unit. ``category``: its topic or kinds, in one text.
    ``unit``: the section of the site that it lies in. ``page_type``: the name of its kind of page. ``published_at``:
    Unix seconds of its first publication. ``deleted``: the CMS has no such page any more, and what it kept of it.
    """

    title: str = ""
    author: str = ""
    category: str = ""
    unit: str = ""
    page_type: str = ""
    published_at: float | None = None
    deleted: bool = False


Pages = Mapping[int, PageFacts]
"""By page id."""


@dataclass(frozen=True)
class PageGroups:
    """Pages that have the same values of ``names``, fields of PageFacts, are a group, which statements know by number.

    ``groups``: by number, these values; that of NO_GROUP are empty. ``number_of``: by page id, those of other groups.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    number_of: Mapping[int, int]

    @property
    def declaration(self) -> str:
        """What stands before a SELECT that has the expressions below: by page its group, in whole numbers alone,
        whatever editors call their authors. Empty if there are no names.
        """
        if not self.names:
            return ""
        pages, numbers = ",".join(map(str, self.number_of)), ",".join(map(str, self.number_of.values()))
        group = f"transform(page_id, [{pages}], [{numbers}], {NO_GROUP})" if pages else f"{NO_GROUP}"
        return f"WITH toUInt32({group}) AS page_group "

    def value_of(self, name: str) -> str:
        """The place of a row's value among ``values``, as an expression of whole numbers."""
        place_of = {value: place for place, value in enumerate(self.values[name])}
        places = ",".join(str(place_of[value]) for value in self._by_group(name))
        return f"toUInt32([{places}][page_group + 1])"

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """By name, the different values of a field, in the order of their letters."""
        return {name: sorted(set(self._by_group(name))) for name in self.names}

    def holds(self, name: str, condition: Callable[[str], bool]) -> str:
        """An expression: whether the value of a row's page is under a condition."""
        numbers = [str(number) for number, value in enumerate(self._by_group(name)) if condition(value)]
        return f"has([{','.join(numbers)}], page_group)" if numbers else "0"

    def _by_group(self, name: str) -> Sequence[str]:
        place = self.names.index(name)
        return [group[place] for group in self.groups]


def group_pages(pages: Pages, names: Sequence[str]) -> PageGroups:
    """Pages without any of these values are in NO_GROUP, as those that are not in ``pages``."""
    groups = {tuple("" for _ in names): NO_GROUP}
    number_of: dict[int, int] = {}
    for page, facts in sorted(pages.items()) if names else ():
        group = tuple(str(getattr(facts, name)) for name in names)
        number = groups.setdefault(group, len(groups))
        if number != NO_GROUP:
            number_of[page] = number
    return PageGroups(tuple(names), tuple(groups), number_of)
