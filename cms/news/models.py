"""News: articles, and an index that lists them in pages."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from cms.core.blocks import BodyBlock, images_of
from cms.core.pagination import nearest_page
from cms.core.renditions import fetch_renditions
from cms.core.slugs import VietnameseSlugMixin
from cms.core.surroundings import public

ARTICLES_PER_PAGE = 9
RELATED_ARTICLES = 3
LATEST_FIRST = ("-date", "-pk")
YOUNGEST = 2**63 - 1  # the key that an article will have which has none yet
CARD = ("title", "url_path", "date", "topic", "lead", "image")


@register_snippet
class Topic(models.Model):
    name = models.CharField(_("tên chuyên mục"), max_length=60, unique=True)

    panels = [FieldPanel("name")]

    class Meta:
        verbose_name = _("Chuyên mục")
        verbose_name_plural = _("Chuyên mục")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class NewsIndexPage(VietnameseSlugMixin, Page):
    lead = models.TextField(_("giới thiệu"), blank=True, max_length=400)

    content_panels = [*Page.content_panels, FieldPanel("lead")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["news.NewsPage"]

    class Meta:
        verbose_name = _("Chuyên trang tin tức")
        verbose_name_plural = _("Chuyên trang tin tức")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        articles = for_cards(published(NewsPage.objects.child_of(self), request))
        paginator = Paginator(articles.prefetch_related("image__renditions"), ARTICLES_PER_PAGE)
        context["articles"] = articles = nearest_page(paginator, request.GET.get("page"))
        context["numbers"] = paginator.get_elided_page_range(articles.number)
        return context


@dataclass(frozen=True)
class Neighbours:
    """The articles that an article leads to; before and after by date, and then by age in the database."""

    previous: "NewsPage | None"
    next: "NewsPage | None"
    related: "list[NewsPage]"  # of the same topic first, and the latest first within each group


class NewsPage(VietnameseSlugMixin, Page):
    date = models.DateField(_("ngày đăng"), default=timezone.localdate)
    topic = models.ForeignKey(
        Topic, verbose_name=_("chuyên mục"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lead = models.TextField(_("tóm tắt"), max_length=500, help_text=_("Hai, ba câu nói hết ý chính của bài."))
    image = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("ảnh chính"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    image_caption = models.CharField(_("chú thích ảnh"), max_length=255, blank=True)
    image_credit = models.CharField(_("nguồn ảnh"), max_length=120, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("nội dung"), blank=True)
    author = models.CharField(
        _("người viết"), max_length=120, blank=True, help_text=_("Tên hoặc bút danh, đơn vị; để trống nếu không ghi.")
    )

    content_panels = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("date"), FieldPanel("topic")]),
        FieldPanel("lead"),
        MultiFieldPanel(
            [FieldPanel("image"), FieldPanel("image_caption"), FieldPanel("image_credit")], heading=_("Ảnh chính")
        ),
        FieldPanel("body"),
        FieldPanel("author"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]
    parent_page_types = ["news.NewsIndexPage"]
    subpage_types: list[str] = []
    served_with = ["topic", "image"]

    class Meta:
        verbose_name = _("Bài viết")
        verbose_name_plural = _("Bài viết")
        indexes = [
            models.Index(fields=["-date", "-page_ptr"], name="news_latest_first"),
            models.Index(fields=["topic", "-date", "-page_ptr"], name="news_latest_of_a_topic"),
        ]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        neighbours = self.neighbours(request)
        context["previous_article"] = neighbours.previous
        context["next_article"] = neighbours.next
        context["related_articles"] = neighbours.related
        fetch_renditions([self.image, *(article.image for article in neighbours.related), *images_of(self.body)])
        return context

    def neighbours(self, request: HttpRequest) -> Neighbours:
        siblings = published(NewsPage.objects.sibling_of(self), request)
        titles = siblings.only("title", "url_path")
        date, pk = self.date, self.pk or YOUNGEST
        earlier = models.Q(date__lt=date) | models.Q(date=date, pk__lt=pk)
        later = models.Q(date__gt=date) | models.Q(date=date, pk__gt=pk)
        return Neighbours(
            # The bounds say nothing new, but the index on the date takes no alternatives.
            previous=titles.filter(earlier, date__lte=date).first(),
            next=titles.filter(later, date__gte=date).last(),
            related=self._related(for_cards(siblings)),
        )

    def _related(self, siblings: PageQuerySet) -> "list[NewsPage]":
        related: dict[int, NewsPage] = {}
        if self.topic_id:
            related = {article.pk: article for article in siblings.filter(topic=self.topic_id)[: RELATED_ARTICLES + 1]}
        if len(related.keys() - {self.pk}) < RELATED_ARTICLES:
            # As many as needed if this article and those of its topic are among the latest.
            latest = {article.pk: article for article in siblings[: 2 * RELATED_ARTICLES]}
            related |= {pk: article for pk, article in latest.items() if pk not in related}
        return [article for pk, article in related.items() if pk != self.pk][:RELATED_ARTICLES]


def published(articles: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """The articles that everyone may read, latest first."""
    # The bound leads SQLite to the index on the date, and to the first articles without sorting all of them.
    return public(articles.filter(live=True, date__lte=datetime.date.max), request).order_by(*LATEST_FIRST)


def for_cards(articles: PageQuerySet) -> PageQuerySet:
    """With what cards show, and no more: above all without the bodies."""
    return articles.select_related("topic", "image").only(*CARD)
