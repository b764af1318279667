"""What `site/` and `pages/find/` contribute."""

from __future__ import annotations

from cms.api.filters import FIELDS
from cms.api.finding import PATH
from cms.api.schema.document import Document
from cms.api.schema.pages import NOT_THERE, PAGES, a_page, part_of_a_page
from cms.api.shapes.base import Schema, an_object
from cms.api.site import site_schema

SITE = "site"


def contribute(document: Document) -> None:
    document.tag(SITE, "What stands around every page")
    document.add(
        "site/",
        "get",
        document.operation("readSite", "Settings, menu, footer, redirects, locales", site_schema(document), tag=SITE),
    )
    text: Schema = {"type": "string"}
    redirected = document.ref(
        "Redirected", lambda: an_object({"from": text, "to": text, "permanent": {"type": "boolean"}})
    )
    whole, part = a_page(document), part_of_a_page(document)
    for name in ("PageMeta", "PageMetaPart"):
        document.schemas[name]["properties"]["redirected"] = redirected
    outside = document.ref(
        "OutsideRedirect",
        lambda: an_object({"redirect": an_object({"to": text, "permanent": {"type": "boolean"}})}),
    )
    operation = document.operation(
        "findPage",
        "The page at a path, redirects followed; its Content-Location is its own address",
        {"anyOf": [whole, part, outside]},
        tag=PAGES,
        parameters=(PATH, FIELDS),
        problems=NOT_THERE,
    )
    next(one for one in operation["parameters"] if one["name"] == PATH.name)["required"] = True
    document.add("pages/find/", "get", operation)
