"""sitemap.xml (sitemaps.org): an index of files with every page that everybody may see; and one of the latest news.

The news sitemap has two days, as search engines ask for: it is of its moment, so that it is not kept.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page
from wagtail.query import PageQuerySet

from cms.core.models import DepartmentSettings
from cms.core.surroundings import Surroundings, public, surroundings_of
from cms.found.addresses import absolute, address_of, root_url
from cms.found.articles import articles_of, moment_of
from cms.news.models import Topic

AT_ONCE = 5000  # pages of one file; it may have 50,000 addresses
MOST_PARTS = 50_000  # that an index may name
NEWS_DAYS = 2
MOST_NEWS = 1000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS_NAMESPACE = "http://www.google.com/schemas/sitemap-news/0.9"


def show_index(request: HttpRequest) -> HttpResponse:
    around = _around(request)
    summary = _pages(around, request).aggregate(latest=Max("last_published_at"))
    parts = range(1, max(1, -(-_pages(around, request).count() // AT_ONCE)) + 1)
    files = [*(reverse("sitemap_part", args=[part]) for part in parts), reverse("sitemap_topics")]
    entries = [_entry("sitemap", absolute(path, request), summary["latest"]) for path in files]
    entries.append(_entry("sitemap", absolute(reverse("sitemap_news"), request), None))
    return _xml("sitemapindex", entries)


def show_part(request: HttpRequest, part: int) -> HttpResponse:
    """Pages in the order of their ids, so that a new one changes the last file alone."""
    if not 1 <= part <= MOST_PARTS:
        raise Http404(request.path)
    around, root = _around(request), root_url(request)
    rows = _pages(around, request).order_by("pk").values_list("url_path", "last_published_at")
    shown = rows[(part - 1) * AT_ONCE : part * AT_ONCE]
    cut = len(around.root.url_path) - 1
    entries = [_entry("url", root + url_path[cut:], changed) for url_path, changed in shown]
    if not entries:
        raise Http404(request.path)
    return _xml("urlset", entries)


def show_topics(request: HttpRequest) -> HttpResponse:
    _around(request)
    used = articles_of(request).order_by().values("topic")
    topics = Topic.objects.filter(pk__in=used)
    return _xml("urlset", [_entry("url", absolute(topic.get_absolute_url(), request), None) for topic in topics])


def show_news(request: HttpRequest) -> HttpResponse:
    _around(request)
    name = escape(DepartmentSettings.for_request(request).name)
    since = timezone.localdate() - datetime.timedelta(days=NEWS_DAYS)
    articles = articles_of(request).filter(date__gte=since, date__lte=timezone.localdate())
    entries = [
        f"<url><loc>{escape(address_of(article, request))}</loc><news:news><news:publication><news:name>{name}"
        f"</news:name><news:language>vi</news:language></news:publication><news:publication_date>"
        f"{moment_of(article).isoformat(timespec='seconds')}</news:publication_date>"
        f"<news:title>{escape(article.title)}</news:title></news:news></url>"
        for article in articles.only("title", "url_path", "date", "first_published_at", "locale")[:MOST_NEWS]
    ]
    response = _xml("urlset", entries, more=f' xmlns:news="{NEWS_NAMESPACE}"')
    response["Cache-Control"] = "public, max-age=300"
    return response


def _around(request: HttpRequest) -> Surroundings:
    around = surroundings_of(request)
    if around is None:
        raise Http404(request.path)
    return around


def _pages(around: Surroundings, request: HttpRequest) -> PageQuerySet:
    return public(Page.objects.filter(live=True, path__startswith=around.root.path), request)


def _entry(name: str, address: str, changed: datetime.datetime | None) -> str:
    when = f"<lastmod>{changed.astimezone().isoformat(timespec='seconds')}</lastmod>" if changed else ""
    return f"<{name}><loc>{escape(address)}</loc>{when}</{name}>"


def _xml(name: str, entries: Iterable[str], *, more: str = "") -> HttpResponse:
    body = "\n".join(entries)
    return HttpResponse(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}"{more}>\n{body}\n</{name}>\n',
        content_type="application/xml; charset=utf-8",
    )
