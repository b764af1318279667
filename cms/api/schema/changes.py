"""What `changes/` contributes. Webhooks and Kafka's topic have the same events."""

from __future__ import annotations

from http import HTTPStatus

from cms.announcing.models import EventType
from cms.api.changes import PARAMETERS
from cms.api.schema.document import Document
from cms.api.shapes.base import Schema, an_object, nullable

CHANGES = "changes"


def contribute(document: Document) -> None:
    document.tag(CHANGES, "What became of the published tree")
    answer = an_object(
        {
            "changes": {"type": "array", "items": an_event(document)},
            "next": {"type": "string", "description": "Give it as `since` the next time, as it is"},
            "more": {"type": "boolean", "description": "Whether there are more right now"},
        }
    )
    operation = document.operation(
        "listChanges",
        "The last event of each page that changed since, the oldest first",
        answer,
        tag=CHANGES,
        parameters=PARAMETERS,
        problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
    )
    document.add("changes/", "get", operation)


def an_event(document: Document) -> Schema:
    return document.ref("Change", _event)


def _event() -> Schema:
    time: Schema = {"type": "string", "format": "date-time"}
    path: Schema = {"type": "string", "description": "Empty of a page that is gone, after a while"}
    page = an_object(
        {
            "id": {"type": "integer"},
            "type": {"type": "string"},
            "path": path,
            "locale": {"type": "string"},
            "last_published_at": nullable(time),
        }
    )
    site = an_object({"id": {"type": "integer"}, "url": {"type": "string"}})
    before: Schema = {"type": "string", "description": "With page.moved alone"}
    return an_object(
        {
            "id": {"type": "string", "description": "The same wherever and however often the event is told"},
            "type": {"type": "string", "enum": [one.value for one in EventType]},
            "timestamp": time,
            "sequence": {"type": "integer", "description": "Of two events of a page the higher one is the later"},
            "data": an_object({"page": page, "site": site, "previous_path": before}, optional=("previous_path",)),
        }
    )
