"""The articles that everybody may read on a request's site."""

from __future__ import annotations

import datetime

from django.http import HttpRequest
from django.utils import timezone
from wagtail.query import PageQuerySet

from cms.core.surroundings import surroundings_of
from cms.news.models import NewsPage, Topic, published


def articles_of(request: HttpRequest, topic: Topic | None = None) -> PageQuerySet:
    """Latest first."""
    around = surroundings_of(request)
    if around is None:
        return NewsPage.objects.none()
    articles = published(NewsPage.objects.filter(path__startswith=around.root.path), request)
    return articles.filter(topic=topic) if topic else articles


def moment_of(article: NewsPage) -> datetime.datetime:
    """When it was published: to the second if that was on the day that it names, else the beginning of that day."""
    if article.time_shown:
        return timezone.localtime(article.time_shown)
    day = article.date or timezone.localdate()  # a draft that is looked at may have none
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
