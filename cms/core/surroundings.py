"""What is around a request: the pages on its path, the root page's children, what menu and footer lead to and the
private sections, in one query.

A second query asks for the private sections, if there are any. Where all but the path is remembered, the only query is
for pages on it that are in neither menu nor footer.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet
from wagtail_emulation.sections import outside, private_sections

from cms.core import links
from cms.core.changes.remembered import Remembered, state_of
from cms.core.models import DepartmentSettings
from cms.core.sites import find_site, known_settings

MOST_LEVELS = 63  # of Wagtail's tree: a page's path has 255 letters, four a level
# What routing, addresses, menu and breadcrumbs need of a page.
FIELDS = ("path", "depth", "title", "slug", "url_path", "live", "show_in_menus", "content_type", "locale", "alias_of")
KEPT = "_nhip_surroundings"


class Frame(NamedTuple):
    """What all pages of a site have around them."""

    pages: list[Page]
    private: tuple[str, ...]


_remembered: Remembered[Frame] = Remembered()


@dataclass(frozen=True)
class Surroundings:
    root: Page
    below: Sequence[str]  # the request's path, in parts
    trail: Sequence[Page]  # the pages on it, from the root page down as far as there are pages
    children: Sequence[Page]  # the root's published children, in the order of the tree
    private: tuple[str, ...]  # the tree paths of the sections that not everybody may see
    pages: Sequence[Page]  # all that were found, in the order of the tree

    @property
    def menu(self) -> list[Page]:
        """The children that everybody may see and editors marked to show in menus."""
        return self.below_in_menu(self.root)

    def below_in_menu(self, above: Page) -> list[Page]:
        """The same of a page's children: of the root, or of a child of it."""
        return [
            page
            for page in self.pages
            if page.show_in_menus and page.depth == above.depth + 1 and page.path.startswith(above.path)
            if self.is_shown(page)
        ]

    def is_shown(self, page: Page) -> bool:
        """Published, and for everybody."""
        return bool(page.live) and not page.path.startswith(self.private)


def surroundings_of(request: HttpRequest) -> Surroundings | None:
    """Asked once a request; None if no site answers to its host."""
    if not hasattr(request, KEPT):
        site = find_site(request)
        department = known_settings(request, DepartmentSettings)
        linked = links.linked_pages(department) if department else set()
        around = _look_around(site, request.path_info, linked, state_of(request)) if site else None
        setattr(request, KEPT, around)
    kept: Surroundings | None = getattr(request, KEPT)
    return kept


def public(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """The pages that everybody may see, without asking for the private sections each time."""
    around = surroundings_of(request)
    return outside(pages, private_sections() if around is None else around.private)


def _look_around(site: Site, path: str, linked: Collection[int], state: Hashable) -> Surroundings:
    """``linked``: the ids of pages that the settings of the site lead to."""
    root: Page = site.root_page
    below = [slug for slug in path.split("/") if slug]
    if len(below) > MOST_LEVELS:
        below = below[: MOST_LEVELS + 1]  # no page is there
    url_paths = list(accumulate(below, lambda above, slug: f"{above}{slug}/", initial=root.url_path))[1:]
    on_path = Q(slug__in=below, url_path__in=url_paths) if below else Q()  # slugs have an index, url_path has none
    in_frame = _in_frame(root, linked)
    if state is not None:
        frame = _remembered.get(state, root.pk, lambda: Frame(_fetch(in_frame), _private_sections(site)))
        pages, private = frame
        if not set(url_paths) <= {page.url_path for page in pages}:
            found = {page.pk: page for page in [*pages, *_fetch(on_path)]}
            pages = sorted(found.values(), key=lambda page: str(page.path))
    else:
        pages, private = _fetch(in_frame | on_path), _private_sections(site)
    return Surroundings(
        root=root,
        below=below,
        trail=[root, *_known(url_paths, {page.url_path: page for page in pages})],
        children=[
            page for page in pages if page.live and page.depth == root.depth + 1 and page.path.startswith(root.path)
        ],
        private=private,
        pages=pages,
    )


def _in_frame(root: Page, linked: Collection[int]) -> Q:
    in_menu = Q(depth=root.depth + 1) | Q(depth=root.depth + 2, show_in_menus=True)
    return Q(in_menu, path__startswith=root.path, live=True) | Q(pk__in=linked)


def _fetch(wanted: Q) -> list[Page]:
    """In the order of the tree."""
    return list(Page.objects.filter(wanted).order_by("path").only(*FIELDS))


def _known(url_paths: Sequence[str], pages: Mapping[str, Page]) -> Iterator[Page]:
    return takewhile(bool, (pages.get(url_path) for url_path in url_paths))


def _private_sections(site: Site) -> tuple[str, ...]:
    return private_sections() if site.any_private else ()
