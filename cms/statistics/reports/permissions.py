"""Who sees which figures.

=============================================  =====================================================================
superusers, and groups with *see_reports*      everything, of every site
whoever may edit pages                         the figures of these pages alone, on the screens that are about pages
everybody else                                 nothing
=============================================  =====================================================================

An editor's *own* pages are those that Wagtail lets them edit, by their groups or because they wrote them: who answers
for a page may know how it does. A portal that wants sections to see their own alone gives its groups rights in their
sections alone. What a page's readers see anyway, its views, is in the page listing for all who get there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from wagtail.models import Page
from wagtail.permissions import policy_registry

from pipeline.reports.question import MAX_CONDITIONS, MAX_FILTER_CHARS, MAX_VALUES

SEE_REPORTS = "statistics.see_reports"
# Ids of seven digits; leaves room for what is chosen on the screen.
MOST_PAGES = min(MAX_VALUES * (MAX_CONDITIONS - 10), (MAX_FILTER_CHARS - 5_000) // 7)

Written = list[Any]


@dataclass(frozen=True)
class Scope:
    """`pages`: ids; empty if `everything`."""

    everything: bool
    pages: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.everything or bool(self.pages)

    def may_see(self, page_id: int) -> bool:
        return self.everything or page_id in self.pages

    @property
    def filters(self) -> list[Written]:
        """What a question must hold so that it is about nothing else."""
        if self.everything:
            return []
        return [["or", [["is", "page", list(chunk)] for chunk in _chunks(self.pages)]]]


NOTHING = Scope(everything=False)
EVERYTHING = Scope(everything=True)


def scope_of(request: HttpRequest) -> Scope:
    """What the request's user may see; found once a request."""
    found: Scope | None = getattr(request, "_nhip_scope", None)
    if found is None:
        found = request._nhip_scope = _find(request.user)  # type: ignore[attr-defined]
    return found


def sees_reports(user: Any) -> bool:
    """Whether there is anything to see; cheaper than to find what. Authors see figures once they have a page."""
    policy = _policy()
    if user.has_perm(SEE_REPORTS) or policy.user_has_permission(user, "publish"):
        return True
    may_edit = policy.user_has_permission(user, "change")  # true for whoever may add pages, and then edit these
    return bool(may_edit and policy.instances_user_has_permission_for(user, "change").exists())


def may_see_page(user: Any, page: Page) -> bool:
    return bool(user.has_perm(SEE_REPORTS) or page.permissions_for_user(user).can_edit())


def _find(user: Any) -> Scope:
    if not user.is_active:
        return NOTHING
    if user.has_perm(SEE_REPORTS):
        return EVERYTHING
    pages = _policy().instances_user_has_permission_for(user, "change")
    return Scope(everything=False, pages=tuple(pages.order_by("pk").values_list("pk", flat=True)[: MOST_PAGES + 1]))


def _policy() -> Any:
    return policy_registry.get_by_type(Page)


def _chunks(pages: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(pages), MAX_VALUES):
        yield pages[start : start + MAX_VALUES]
