"""Uploaded files that everybody may have: which they are, and how a browser must take them."""

import mimetypes
import os
from pathlib import Path
from posixpath import normpath

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import http_date

from cms.core.hashed_files import FOR_EVER
from cms.core.storage import PRIVATE_FOLDERS, is_for_ever
from pipeline.process.headers import PICTURE, SHARED

ONE_DAY = 24 * 60 * 60


def find_upload(path: str) -> Path:
    """The file at ``path`` below MEDIA_URL. Raises FileNotFoundError for everything that is not public or no file.

    A link that leads out of the folder, or into a private one, leads nowhere.
    """
    try:
        root = Path(settings.MEDIA_ROOT).resolve()
        found = (root / normpath(f"/{path}").lstrip("/")).resolve(strict=True)  # an absolute path has nothing above it
        if found.is_file() and found.relative_to(root).parts[0].casefold() not in PRIVATE_FOLDERS:
            return found
    except (OSError, ValueError, RuntimeError) as error:  # names that no file can have, loops of links, other folders
        raise FileNotFoundError(path) from error
    raise FileNotFoundError(path)


def headers_of(path: Path, found: os.stat_result) -> dict[str, str]:
    """What a browser is told about an uploaded file, which it must neither sniff nor run."""
    content_type, encoding = mimetypes.guess_type(path)
    return {
        "Content-Type": content_type or "application/octet-stream",
        **({"Content-Encoding": encoding} if encoding else {}),
        "Last-Modified": http_date(found.st_mtime),
        "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}"',
        "Cache-Control": FOR_EVER if is_for_ever(path.name) else f"public, max-age={ONE_DAY}",
        **PICTURE,
        **SHARED,
    }


def serve_media(_request: HttpRequest, path: str) -> HttpResponseBase:
    """The same under Django's own server; the product's server sends files itself. Raises Http404."""
    try:
        found = find_upload(path)
        return FileResponse(found.open("rb"), headers=headers_of(found, found.stat()))
    except OSError as error:
        raise Http404(path) from error
