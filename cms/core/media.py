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
from cms.core.private_pictures import may_have
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


def name_of(path: Path) -> str:
    """The name that the database knows the file by."""
    return path.relative_to(Path(settings.MEDIA_ROOT).resolve()).as_posix()


def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A picture that not everybody may have; under Django's own server every file. Raises Http404.

    The product's server sends the others itself.
    """
    try:
        found = find_upload(path)
        if not may_have(request, name_of(found)):
            raise Http404(path)
        answer = FileResponse(found.open("rb"), headers=headers_of(found, found.stat()))
    except OSError as error:
        raise Http404(path) from error
    answer["Cache-Control"] = "private, no-store"
    return answer
