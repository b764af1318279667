"""Compression as the reader takes it: br, zstd, gzip, or none."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Literal, NamedTuple

import brotli
import zstandard

Encoding = Literal["br", "zstd", "gzip", "identity"]

SMALLEST_FIRST: tuple[Encoding, ...] = ("br", "zstd", "gzip")


class Levels(NamedTuple):
    """How hard each encoding tries."""

    br: int
    zstd: int
    gzip: int


# For a page that changes with its numbers, several times a second: 40 KB of HTML take under a millisecond.
QUICK = Levels(br=5, zstd=6, gzip=6)
# For what is compressed once.
BEST = Levels(br=11, zstd=19, gzip=9)


def compress(body: bytes, encoding: Encoding, levels: Levels = QUICK) -> bytes:
    compressed: bytes = body
    if encoding == "br":
        compressed = brotli.compress(body, mode=brotli.MODE_TEXT, quality=levels.br)
    elif encoding == "zstd":
        compressed = zstandard.ZstdCompressor(level=levels.zstd).compress(body)
    elif encoding == "gzip":
        compressed = gzip.compress(body, levels.gzip, mtime=0)
    return compressed


@lru_cache(maxsize=256)
def choose(accepted: bytes) -> Encoding:
    """The smallest encoding that the header Accept-Encoding takes (RFC 9110 12.5.3)."""
    weights = dict(map(_weigh, accepted.decode("latin-1").lower().split(",")))
    for encoding in SMALLEST_FIRST:
        if weights.get(encoding, weights.get("*", 0.0)) > 0:
            return encoding
    return "identity"


def _weigh(item: str) -> tuple[str, float]:
    name, *parameters = item.replace(" ", "").split(";")
    weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return name, float(weight or 1)
    except ValueError:
        return name, 0.0
