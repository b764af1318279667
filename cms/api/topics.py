"""`topics/`: the topics of articles, and how many pages of each everybody may read. One without such a page is none."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse

from cms.api.endpoint import as_problem, respond
from cms.api.filters import with_topics
from cms.api.parameters import LIMIT, OFFSET, read_parameters
from cms.api.problems import render
from cms.api.reading import Reading, readable
from cms.api.shapes.base import Components, Schema, an_object
from cms.news.models import Topic

PER_LIST = 20
PARAMETERS = (LIMIT, OFFSET)


def show_topics(request: HttpRequest) -> HttpResponse:
    try:
        return respond(list_topics(request))
    except Exception as error:
        return render(as_problem(error))  # which raises what is none of the sender's doing


def list_topics(request: HttpRequest) -> dict[str, Any]:
    """In the order of their names. Raises Problem."""
    given = read_parameters(request.GET, PARAMETERS)
    start, limit = given.get(OFFSET.name, 0), given.get(LIMIT.name, PER_LIST)
    reading = Reading(request)
    pages = _pages_by_topic(request)
    found = Topic.objects.filter(pk__in=list(pages)).order_by("name", "pk")
    items = [
        {
            "id": topic.pk,
            "name": topic.name,
            "slug": topic.slug,
            "html_url": reading.absolute(topic.get_absolute_url()),
            "pages": pages[topic.pk],
        }
        for topic in (found[start : start + limit] if limit else ())
    ]
    return {"meta": {"total_count": len(pages)}, "items": items}


def _pages_by_topic(request: HttpRequest) -> Counter[int]:
    counted: Counter[int] = Counter()
    for model in with_topics():
        having = readable(request, model).exclude(topic=None).order_by().values_list("topic")
        counted.update(dict(having.annotate(number=Count("pk"))))
    return counted


def topic_schema(components: Components) -> Schema:
    text: Schema = {"type": "string"}
    return components.ref(
        "ListedTopic",
        lambda: an_object(
            {
                "id": {"type": "integer"},
                "name": text,
                "slug": {"type": "string", "description": "What `topic` of pages/ takes"},
                "html_url": {"type": "string", "description": "Of the site's own page of the topic"},
                "pages": {"type": "integer", "minimum": 1, "description": "That everybody may read"},
            }
        ),
    )
