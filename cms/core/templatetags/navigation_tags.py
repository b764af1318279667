"""The main menu, the columns of the footer and the breadcrumbs; the department that every page names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.models import Page

from cms.core.links import Link, columns_of, menu_of
from cms.core.models import DepartmentSettings
from cms.core.surroundings import Surroundings, surroundings_of

register = template.Library()

# What one line of the bar holds on the narrowest screen that has a bar (64rem), in letters of eight pixels. An entry
# takes its letters, the room between entries, and that of the button of those below it.
LETTERS_IN_A_LINE, BETWEEN, BUTTON = 112, 3, 4


@dataclass(frozen=True)
class MenuEntry:
    """``url`` is empty for an entry that only opens those below it."""

    title: str
    url: str
    current: bool = False  # this very page
    within: bool = False  # this page or one below it
    below: "Sequence[MenuEntry]" = ()


@dataclass(frozen=True)
class FooterColumn:
    title: str
    entries: Sequence[MenuEntry]


@register.simple_tag(takes_context=True)
def department(context: dict[str, Any]) -> DepartmentSettings | None:
    """The settings of the request's site with their pictures; None if no site answers to its host."""
    request = context.get("request")
    if request is None or surroundings_of(request) is None:
        return None
    found: DepartmentSettings = DepartmentSettings.for_request(request)
    found.fetch_pictures()
    return found


@register.simple_tag(takes_context=True)
def main_menu(context: dict[str, Any]) -> list[MenuEntry]:
    """What the settings list; without a list the home page and, two levels deep, its children that editors marked to
    show in menus, in the order of the tree.
    """
    request, here = context.get("request"), _current_page(context)
    around = surroundings_of(request) if request else None
    if around is None or request is None:
        return []
    listed = menu_of(DepartmentSettings.for_request(request))
    if listed:
        return _entries_of(listed, around, here=here, request=request)
    return [
        _entry(page, around=around, here=here, request=request, below=around.below_in_menu(page))
        for page in [around.root, *around.menu]
    ]


@register.filter
def in_one_line(menu: Sequence[MenuEntry]) -> list[MenuEntry]:
    """The entries of the bar: those that don't fit beside the others go below a last one, *Mục khác*."""
    taken = 0
    for number, entry in enumerate(menu):
        taken += len(entry.title) + BETWEEN + (BUTTON if entry.below else 0)
        if taken > LETTERS_IN_A_LINE:
            rest = [
                flat for folded in menu[max(number - 1, 1) :] for flat in (replace(folded, below=()), *folded.below)
            ]
            within = any(entry.within for entry in rest)
            return [*menu[: max(number - 1, 1)], MenuEntry(title=_("Mục khác"), url="", within=within, below=rest)]
    return list(menu)


@register.simple_tag(takes_context=True)
def footer_columns(context: dict[str, Any], menu: Sequence[MenuEntry]) -> list[FooterColumn]:
    """What the settings list; without a list one column with the entries of the menu."""
    request = context.get("request")
    around = surroundings_of(request) if request else None
    if around is None or request is None:
        return []
    listed = columns_of(DepartmentSettings.for_request(request))
    if not listed:
        return [FooterColumn(title=_("Trong cổng thông tin"), entries=[entry for entry in menu if entry.url])]
    columns = [
        FooterColumn(column.title, _entries_of(column.links, around, here=_current_page(context), request=request))
        for column in listed
    ]
    return [column for column in columns if column.entries]


@register.simple_tag(takes_context=True)
def breadcrumbs(context: dict[str, Any]) -> list[MenuEntry]:
    """The pages above this one, from the home page down; empty on the home page itself."""
    request, here = context.get("request"), _current_page(context)
    around = surroundings_of(request) if request else None
    if here is None or around is None or here.pk == around.root.pk:
        return []
    above = [page for page in _pages_above(here, around) if page.live]
    return [_entry(page, around=around, here=here, request=request) for page in above]


def _pages_above(page: Page, around: Surroundings) -> Iterable[Page]:
    *above, last = around.trail
    if last.pk == page.pk:
        return above
    ancestors: Iterable[Page] = page.get_ancestors().filter(depth__gte=around.root.depth)  # the page is a preview
    return ancestors


def _entries_of(
    links: Iterable[Link], around: Surroundings, *, here: Page | None, request: HttpRequest
) -> list[MenuEntry]:
    """Without the links to pages that not everybody may see, or that are gone."""
    pages = {page.pk: page for page in [around.root, *around.pages]}
    entries = []
    for link in links:
        below = _entries_of(link.below, around, here=here, request=request)
        page = pages.get(link.page)
        if link.url:
            entries.append(MenuEntry(link.label, link.url, within=any(one.within for one in below), below=below))
        elif page is not None and around.is_shown(page):
            entry = _entry(page, around=around, here=here, request=request)
            within = entry.within or any(one.within for one in below)
            entries.append(replace(entry, title=link.label or page.title, below=below, within=within))
    return [entry for entry in entries if entry.url]


def _entry(
    page: Page, *, around: Surroundings, here: Page | None, request: HttpRequest | None, below: Iterable[Page] = ()
) -> MenuEntry:
    is_root = page.pk == around.root.pk
    current = here is not None and here.pk == page.pk
    inside = here is not None and not is_root and here.path.startswith(page.path)
    return MenuEntry(
        title=page.title,
        url=page.get_url(request) or "",
        current=current,
        within=current or inside,
        below=[] if is_root else [_entry(one, around=around, here=here, request=request) for one in below],
    )


def _current_page(context: dict[str, Any]) -> Page | None:
    page = context.get("page")
    return page if isinstance(page, Page) and page.path else None
