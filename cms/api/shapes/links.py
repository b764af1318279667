"""Pages and documents that something leads to. Nobody is sent to what not everybody may have."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page

from cms.api.reading import Needs, Reading
from cms.api.shapes.base import ABSENT, Components, Schema, Shape, an_object
from cms.core.documents.kinds import kind_of, suffix_of


class PageLink(Shape):
    """Of a page's id, or of a page that is known to be everybody's."""

    parts = ("id", "title", "type", "path", "html_url", "detail_url")

    def collect(self, value: Any, needs: Needs) -> None:
        if isinstance(value, int):
            needs.pages.add(value)

    def write(self, value: Any, reading: Reading) -> Any:
        page = value if isinstance(value, Page) else reading.page(value)
        return ABSENT if page is None else write_link(page, reading)

    def schema(self, components: Components) -> Schema:
        return components.ref(
            "PageLink",
            lambda: an_object(
                {
                    "id": {"type": "integer"},
                    "title": {"type": "string"},
                    "type": {"type": "string", "description": "Of the page, such as news.NewsPage"},
                    "path": {"type": "string"},
                    "html_url": {"type": "string"},
                    "detail_url": {"type": "string"},
                }
            ),
        )


def write_link(page: Page, reading: Reading) -> dict[str, Any]:
    return {
        "id": page.pk,
        "title": page.title,
        "type": type_of(page),
        "path": reading.path_of(page),
        "html_url": reading.html_url(page),
        "detail_url": reading.detail_url("pages", page.pk),
    }


def type_of(page: Page) -> str:
    """`news.NewsPage`"""
    model = type(page) if type(page) is not Page else page.specific_class or Page
    return f"{model._meta.app_label}.{model.__name__}"


class File(Shape):
    """A document, by its id."""

    parts = ("id", "title", "filename", "kind", "content_type", "size", "url")

    def collect(self, value: Any, needs: Needs) -> None:
        if value:
            needs.documents.add(value)

    def write(self, value: Any, reading: Reading) -> Any:
        document = reading.documents.get(value or 0)
        return ABSENT if document is None else write_document(document, reading)

    def schema(self, components: Components) -> Schema:
        return components.ref("Document", lambda: an_object(document_properties()))


def document_properties() -> dict[str, Schema]:
    return {
        "id": {"type": "integer"},
        "title": {"type": "string"},
        "filename": {"type": "string"},
        "kind": {"type": "string", "description": "The suffix in small letters, such as pdf"},
        "content_type": {"type": "string"},
        "size": {"type": ["integer", "null"], "description": "Bytes"},
        "url": {"type": "string"},
    }


def write_document(document: Any, reading: Reading) -> dict[str, Any]:
    return {
        "id": document.pk,
        "title": document.title,
        "filename": document.filename,
        "kind": suffix_of(document.filename),
        "content_type": kind_of(document.filename).content_type,
        "size": document.file_size,
        "url": reading.absolute(document.url),
    }
