"""Whether a user agent is a crawler's, by crawlerdetect's lists, in time that grows with its length alone.

crawlerdetect joins 1,400 patterns for Python's engine, which goes back and forth in them: 27 ms for 512 letters that
somebody chose for that. RE2 takes each letter once. What it can't read, lookaheads, is left to Python's.
"""

import re
from collections.abc import Callable, Sequence

import re2
from crawlerdetect.providers import crawlers, exclusions

MEMORY_BYTES = 16 << 20  # at most, for the states that RE2 remembers; when they are full it begins anew
LOOKAROUND = "(?!", "(?=", "(?<"


def is_crawler(user_agent: str) -> bool:
    """Without what every browser says (the exclusions), does any of the patterns fit?"""
    rest = _exclusions.sub("", user_agent).strip()
    return bool(rest) and any(search(rest) is not None for search in _searches)


def _compile(patterns: Sequence[str]) -> "re2._Regexp[str]":
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = MEMORY_BYTES
    return re2.compile("|".join(patterns), options)


def _looks_around(pattern: str) -> bool:
    return any(sign in pattern for sign in LOOKAROUND)


_exclusions = _compile([pattern for pattern in exclusions.data if not _looks_around(pattern)])
_searches: list[Callable[[str], object]] = [
    _compile([pattern for pattern in crawlers.data if not _looks_around(pattern)]).search,
    *(re.compile(pattern, re.IGNORECASE).search for pattern in crawlers.data if _looks_around(pattern)),
]
