"""The kinds of documents that are taken, by suffix: those of Circular 39/2017/TT-BTTTT.

A kind says what must be inside and whether a browser may show it. Everything else is refused: programs, pages and
drawings (HTML, SVG), which run scripts, archives, which hide what they hold, and office files with macros.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import BinaryIO, NamedTuple

from cms.core.documents.contents import is_office, is_old_office, is_open, is_pdf, is_picture, is_text

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
PLAIN = "text/plain; charset=utf-8"


class Kind(NamedTuple):
    """``is_inside`` may raise HasMacros. ``shown``: a browser shows it; it offers other kinds for saving."""

    content_type: str
    is_inside: Callable[[BinaryIO], bool]
    shown: bool = False


def _office(name: str, part: str) -> Kind:
    main = f"{OFFICE}.{name}.{part}"
    return Kind(main, partial(is_office, main_type=f"{main}.main+xml"))


def _open(name: str) -> Kind:
    return Kind(f"{OPEN}.{name}", partial(is_open, mime_type=f"{OPEN}.{name}"))


def _old(content_type: str, *streams: str) -> Kind:
    return Kind(content_type, lambda file: is_old_office(file, *streams))


def _picture(content_type: str, *suffixes: str) -> Kind:
    return Kind(content_type, lambda file: is_picture(file, *suffixes), shown=True)


_JPEG = _picture("image/jpeg", "jpg", "jpeg")
_TIFF = _picture("image/tiff", "tif", "tiff")

KINDS = {
    "pdf": Kind("application/pdf", is_pdf, shown=True),
    "docx": _office("wordprocessingml", "document"),
    "xlsx": _office("spreadsheetml", "sheet"),
    "pptx": _office("presentationml", "presentation"),
    "doc": _old("application/msword", "WordDocument"),
    "xls": _old("application/vnd.ms-excel", "Workbook", "Book"),
    "ppt": _old("application/vnd.ms-powerpoint", "PowerPoint Document"),
    "odt": _open("text"),
    "ods": _open("spreadsheet"),
    "odp": _open("presentation"),
    "csv": Kind("text/csv; charset=utf-8", is_text),
    "txt": Kind(PLAIN, is_text, shown=True),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": _picture("image/png", "png"),
    "gif": _picture("image/gif", "gif"),
    "webp": _picture("image/webp", "webp"),
    "tif": _TIFF,
    "tiff": _TIFF,
}
# A document from before, of a kind that is not taken any more: nobody's browser opens it.
UNKNOWN = Kind("application/octet-stream", lambda _file: False)
WITH_MACROS = frozenset({"docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "pptm", "potm", "ppsm", "ppam"})


def suffix_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def kind_of(name: str) -> Kind:
    return KINDS.get(suffix_of(name), UNKNOWN)
