"""What `topics/` contributes."""

from __future__ import annotations

from cms.api.schema.document import Document, listing_of
from cms.api.topics import PARAMETERS, topic_schema

TOPICS = "topics"


def contribute(document: Document) -> None:
    document.tag(TOPICS, "What articles are about")
    operation = document.operation(
        "listTopics",
        "Topics of which there is a page, with how many",
        listing_of(topic_schema(document)),
        tag=TOPICS,
        parameters=PARAMETERS,
    )
    document.add("topics/", "get", operation)
