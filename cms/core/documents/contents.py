"""What is inside a document, whatever its name says. Each test gets a file at any place and leaves it anywhere.

Nothing is unpacked but the lists of contents of archives, within ``MOST_LISTED_BYTES``.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO

import olefile
import puremagic

HEAD_BYTES = 64 * 1024
MOST_LISTED_BYTES = 1_000_000
MOST_MEMBERS = 20_000
CHUNK_BYTES = 1024 * 1024

OFFICE_MACROS = ("vbaproject.bin", "vbadata.xml")
OPEN_MACROS = ("basic/", "scripts/")  # folders
OLD_MACROS = ("VBA", "_VBA_PROJECT_CUR", "Macros")
TEXT_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


class HasMacros(Exception):
    """A program is in it, which runs where somebody opens it."""


def looks_like(file: BinaryIO) -> frozenset[str]:
    """The suffixes that files with this beginning have, such as `pdf`; empty if nobody knows."""
    file.seek(0)
    try:
        return frozenset(found.extension.lstrip(".").lower() for found in puremagic.magic_string(file.read(HEAD_BYTES)))
    except (puremagic.PureError, ValueError):
        return frozenset()


def is_pdf(file: BinaryIO) -> bool:
    return "pdf" in looks_like(file)


def is_picture(file: BinaryIO, *suffixes: str) -> bool:
    return not looks_like(file).isdisjoint(suffixes)


def is_office(file: BinaryIO, main_type: str) -> bool:
    """An Office Open XML document (ISO/IEC 29500) whose main part is of this type. Raises HasMacros."""
    found = _listed(file, "[Content_Types].xml")
    if found is None:
        return False
    names, types = found
    if any(name.endswith(OFFICE_MACROS) for name in names) or b"macroenabled" in types.lower():
        raise HasMacros
    return main_type.encode() in types


def is_open(file: BinaryIO, mime_type: str) -> bool:
    """An OpenDocument file (ISO/IEC 26300) of this type. Raises HasMacros."""
    found = _listed(file, "mimetype")
    if found is None or found[1].strip() != mime_type.encode():
        return False
    if any(name.startswith(OPEN_MACROS) for name in found[0]):
        raise HasMacros
    return True


def is_old_office(file: BinaryIO, *streams: str) -> bool:
    """A compound file of Word, Excel or PowerPoint 97 that has one of these streams. Raises HasMacros."""
    file.seek(0)
    try:
        with olefile.OleFileIO(file.read()) as parts:
            names = {part for path in parts.listdir(storages=True) for part in path}
    except Exception:
        return False
    if names.intersection(OLD_MACROS):
        raise HasMacros
    return not names.isdisjoint(streams)


def is_text(file: BinaryIO) -> bool:
    """Unicode in UTF-8, as Circular 39/2017/TT-BTTTT asks, without control characters."""
    file.seek(0)
    rest = b""
    while chunk := file.read(CHUNK_BYTES):
        text = rest + chunk
        if not TEXT_CONTROLS.isdisjoint(text):
            return False
        end = _whole_characters(text)
        try:
            text[:end].decode()
        except UnicodeDecodeError:
            return False
        rest = text[end:]
    return not rest


def _whole_characters(text: bytes) -> int:
    """Where the last character begins if it may go on in the next chunk, else the end."""
    for back in range(1, min(4, len(text)) + 1):
        byte = text[-back]
        if byte & 0xC0 != 0x80:
            length = 1 + (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0)
            return len(text) - back if length > back else len(text)
    return len(text)


def _listed(file: BinaryIO, member: str) -> tuple[list[str], bytes] | None:
    """The names in an archive, in small letters, and the beginning of a member; None if it has none, or is damaged."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > MOST_MEMBERS:
                return None
            with archive.open(member) as content:
                return [name.lower() for name in names], content.read(MOST_LISTED_BYTES)
    except Exception:
        return None
