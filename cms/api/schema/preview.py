"""What `preview/` contributes."""

from __future__ import annotations

from http import HTTPStatus

from cms.api.filters import FIELDS
from cms.api.preview.links import LONGEST
from cms.api.schema.document import Document
from cms.api.schema.pages import a_page, part_of_a_page

PREVIEW = "preview"
LINK = {"name": "link", "in": "path", "required": True, "schema": {"type": "string", "maxLength": LONGEST}}


def contribute(document: Document) -> None:
    document.tag(PREVIEW, "Drafts, by links that editors make")
    operation = document.operation(
        "readPreview",
        "The latest draft of the page that the link is for",
        {"anyOf": [a_page(document), part_of_a_page(document)]},
        tag=PREVIEW,
        parameters=(FIELDS,),
        path_parameters=(LINK,),
        problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
    )
    document.add("preview/{link}/", "get", operation)
