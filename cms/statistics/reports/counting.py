"""*Cách chúng tôi đếm* · *How we count*: the public page that says what the numbers mean, in both languages.

It is made of what is in force: the definitions that go out with every answer, and the settings of this installation. A
number here is never typed in twice.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import translation
from wagtail.models import Locale

from cms.core.described import Described
from cms.statistics.models import StatisticsSettings
from cms.statistics.reports.tables import heading
from pipeline.collecting.enrich.lists import versions
from pipeline.periods import ONLINE_SECONDS
from pipeline.reports.metrics import FEWEST_READERS, METRICS
from pipeline.settings import Settings

ADDRESSES = {"vi": "cach-chung-toi-dem/", "en": "en/how-we-count/"}
TITLES = {"vi": "Cách chúng tôi đếm", "en": "How we count"}


class Definition(NamedTuple):
    name: str
    text: str


def show_counting(request: HttpRequest, language: str) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    with translation.override(language):
        return render(request, f"statistics/counting_{language}.html", context_of(request, language))


def context_of(request: HttpRequest, language: str) -> dict[str, Any]:
    settings = _settings()
    return {
        "page": Described(
            TITLES[language],
            Locale(language_code=language),
            path=f"/{ADDRESSES[language]}",
            translations=tuple((one, f"/{path}") for one, path in ADDRESSES.items()),
        ),
        "language": language,
        "other": "/" + ADDRESSES["en" if language == "vi" else "vi"],
        "definitions": definitions(language),
        "unit": StatisticsSettings.for_request(request).unit,
        "online_minutes": ONLINE_SECONDS // 60,
        "raw_days": settings.raw_days,
        "page_views_at_once": settings.network_page_views,
        "readers_at_once": settings.network_readers,
        "search_readers": FEWEST_READERS,
        "lists": versions(),
    }


def definitions(language: str) -> list[Definition]:
    """Of every metric that reports have, as answers define it."""
    found = []
    for metric in METRICS.values():
        name, text = (
            (heading(metric), metric.definition_vi) if language == "vi" else (metric.heading_en, metric.definition_en)
        )
        found.append(Definition(name[:1].upper() + name[1:], text))
    return found


@cache
def _settings() -> Settings:
    """Of this process; they do not change while it runs."""
    return Settings.from_env()
