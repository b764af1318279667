"""The front page, and plain pages such as *Giới thiệu* and *Liên hệ*."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PageChooserPanel
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
from wagtail_emulation.pages.cards import CARD, prepare_cards

from cms.core.blocks import BodyBlock, images_of
from cms.core.renditions import fetch_renditions
from cms.core.slugs import VietnameseSlugMixin
from cms.core.surroundings import public, surroundings_of
from cms.news.models import RECENT, NewsIndexPage, NewsPage, for_cards, published

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
    api_fields = [APIField("featured")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["home.PlainPage", "news.NewsIndexPage", "wagtail_emulation.EmulationIndexPage"]

    class Meta:
        verbose_name = _("Trang chủ")
        verbose_name_plural = _("Trang chủ")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        articles = self._articles(request)
        context["lead_article"] = articles[0] if articles else None
        context["latest_articles"] = articles[1:]
        recent = published(NewsPage.objects.descendant_of(self), request)
        context["recent_articles"] = recent.only("title", "url_path", "date", "locale")[:RECENT]
        context["emulation_pages"] = emulation_pages = self._emulation_pages(request)
        prepare_cards(emulation_pages, beside=[article.image for article in articles])
        children = self._children(request)
        context["news_index"] = first_of_type(NewsIndexPage, children)
        context["emulation_index"] = first_of_type(EmulationIndexPage, children)
        return context

    def _articles(self, request: HttpRequest) -> list[NewsPage]:
        """The featured article, if everyone may read it, and then the latest."""
        everyones = for_cards(published(NewsPage.objects.all(), request))
        articles = list(everyones.descendant_of(self)[: 1 + LATEST_ARTICLES])
        if self.featured_id:
            featured = [article for article in articles if article.pk == self.featured_id]
            lead = featured or list(everyones.filter(pk=self.featured_id))
            articles = lead + [article for article in articles if article.pk != self.featured_id]
        return articles[: 1 + LATEST_ARTICLES]

    def _emulation_pages(self, request: HttpRequest) -> "list[EmulationPage]":
        pages = public(EmulationPage.objects.descendant_of(self).live(), request)
        return list(pages.only(*CARD).order_by("-event_date", "-pk")[:EMULATION_PAGES])

    def _children(self, request: HttpRequest) -> Iterable[Page]:
        """Published, in the order of the tree."""
        around = surroundings_of(request)
        if around is not None and around.root.pk == self.pk:
            return around.children
        children: Iterable[Page] = self.get_children().live()
        return children


def first_of_type(model: type[Page], pages: Iterable[Page]) -> Page | None:
    return next((page for page in pages if page.specific_class is model), None)


class PlainPage(VietnameseSlugMixin, Page):
    lead = models.TextField(_("mở đầu"), blank=True, max_length=500)
    body = StreamField(BodyBlock(), verbose_name=_("nội dung"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.SearchField("body")]
    api_fields = [APIField("lead"), APIField("body")]
    parent_page_types = ["home.HomePage", "home.PlainPage"]
    subpage_types = ["home.PlainPage"]

    class Meta:
        verbose_name = _("Trang nội dung")
        verbose_name_plural = _("Trang nội dung")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        fetch_renditions(images_of(self.body))
        return context
