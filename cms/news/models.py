"""News: articles, and an index that lists them in pages."""

import datetime
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from cms.core.blocks import BodyBlock, images_of
from cms.core.pagination import nearest_page
from cms.core.pictures.forms import IllustratedPageForm
from cms.core.renditions import fetch_renditions
from cms.core.slugs import VietnameseSlugMixin, slug_of
from cms.core.surroundings import public

ARTICLES_PER_PAGE = 9
RELATED_ARTICLES = 3
RECENT = 40  # the latest articles, of which the most read are shown
LATEST_FIRST = ("-date", "-pk")
LATE = timedelta(days=1)  # a publication that came later than this was not the one that had been set
YOUNGEST = 2**63 - 1  # the key that an article will have which has none yet
CARD = ("title", "url_path", "date", "topic", "lead", "image")


@register_snippet
class Topic(models.Model):
    name = models.CharField(_("tên chuyên mục"), max_length=60, unique=True)
    slug = models.SlugField(
        _("địa chỉ"),
        max_length=80,
        unique=True,
        blank=True,
        help_text=_("Phần cuối của địa chỉ trang chuyên mục; để trống thì lấy theo tên."),
    )

    panels = [FieldPanel("name"), FieldPanel("slug")]
    api_fields = [APIField("name"), APIField("slug")]

    class Meta:
        verbose_name = _("Chuyên mục")
        verbose_name_plural = _("Chuyên mục")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = free_slug(self.name, taken=Topic.objects.exclude(pk=self.pk))
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("topic", args=[self.slug])


def free_slug(name: str, *, taken: "models.QuerySet[Topic]") -> str:
    """The slug of a name, numbered if another topic has it; it stays when the name changes."""
    slug = wanted = slug_of(name)[:70] or "chuyen-muc"
    number = 1
    while taken.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted}-{number}"
    return slug


class NewsIndexPage(VietnameseSlugMixin, Page):
    lead = models.TextField(_("giới thiệu"), blank=True, max_length=400)

    content_panels = [*Page.content_panels, FieldPanel("lead")]
    api_fields = [APIField("lead")]
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
    date = models.DateField(
        _("ngày đăng"),
        null=True,
        blank=True,
        help_text=_("Để trống: ngày đăng thật, kể cả khi hẹn giờ. Chỉ ghi khi bài mang ngày khác."),
    )
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
        FieldPanel("lead"),
        # On one screen with title and lead.
        FieldRowPanel([FieldPanel("image"), FieldPanel("date"), FieldPanel("topic")]),
        FieldRowPanel([FieldPanel("image_caption"), FieldPanel("image_credit")]),
        FieldPanel("body"),
        FieldPanel("author"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]
    api_fields = [
        APIField("date"),
        APIField("topic"),
        APIField("lead"),
        APIField("image"),
        APIField("body"),
        APIField("author"),
    ]
    base_form_class = IllustratedPageForm
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A public article has a date: its own, or that of its publication."""
        if self.live and self.date is None:
            self.date = self._day()
        super().save(*args, **kwargs)

    @property
    def published_at(self) -> datetime.datetime | None:
        """When readers first had it, or will have it; the time that was set, if it was kept."""
        first: datetime.datetime | None = self.first_published_at
        planned: datetime.datetime | None = self.go_live_at
        if first is None or (planned and timedelta() <= first - planned < LATE):
            return planned
        return first

    @property
    def time_shown(self) -> datetime.datetime | None:
        """The time of day beside the date; None if the date is not that of the publication."""
        at = self.published_at
        return at if at and timezone.localdate(at) == self.date else None

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if self.date is None:  # a draft in its preview
            self.date = self._day()
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
        date, pk = self.date or self._day(), self.pk or YOUNGEST
        earlier = models.Q(date__lt=date) | models.Q(date=date, pk__lt=pk)
        later = models.Q(date__gt=date) | models.Q(date=date, pk__gt=pk)
        return Neighbours(
            # The bounds say nothing new, but the index on the date takes no alternatives.
            previous=titles.filter(earlier, date__lte=date).first(),
            next=titles.filter(later, date__gte=date).last(),
            related=self._related(for_cards(siblings)),
        )

    def _day(self) -> datetime.date:
        """The day of an article that names none."""
        return timezone.localdate(self.published_at or timezone.now())

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
