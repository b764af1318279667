"""The front page, and plain pages such as *Giới thiệu* and *Liên hệ*."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PageChooserPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail_emulation.models import EmulationIndexPage, EmulationPage

from cms.core.blocks import BodyBlock
from cms.core.slugs import VietnameseSlugMixin
from cms.news.models import NewsIndexPage, NewsPage, published

LATEST_ARTICLES = 6
EMULATION_PAGES = 2


class HomePage(VietnameseSlugMixin, Page):
    featured = models.ForeignKey(
        "news.NewsPage",
        verbose_name=_("bài nổi bật"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Để trống thì bài mới nhất đứng đầu trang."),
    )

    content_panels = [*Page.content_panels, PageChooserPanel("featured", "news.NewsPage")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["home.PlainPage", "news.NewsIndexPage", "wagtail_emulation.EmulationIndexPage"]

    class Meta:
        verbose_name = _("Trang chủ")
        verbose_name_plural = _("Trang chủ")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        latest = list(published(NewsPage.objects.descendant_of(self))[: LATEST_ARTICLES + 1])
        lead = self._lead_article(latest)
        context["lead_article"] = lead
        context["latest_articles"] = [article for article in latest if article != lead][:LATEST_ARTICLES]
        context["news_index"] = NewsIndexPage.objects.child_of(self).live().first()
        context["emulation_pages"] = self._emulation_pages()
        context["emulation_index"] = EmulationIndexPage.objects.child_of(self).live().first()
        return context

    def _lead_article(self, latest: list[NewsPage]) -> NewsPage | None:
        featured: NewsPage | None = self.featured
        if featured is not None and featured.live:
            return featured
        return latest[0] if latest else None

    def _emulation_pages(self) -> "list[EmulationPage]":
        pages = EmulationPage.objects.descendant_of(self).live().public()
        return list(pages.order_by("-event_date", "-pk")[:EMULATION_PAGES])


class PlainPage(VietnameseSlugMixin, Page):
    lead = models.TextField(_("mở đầu"), blank=True, max_length=500)
    body = StreamField(BodyBlock(), verbose_name=_("nội dung"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.SearchField("body")]
    parent_page_types = ["home.HomePage", "home.PlainPage"]
    subpage_types = ["home.PlainPage"]

    class Meta:
        verbose_name = _("Trang nội dung")
        verbose_name_plural = _("Trang nội dung")
