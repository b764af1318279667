"""The page of a topic: its articles, the most read of them, its feeds."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from wagtail.models import Locale

from cms.core.described import Described
from cms.core.pagination import nearest_page
from cms.core.surroundings import surroundings_of
from cms.found.articles import articles_of
from cms.news.models import ARTICLES_PER_PAGE, RECENT, Topic, for_cards


def show_topic(request: HttpRequest, slug: str) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if surroundings_of(request) is None:
        raise Http404(request.path)
    topic = get_object_or_404(Topic, slug=slug)
    articles = articles_of(request, topic)
    paginator = Paginator(for_cards(articles).prefetch_related("image__renditions"), ARTICLES_PER_PAGE)
    shown = nearest_page(paginator, request.GET.get("page"))
    lead = _("Tin, bài về %(topic)s.") % {"topic": topic.name}
    context = {
        "page": Described(topic.name, Locale(language_code="vi"), topic.get_absolute_url(), lead),
        "topic": topic,
        "articles": shown,
        "numbers": paginator.get_elided_page_range(shown.number),
        "recent_articles": articles.only("title", "url_path", "date", "locale")[:RECENT],
    }
    return render(request, "found/topic.html", context)
