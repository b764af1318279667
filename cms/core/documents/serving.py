"""A document as an answer, in place of Wagtail's, which says `Content-Encoding: None` and lets any kind be shown."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from wagtail import hooks
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument, document_served

from cms.core.documents.kinds import kind_of
from pipeline.process.headers import DOCUMENT, DOWNLOAD


def serve_document(request: HttpRequest, number: int, name: str) -> HttpResponseBase:
    """The document, if Wagtail's hooks let the reader have it, else what they answer. Raises Http404."""
    document = get_object_or_404(get_document_model(), pk=number)
    if document.filename != name:
        raise Http404(name)
    for asked in hooks.get_hooks("before_serve_document"):
        answer = asked(document, request)
        if isinstance(answer, HttpResponseBase):
            return answer
    document_served.send(sender=type(document), instance=document, request=request)
    return answer_with(document)


def answer_with(document: AbstractDocument) -> FileResponse:
    """Conditions and ranges are the server's (`cms/runtime/files.py`). Raises Http404."""
    path, kind = Path(document.file.path), kind_of(document.filename)
    try:
        file = path.open("rb")
    except OSError as error:
        raise Http404(document.filename) from error
    changed = path.stat()
    return FileResponse(
        file,
        as_attachment=not kind.shown,
        filename=document.filename,
        content_type=kind.content_type,
        headers={
            "Last-Modified": http_date(changed.st_mtime),
            "ETag": f'"{changed.st_mtime_ns:x}-{changed.st_size:x}"',
            **(DOCUMENT if kind.shown else DOWNLOAD),
        },
    )
