"""The main menu and the breadcrumbs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from wagtail.models import Page

from cms.core.surroundings import Surroundings, surroundings_of

register = template.Library()


@dataclass(frozen=True)
class MenuEntry:
    title: str
    url: str
    current: bool  # this very page
    within: bool  # this page or one below it


@register.simple_tag(takes_context=True)
def main_menu(context: dict[str, Any]) -> list[MenuEntry]:
    """The home page and its children that editors marked to show in menus, in the order of the tree."""
    request, here = context.get("request"), _current_page(context)
    around = surroundings_of(request) if request else None
    if around is None:
        return []
    return [_entry(page, root=around.root, here=here, request=request) for page in [around.root, *around.menu]]


@register.simple_tag(takes_context=True)
def breadcrumbs(context: dict[str, Any]) -> list[MenuEntry]:
    """The pages above this one, from the home page down; empty on the home page itself."""
    request, here = context.get("request"), _current_page(context)
    around = surroundings_of(request) if request else None
    if here is None or around is None or here.pk == around.root.pk:
        return []
    above = [page for page in _pages_above(here, around) if page.live]
    return [_entry(page, root=around.root, here=here, request=request) for page in above]


def _pages_above(page: Page, around: Surroundings) -> Iterable[Page]:
    *above, last = around.trail
    if last.pk == page.pk:
        return above
    ancestors: Iterable[Page] = page.get_ancestors().filter(depth__gte=around.root.depth)  # the page is a preview
    return ancestors


def _entry(page: Page, *, root: Page, here: Page | None, request: HttpRequest | None) -> MenuEntry:
    is_root = page.pk == root.pk
    current = here is not None and here.pk == page.pk
    below = here is not None and not is_root and here.path.startswith(page.path)
    return MenuEntry(title=page.title, url=page.get_url(request) or "", current=current, within=current or below)


def _current_page(context: dict[str, Any]) -> Page | None:
    page = context.get("page")
    return page if isinstance(page, Page) and page.path else None
