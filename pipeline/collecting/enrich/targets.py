"""What a reader followed, searched for or did not find, in the form in which it may be stored: short, and of no person.

Text that could be a person's data is empty: what was counted stays counted, and nobody can read what it was.
"""

import re
from unicodedata import normalize
from urllib.parse import unquote

from pipeline.collecting.enrich.referrers import origin_of, settle

MAX_SEARCH_CHARS = 60
MAX_PATH_CHARS = 200
TIMES_ENCODED = 2
FILES = ("/documents/", "/media/")  # where the site keeps the files of its editors

# In time that grows with the length: a digit can only be taken at one place.
_DIGITS = re.compile(r"\d(?:[ .-]?\d)*")
_YEARS = re.compile(r"(?:19|20)\d\d[ -](?:19|20)\d\d")
_AT_SIGNS = "@＠﹫"
MOST_DIGITS_OF_A_SEARCH = 5
MOST_DIGITS_OF_A_PATH = 8  # such as a date; a telephone's number has ten, an identity card's twelve

_no_names = settle([])


def search_of(words: str) -> str:
    """Lower case, single spaces, 60 characters. Two years are no telephone's number."""
    text = _plain(" ".join(words[: 4 * MAX_SEARCH_CHARS].split()), MAX_SEARCH_CHARS).lower()
    text = _plain(" ".join(text.split()), MAX_SEARCH_CHARS)  # small letters may be longer than capitals
    return "" if _is_personal(text, MOST_DIGITS_OF_A_SEARCH) else text


def path_of(path: str) -> str:
    """Without a query, decoded, 200 characters; empty if it was encoded again and again."""
    before, path = path, _decode(path[: 9 * MAX_PATH_CHARS])
    for _ in range(TIMES_ENCODED):
        before, path = path, _decode(path)
    text = _plain(path, MAX_PATH_CHARS)
    return "" if path != before or _is_personal(text, MOST_DIGITS_OF_A_PATH) else text


def host_of(link: str) -> str:
    """Without ``www.`` and port; empty if the link has none."""
    return origin_of(link, _no_names).source


def _decode(path: str) -> str:
    return unquote(path).partition("?")[0].partition("#")[0]


def _plain(text: str, most: int) -> str:
    """In NFC, without what can't be seen, cut."""
    seen = "".join(character for character in normalize("NFC", text) if character.isprintable())
    return normalize("NFC", seen)[:most].strip()


def _is_personal(text: str, most_digits: int) -> bool:
    if any(sign in text for sign in _AT_SIGNS):
        return True
    runs = (found[0] for found in _DIGITS.finditer(text))
    return any(sum(map(str.isdigit, run)) > most_digits and not _YEARS.fullmatch(run) for run in runs)
