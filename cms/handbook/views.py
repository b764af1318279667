"""The handbook in the admin: its contents, and a chapter."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.handbook.chapters import BY_SLUG, CHAPTERS, Chapter


class HandbookView(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "help"
    chapter: Chapter | None = None

    def dispatch(self, request: HttpRequest, *arguments: Any, slug: str = "", **more: Any) -> HttpResponseBase:
        if slug and slug not in BY_SLUG:
            raise Http404
        self.chapter = BY_SLUG.get(slug)
        return super().dispatch(request, *arguments, **more)

    def get_template_names(self) -> list[str]:
        return [self.chapter.template if self.chapter else "handbook/contents.html"]

    def get_page_title(self) -> str:
        return str(self.chapter.title) if self.chapter else _("Sổ tay")

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        home = {"url": reverse("wagtailadmin_home"), "label": _("Trang đầu")}
        handbook = {"url": reverse("handbook") if self.chapter else "", "label": _("Sổ tay")}
        return [home, handbook, *([{"url": "", "label": self.get_page_title()}] if self.chapter else [])]

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        place = CHAPTERS.index(self.chapter) if self.chapter else -1
        return context | {
            "chapters": CHAPTERS,
            "chapter": self.chapter,
            "before": CHAPTERS[place - 1] if place > 0 else None,
            "after": CHAPTERS[place + 1] if place + 1 < len(CHAPTERS) else None,
        }
