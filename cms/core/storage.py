"""Names of uploaded files: no public one is ever given twice, so that browsers may keep a file for ever.

Django gives a deleted picture's name to the next picture that is called the same. Here the name of each new picture and
rendition ends with a random part that no earlier name had.
"""

import re
import secrets
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from anyascii import anyascii
from django.core.files.storage import FileSystemStorage

from cms.core.full_disk import is_refused_by_disk
from cms.core.pictures.errors import NoRoom

# Wagtail's own view serves documents, since it checks permissions; nobody else does.
PRIVATE_FOLDERS = ("documents",)
# Pictures as they were uploaded, with all that cameras and telephones write into them: editors alone may have them.
ORIGINALS_FOLDER = "original_images"
RENDITIONS_FOLDER = "images"
LONGEST_STEM = 60
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 letters that nobody confuses
RANDOM_LETTERS = 10  # 50 bits, beside a name that would have to be the same too
RANDOM_PART = re.compile(rf"-[{ALPHABET}]{{{RANDOM_LETTERS}}}(?=\.|$)")


class UniqueNames(FileSystemStorage):
    """Files on disk; a public file has an ASCII name that no other file had or will have.

    Documents, which are not public, keep the name that people gave them.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        path = PurePosixPath(name)
        if path.parts[0] not in PRIVATE_FOLDERS:
            name = str(path.with_name(unique_name_of(path.name)))
        return str(super().get_available_name(name, max_length=max_length))

    def _save(self, name: str, content: Any) -> str:
        """Leave no half of a file. Raises NoRoom for a rendition on a full disk, so that its page goes on without."""
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # the stubs leave it out
        except OSError as error:
            with suppress(OSError):
                self.delete(name)
            if is_refused_by_disk(error) and PurePosixPath(name).parts[0] == RENDITIONS_FOLDER:
                raise NoRoom(str(error)) from error
            raise


def unique_name_of(name: str) -> str:
    """`Ảnh đẹp (1).JPG` → `anh-dep-1-` + random letters + `.jpg`: readable, at most 80 letters with a usual suffix."""
    path = PurePosixPath(anyascii(name).lower())
    random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LETTERS))
    return f"{_readable(path.stem)}-{random}{path.suffix}"


def is_for_ever(name: str) -> bool:
    """Whether the name was made here, so that nothing else will ever have it."""
    return RANDOM_PART.search(name) is not None


def _readable(stem: str) -> str:
    """Letters, digits, hyphens, and the dots between a rendition's operations; without its picture's random part."""
    words = re.sub(r"[^a-z0-9.]+", "-", RANDOM_PART.sub("", stem))
    return words[:LONGEST_STEM].strip("-.") or "tep"
