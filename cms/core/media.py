"""Uploaded files, served by Django where no web server does it."""

from posixpath import normpath

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve

# Wagtail's own view serves documents, since it checks permissions; their folder stays shut here.
PRIVATE_FOLDERS = ("documents",)
ONE_DAY = 24 * 60 * 60


def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with an uploaded file that the browser must neither sniff nor run. Raises Http404 for anything else."""
    path = normpath(f"/{path}").lstrip("/")  # an absolute path has nothing above it
    if path.split("/", maxsplit=1)[0] in PRIVATE_FOLDERS:
        raise Http404(path)
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"public, max-age={ONE_DAY}"
    return response
