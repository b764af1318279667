"""Compression as the reader takes it: br, zstd, gzip, or none."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import brotli
import zstandard

Encoding = Literal["br", "zstd", "gzip", "identity"]
SMALLEST_FIRST: tuple[Encoding, ...] = ("br", "zstd", "gzip")

# Levels for a page that changes with its numbers, several times a second: 40 KB of HTML take under a millisecond.
BROTLI_QUALITY = 5
ZSTD_LEVEL = 6
GZIP_LEVEL = 6

_zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
_COMPRESS: dict[Encoding, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
    "zstd": _zstd.compress,
    "gzip": lambda body: gzip.compress(body, GZIP_LEVEL, mtime=0),
    "identity": lambda body: body,
}


def compress(body: bytes, encoding: Encoding) -> bytes:
    return _COMPRESS[encoding](body)


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
