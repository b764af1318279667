"""What a picture says beside its points, which nobody is told to publish: where and when it was taken, with which
device, by whom. A picture that is uploaded as a document loses it; not a point of it changes.

Of JPEG (ITU-T T.81), PNG (ISO/IEC 15948) and WebP (RFC 9649) the parts are left that are needed to show it, with the
profile of its colours and the way up. TIFF and GIF keep their places within the file, so one that says where it was
taken is refused instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

ORIENTATION, GPS = 0x0112, 0x8825  # tags of Exif 3.0
XMP_PLACE = re.compile(rb"exif:GPS|GPSL(?:at|ong)itude")
START, END, SCAN = b"\xff\xd8", 0xD9, 0xDA
BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
PROFILE = b"ICC_PROFILE\0"
MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
WEBP_SAYS = 0x08 | 0x04  # flags of VP8X: Exif, XMP


class Damaged(Exception):
    """It ends before it should, or is not built as its kind is."""


class SaysWhere(Exception):
    """It has the place where it was taken, and that can't be taken out."""


def without_metadata(content: bytes) -> bytes:
    """The same picture. Raises Damaged, SaysWhere."""
    if content.startswith(START):
        return b"".join(_jpeg(content))
    if content.startswith(PNG_START):
        return b"".join(_png(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        parts = b"".join(_webp(content))
        return b"RIFF" + (len(parts) + 4).to_bytes(4, "little") + b"WEBP" + parts
    if _says_where(content):
        raise SaysWhere
    return content


def _jpeg(content: bytes) -> Iterator[bytes]:
    """What follows the end of the picture goes too: phones put films and further pictures there."""
    yield START
    yield from _way_up(content)
    at = len(START)
    while found := MARKER.match(content, at):
        marker, after = content[found.end() - 1], found.end()
        if marker == END:
            yield b"\xff\xd9"
            return
        if marker not in BARE:
            length = int.from_bytes(content[after : after + 2])
            after += length
            if length < 2 or after > len(content):
                raise Damaged
        if marker == SCAN and (end := MARKER.search(content, after)):
            after = end.start()
        if _is_needed(marker, content[found.end() + 2 : found.end() + 14]):
            yield b"\xff" + content[found.end() - 1 : after]
        at = after
    raise Damaged


def _is_needed(marker: int, beginning: bytes) -> bool:
    if 0xE0 <= marker <= 0xEF:  # of applications
        return marker in {0xE0, 0xEE} or (marker == 0xE2 and beginning == PROFILE)
    return marker != 0xFE  # a comment


def _way_up(content: bytes) -> Iterator[bytes]:
    turned = _read(content).getexif().get(ORIENTATION, 1)
    if turned in range(2, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = turned
        data = exif.tobytes()
        yield b"\xff\xe1" + (len(data) + 2).to_bytes(2) + data


def _png(content: bytes) -> Iterator[bytes]:
    yield PNG_START
    at = len(PNG_START)
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        if end > len(content):
            break
        if kind in PNG_KEPT:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end
    raise Damaged


def _webp(content: bytes) -> Iterator[bytes]:
    at, whole = 12, int.from_bytes(content[4:8], "little") + 8
    if whole > len(content):
        raise Damaged
    while at + 8 <= whole:
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if end > whole or not length:
            raise Damaged
        part = content[at:end]
        if kind == b"VP8X":
            part = part[:8] + bytes([part[8] & ~WEBP_SAYS & 0xFF]) + part[9:]
        if kind in WEBP_KEPT:
            yield part
        at = end


def _says_where(content: bytes) -> bool:
    return bool(XMP_PLACE.search(content)) or bool(_read(content).getexif().get_ifd(GPS))


def _read(content: bytes) -> Image.Image:
    """Its header alone."""
    try:
        return Image.open(BytesIO(content))
    except Exception as error:  # whatever a broken file makes of Pillow
        raise Damaged from error
