"""News: articles, and an index that lists them in pages."""

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from cms.core.blocks import BodyBlock
from cms.core.pagination import nearest_page
from cms.core.slugs import VietnameseSlugMixin

ARTICLES_PER_PAGE = 9
RELATED_ARTICLES = 3


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

    def articles(self) -> "models.QuerySet[NewsPage]":
        return published(NewsPage.objects.child_of(self))

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        paginator = Paginator(self.articles(), ARTICLES_PER_PAGE)
        context["articles"] = articles = nearest_page(paginator, request.GET.get("page"))
        context["numbers"] = paginator.get_elided_page_range(articles.number)
        return context


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

    class Meta:
        verbose_name = _("Bài viết")
        verbose_name_plural = _("Bài viết")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["previous_article"] = self.previous_article()
        context["next_article"] = self.next_article()
        context["related_articles"] = self.related_articles()
        return context

    def previous_article(self) -> "NewsPage | None":
        """The article before this one, by date and then by age in the database."""
        earlier = models.Q(date__lt=self.date) | models.Q(date=self.date, pk__lt=self.pk)
        return self._siblings().filter(earlier).first()

    def next_article(self) -> "NewsPage | None":
        later = models.Q(date__gt=self.date) | models.Q(date=self.date, pk__gt=self.pk)
        return self._siblings().filter(later).last()

    def related_articles(self) -> "list[NewsPage]":
        """Articles of the same topic first, and the latest first within each group."""
        same_topic = (
            models.Case(models.When(topic=self.topic_id, then=0), default=1) if self.topic_id else models.Value(0)
        )
        return list(self._siblings().order_by(same_topic, "-date", "-pk")[:RELATED_ARTICLES])

    def _siblings(self) -> "models.QuerySet[NewsPage]":
        return published(NewsPage.objects.sibling_of(self, inclusive=False))


def published(articles: "models.QuerySet[NewsPage]") -> "models.QuerySet[NewsPage]":
    """The articles that everyone may read, latest first, fetched with the topic and image of their cards."""
    everyone: models.QuerySet[NewsPage] = articles.live().public()  # type: ignore[attr-defined]
    return everyone.select_related("topic", "image").prefetch_related("image__renditions").order_by("-date", "-pk")
