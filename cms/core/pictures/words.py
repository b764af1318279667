"""What a picture shows, in words: from its description in the library, never from the name of its file."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from anyascii import anyascii
from wagtail.images.models import AbstractImage

# As cameras, telephones, messengers and scanners call their files.
_NAMES = re.compile(
    r"^(img|image|dsc[fn]?|dscn|pxl|mvimg|vid|photo|picture|screenshot|screen shot|scan|z|zalo|fb|received|untitled"
    r"|anh|hinh|anh chup man hinh|clip image)?[\s_()-]*\d[\d\s_()-]*([a-z]{1,3})?$"
)
_SUFFIX = re.compile(r"\.(avif|bmp|gif|hei[cf]|jpe?g|png|svg|tiff?|webp)$")


def is_name_of_a_file(text: str, image: Any) -> bool:
    """Whether ``text`` says nothing but how a file is called: this image's, or any camera's."""
    plain = anyascii(text).casefold().strip()
    if _SUFFIX.search(plain) or _NAMES.match(plain):
        return True
    name = _letters(PurePosixPath(image.file.name).stem.rpartition("-")[0] or PurePosixPath(image.file.name).stem)
    return " " not in plain and bool(name) and _letters(plain) == name


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(text).casefold())


def describe_by_description_alone() -> None:
    """Call this once, in ``ready()``: Wagtail 8 falls back to an image's title, which is its file's name at first."""
    AbstractImage.default_alt_text = property(lambda image: image.description)
