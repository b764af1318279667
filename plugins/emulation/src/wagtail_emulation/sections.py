"""Which pages everybody may see: those in no private section. Whatever asks for it takes a few queries, however many
sections are private; Wagtail's `public()` has a condition for each, of which SQLite takes a thousand at most.

A site that knows its private sections already registers the hook `emulation_public_pages`.
"""

from collections.abc import Collection

from django.db.models import Value
from django.db.models.functions import Left
from django.db.models.lookups import In
from django.http import HttpRequest
from wagtail import hooks
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

HOOK = "emulation_public_pages"


def public(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """Those of the pages that everybody may see, as the first function of the hook says, else as restrictions do."""
    for narrow in hooks.get_hooks(HOOK):
        narrowed: PageQuerySet = narrow(pages, request)
        return narrowed
    return outside(pages, private_sections())


def outside(pages: PageQuerySet, sections: Collection[str]) -> PageQuerySet:
    """Those of the pages that are in none of the sections, of which the tree paths are given.

    A condition for each length of a path, not for each section.
    """
    for length in {len(path) for path in sections}:
        pages = pages.exclude(In(Left("path", length), [path for path in sections if len(path) == length]))
    return pages


def private_sections() -> tuple[str, ...]:
    """The tree paths of the sections that not everybody may see, in one query; none of them is in another.

    An alias has the restrictions of its source, and what is below it has those too, as in Wagtail's
    `Page.get_view_restrictions`; so has the alias of an alias.
    """
    restricted = PageViewRestriction.objects.annotate(source=Value("")).values_list("page__path", "source")
    aliases = Page.objects.exclude(alias_of=None).order_by().values_list("path", "alias_of__path")
    private: tuple[str, ...] = ()
    sources: dict[str, str] = {}
    for path, source in restricted.union(aliases):
        if source:
            sources[path] = source
        else:
            private += (path,)
    while more := [path for path, source in sources.items() if source.startswith(private)]:
        private += tuple(more)
        sources = {path: source for path, source in sources.items() if path not in private}
    return _without_those_below(private)


def _without_those_below(paths: Collection[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)
