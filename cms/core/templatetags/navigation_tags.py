"""The main menu and the breadcrumbs."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from wagtail.models import Page, Site

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
    request: HttpRequest | None = context.get("request")
    root = _site_root(request)
    if root is None:
        return []
    here: Page | None = _current_page(context)
    children = root.get_children().live().public().in_menu()
    return [_entry(page, root=root, here=here, request=request) for page in [root, *children]]


@register.simple_tag(takes_context=True)
def breadcrumbs(context: dict[str, Any]) -> list[MenuEntry]:
    """The pages above this one, from the home page down; empty on the home page itself."""
    request: HttpRequest | None = context.get("request")
    here, root = _current_page(context), _site_root(request)
    if here is None or root is None or here.pk == root.pk:
        return []
    above = here.get_ancestors().live().filter(depth__gte=root.depth)
    return [_entry(page, root=root, here=here, request=request) for page in above]


def _entry(page: Page, *, root: Page, here: Page | None, request: HttpRequest | None) -> MenuEntry:
    is_root = page.pk == root.pk
    current = here is not None and here.pk == page.pk
    below = here is not None and not is_root and here.path.startswith(page.path)
    return MenuEntry(title=page.title, url=page.get_url(request) or "", current=current, within=current or below)


def _site_root(request: HttpRequest | None) -> Page | None:
    site = Site.find_for_request(request) if request else None
    return site.root_page if site else None


def _current_page(context: dict[str, Any]) -> Page | None:
    page = context.get("page")
    return page if isinstance(page, Page) and page.path else None
