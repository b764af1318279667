"""The folded form of a text, in which texts are indexed and searched: small letters without diacritics, words alone.

*Thi đua*, *THI ĐUA* and *thi dua* are one, in NFC and in NFD. It is made here and not by the database, so that SQLite
and PostgreSQL find the same, and PostgreSQL needs no extension (docs/decisions/0037-search.md).
"""

from __future__ import annotations

import unicodedata

STROKES = str.maketrans("đĐ", "dD")  # which Unicode does not take apart


class _Letters(dict[int, str]):
    """A character → one character: its letter without diacritics, small; a space for what is of no word."""

    def __missing__(self, ordinal: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(ordinal).translate(STROKES))[:1].lower()[:1]
        self[ordinal] = letter = plain if plain.isalnum() else " "
        return letter


_letters = _Letters()


def clean(text: str) -> str:
    """In NFC, without the marks that belong to no letter then, and without what no page shows (NUL)."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii():
        return composed.replace("\0", " ")
    return "".join(letter for letter in composed if not unicodedata.combining(letter)).replace("\0", " ")


def align(cleaned: str) -> str:
    """The folded form of a text that is `clean`, a character for each character."""
    return cleaned.translate(_letters)


def fold(text: str) -> str:
    """The folded words, with a space between."""
    return " ".join(align(clean(text)).split())
