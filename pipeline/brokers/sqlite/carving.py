"""Rows of a damaged SQLite file: every leaf page is read by itself, whatever became of the pages that lead to it.

The file format is https://www.sqlite.org/fileformat2.html. Deleted rows do not come back: the files that this is for
are written with ``secure_delete``, which overwrites them.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

TABLE_LEAF, INDEX_LEAF = 13, 10
USUAL_PAGE = 4_096
WAL_MAGIC = (0x377F0682, 0x377F0683)
WAL_HEADER, FRAME_HEADER, FILE_HEADER = 32, 24, 100
INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
NOT_READABLE = (IndexError, ValueError, struct.error)  # what bytes that are no row lead to


def carve(file: Path) -> Iterator[tuple[int, Row]]:
    """Each readable row with the kind of its page: TABLE_LEAF, or INDEX_LEAF for indexes and tables without row ids.

    What was committed to the WAL beside ``file`` counts. Reads only; another process may have the file open.
    """
    pages = _Pages(file)
    for number in range(1, pages.count + 1):
        page = pages[number]
        start = FILE_HEADER if number == 1 else 0
        kind = page[start] if len(page) > start else 0
        if kind in (TABLE_LEAF, INDEX_LEAF):
            yield from ((kind, row) for row in _rows(pages, page, start, kind))


class _Pages:
    """The pages of a file by number, from 1, as its WAL has left them."""

    def __init__(self, file: Path) -> None:
        self._bytes = file.read_bytes()
        wal = file.with_name(file.name + "-wal")
        log = wal.read_bytes() if wal.exists() else b""
        self.size = _page_size(self._bytes) or _wal_page_size(log) or USUAL_PAGE
        self._newer = _committed(log, self.size)
        self.count = max([-(-len(self._bytes) // self.size), *self._newer])

    def __getitem__(self, number: int) -> bytes:
        if number < 1:
            raise ValueError(number)
        return self._newer.get(number) or self._bytes[(number - 1) * self.size : number * self.size]


def _page_size(file: bytes) -> int:
    if not file.startswith(b"SQLite format 3\0"):
        return 0
    (size,) = struct.unpack_from(">H", file, 16)
    return 65_536 if size == 1 else int(size)


def _wal_page_size(wal: bytes) -> int:
    if len(wal) < WAL_HEADER or struct.unpack_from(">I", wal)[0] not in WAL_MAGIC:
        return 0
    return int(struct.unpack_from(">I", wal, 8)[0])


def _committed(wal: bytes, size: int) -> dict[int, bytes]:
    """The last content of each page in the WAL's committed transactions, as a recovery of SQLite's would take it."""
    if _wal_page_size(wal) != size:
        return {}
    order = "<" if struct.unpack_from(">I", wal)[0] == WAL_MAGIC[0] else ">"
    salt = wal[16:24]
    sums = _checksum(wal[:24], (0, 0), order)
    pages: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for at in range(WAL_HEADER, len(wal) - FRAME_HEADER - size + 1, FRAME_HEADER + size):
        header, page = wal[at : at + FRAME_HEADER], wal[at + FRAME_HEADER : at + FRAME_HEADER + size]
        sums = _checksum(page, _checksum(header[:8], sums, order), order)
        number, ends_with, *said = struct.unpack(">II8xII", header)
        if header[8:16] != salt or tuple(said) != sums:
            break
        pending[number] = page
        if ends_with:
            pages.update(pending)
            pending.clear()
    return pages


def _checksum(content: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _rows(pages: _Pages, page: bytes, start: int, kind: int) -> Iterator[Row]:
    try:
        (count,) = struct.unpack_from(">H", page, start + 3)
        cells = struct.unpack_from(f">{min(count, pages.size // 4)}H", page, start + 8)
    except NOT_READABLE:
        return
    for cell in cells:
        try:
            yield _decode(_payload(pages, page, cell, kind))
        except NOT_READABLE:
            continue


def _payload(pages: _Pages, page: bytes, at: int, kind: int) -> bytes:
    """A cell's content, with what is on overflow pages."""
    length, at = _varint(page, at)
    if kind == TABLE_LEAF:
        _row_id, at = _varint(page, at)
    most = pages.size - 35 if kind == TABLE_LEAF else (pages.size - 12) * 64 // 255 - 23
    if length <= most:
        return _exactly(page, at, length)
    least = (pages.size - 12) * 32 // 255 - 23
    here = least + (length - least) % (pages.size - 4)
    here = here if here <= most else least
    content = bytearray(_exactly(page, at, here))
    (number,) = struct.unpack_from(">I", page, at + here)
    while len(content) < length:
        if number > pages.count:
            raise ValueError(number)
        rest = pages[number]
        (number,) = struct.unpack_from(">I", rest)
        content += rest[4 : 4 + length - len(content)]
    return bytes(content)


def _decode(record: bytes) -> Row:
    end, at = _varint(record, 0)
    kinds = []
    while at < end:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(record, at, kind)
        values.append(value)
    if at != len(record):
        raise ValueError(at)
    return tuple(values)


def _value(record: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind == 7:
        return float(struct.unpack_from(">d", record, at)[0]), at + 8
    if kind in INTEGER_BYTES:
        length = INTEGER_BYTES[kind]
        return int.from_bytes(_exactly(record, at, length), "big", signed=True), at + length
    if kind < 12:
        raise ValueError(kind)
    length = (kind - 12) // 2
    content = _exactly(record, at, length)
    return (content.decode() if kind % 2 else content), at + length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for _ in range(8):
        value = value << 7 | content[at] & 0x7F
        at += 1
        if content[at - 1] < 0x80:
            return value, at
    return value << 8 | content[at], at + 1


def _exactly(content: bytes, at: int, length: int) -> bytes:
    part = content[at : at + length]
    if len(part) != length:
        raise ValueError(length)
    return part
