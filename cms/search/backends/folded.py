"""A question of Wagtail's search, with its words folded and no more of them than a backend can take."""

from __future__ import annotations

from typing import Any

from modelsearch.query import Phrase, PlainText

from cms.search.folding import fold

MOST_WORDS = 32  # the backends put words together one in another, as deep as there are words
LONGEST_QUESTION = 1000  # characters
OF_NO_TEXT = "\ue000"  # a word that no folded text has: what is asked for by punctuation alone


def folded(query: Any) -> Any:
    if isinstance(query, PlainText):
        return PlainText(_words(query.query_string), operator=query.operator)
    return Phrase(_words(query.query_string)) if isinstance(query, Phrase) else query


def _words(text: str) -> str:
    words = fold(text[:LONGEST_QUESTION]).split()
    return " ".join(words[:MOST_WORDS]) or OF_NO_TEXT
