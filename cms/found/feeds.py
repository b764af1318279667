"""RSS 2.0 and Atom (RFC 4287): the latest news, of all topics or of one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.http import http_date
from django.utils.timezone import now
from django.utils.translation import gettext as _
from wagtail.models import Locale

from cms.core.described import Described
from cms.core.models import DepartmentSettings
from cms.core.sites import find_site
from cms.found.addresses import absolute, address_of, root_url
from cms.found.articles import articles_of, moment_of
from cms.news.models import NewsPage, Topic

Form = type[Rss201rev2Feed] | type[Atom1Feed]

FORMS: dict[str, Form] = {"rss": Rss201rev2Feed, "atom": Atom1Feed}
ARTICLES = 30
FIELDS = ("title", "url_path", "date", "topic", "lead", "author", "first_published_at", "last_published_at", "locale")


def show_feed(request: HttpRequest, form: str, slug: str = "") -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    site = find_site(request)
    if site is None:
        raise Http404(request.path)
    topic = get_object_or_404(Topic, slug=slug) if slug else None
    articles = list(articles_of(request, topic).select_related("topic").only(*FIELDS)[:ARTICLES])
    feed = _feed(FORMS[form], request, topic, DepartmentSettings.for_request(request).name)
    for article in articles:
        _add(feed, article, request)
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    if changed := [article.last_published_at for article in articles if article.last_published_at]:
        response["Last-Modified"] = http_date(max(changed).timestamp())
    return response


def show_feeds(request: HttpRequest) -> HttpResponse:
    """The page that lists the feeds."""
    page = Described(_("Kênh tin RSS"), Locale(language_code="vi"), reverse("feeds"))
    return render(request, "found/feeds.html", {"page": page, "topics": Topic.objects.all()})


def _feed(form: Form, request: HttpRequest, topic: Topic | None, department: str) -> Rss201rev2Feed | Atom1Feed:
    title = f"{topic.name} – {department}" if topic else department
    subject = topic.name if topic else _("Tin tức")
    return form(
        title=title,
        link=absolute(topic.get_absolute_url(), request) if topic else f"{root_url(request)}/",
        description=_("%(subject)s của %(department)s") % {"subject": subject, "department": department},
        language="vi",
        feed_url=absolute(request.path, request),
        feed_guid=absolute(request.path, request),
    )


def _add(feed: SyndicationFeed, article: NewsPage, request: HttpRequest) -> None:
    published_at = moment_of(article)
    described: dict[str, Any] = {"author_name": article.author} if article.author else {}
    feed.add_item(
        title=_readable(article.title),
        link=address_of(article, request),
        description=_readable(article.lead),
        pubdate=published_at,
        updateddate=max(article.last_published_at or published_at, published_at) if published_at <= now() else now(),
        # An article that is moved stays the same to whoever has read it.
        unique_id=f"{root_url(request)}/#{article.pk}",
        unique_id_is_permalink=False,
        categories=[article.topic.name] if article.topic else [],
        **described,
    )


def _readable(text: str) -> str:
    """Without the characters that XML can't hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
