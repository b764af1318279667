"""The page of results at `/tim-kiem/`, and the suggestions while somebody types.

Everybody gets the same answer to the same question, but answers are not kept: hardly two questions are the same, a
stranger could fill the memory of pages with them, and they are limited by who asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.models import Locale, Page

from cms.accounts.tries import network_of
from cms.core.described import Described
from cms.core.pagination import nearest_page
from cms.news.models import Topic
from cms.search import finding
from cms.search.asking import Asked, read_question
from cms.search.folding import fold
from cms.search.models import Entry
from cms.search.snippets import highlight, snippet
from pipeline.collecting.limits import Limit

SUGGESTIONS = 8
FEWEST_LETTERS = 2
# Of one network: an office behind one address searches together, a program that reads everything does not get far.
SEARCHES = Limit(rate=2.0, burst=60)
TYPING = Limit(rate=10.0, burst=200)
RETRY_SECONDS = 30

View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Result:
    title: SafeString
    url: str
    kind: str
    entry: Entry
    snippet: SafeString


def limited(limit: Limit) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD"])
            if not limit.passes(network_of(request), time.time_ns() // 1_000_000):
                return _too_many(request)
            response = view(request)
            response["Cache-Control"] = "private, no-store"
            return response

        return answer

    return decorate


@limited(SEARCHES)
def show_results(request: HttpRequest) -> HttpResponse:
    asked = read_question(request.GET)
    context: dict[str, Any] = {
        "page": Described(_title(asked), Locale(language_code="vi")),
        "asked": asked,
        "kinds": finding.kinds(),
        "topics": Topic.objects.only("name", "slug"),
        "most": finding.MOST,
    }
    if asked.words or asked.is_filtered:
        context |= _results(asked, request)
    return render(request, "search/results.html", context)


@limited(TYPING)
def suggest(request: HttpRequest) -> HttpResponse:
    """`{"suggestions": [{"title", "url"}]}` for `?q=`."""
    asked = read_question(request.GET)
    found: Sequence[Page] = ()
    if sum(map(len, asked.words)) >= FEWEST_LETTERS:
        found = finding.suggest(asked.words, request, most=SUGGESTIONS)
    return JsonResponse({"suggestions": [{"title": page.title, "url": page.get_url(request)} for page in found]})


def _results(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    ids = finding.find(asked, request)
    paginator = Paginator(ids[: finding.MOST], finding.PER_PAGE)
    shown = nearest_page(paginator, str(asked.page))
    context: dict[str, Any] = {
        "searched": True,
        "listing": shown,
        "more": len(ids) > finding.MOST,
        "results": _describe(list(shown.object_list), asked, request),
        "links": [
            (number, asked.query(page=number) if isinstance(number, int) else None)
            for number in paginator.get_elided_page_range(shown.number)
        ],
        "newer": asked.query(page=shown.number - 1),
        "older": asked.query(page=shown.number + 1),
    }
    if not ids:
        unknown, near = finding.mend(asked, request) if asked.words else ([], [])
        context |= {
            "unknown": _as_typed(asked.text, unknown),
            "near": [(text, asked.query(text=text, filtered=False)) for text in near],
            "unfiltered": asked.query(filtered=False) if asked.is_filtered and asked.words else "",
        }
    return context


def _describe(ids: list[int], asked: Asked, request: HttpRequest) -> list[Result]:
    entries = Entry.objects.select_related("page__content_type", "topic").in_bulk(ids)
    return [
        Result(
            title=highlight(entry.page.title, asked.words),
            url=entry.page.get_url(request) or "",
            kind=finding.label_of(entry.page),
            entry=entry,
            snippet=snippet(entry.text, asked.words),
        )
        for entry in (entries[pk] for pk in ids if pk in entries)
    ]


def _as_typed(text: str, folded_words: Sequence[str]) -> list[str]:
    """The words as the reader wrote them."""
    return list(dict.fromkeys(word for word in text.split() if set(fold(word).split()) & set(folded_words)))


def _title(asked: Asked) -> str:
    return _("Tìm kiếm: %(words)s") % {"words": asked.text} if asked.text else _("Tìm kiếm")


def _too_many(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "private, no-store"}
    if request.path.endswith(".json"):
        return JsonResponse({"suggestions": []}, status=429, headers=headers)
    return HttpResponse(render_to_string("search/too_many.html", {"wait": RETRY_SECONDS}), status=429, headers=headers)
