"""The part of a text that shows why it was found, with the words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from cms.search.folding import align, clean

LENGTH = 240  # characters
BEFORE = 70  # of them before the first word


def highlight(text: str, words: Sequence[str]) -> SafeString:
    """The whole text."""
    text = clean(text)
    return _marked(text, words)


def snippet(text: str, words: Sequence[str], *, length: int = LENGTH) -> SafeString:
    """About ``length`` characters around the words, in their order if they are so anywhere."""
    folded = align(text)
    found = _pattern([" ".join(words)]).search(folded) if words else None
    if found is None and words:
        found = _pattern(words).search(folded)
    start = max(0, found.start() - BEFORE) if found else 0
    end = min(len(text), start + length)
    start = max(0, min(start, end - length))
    if start:
        start = text.find(" ", start, start + 30) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + length // 2)
    shown = _marked(text[start:end].strip(), words)
    return format_html("{}{}{}", "… " if start else "", shown, " …" if end < len(text) else "")


def _marked(text: str, words: Sequence[str]) -> SafeString:
    if not words:
        return conditional_escape(text)
    pieces, done = [], 0
    for found in _pattern(words).finditer(align(text)):
        pieces.append(conditional_escape(text[done : found.start()]))
        pieces.append(format_html("<mark>{}</mark>", text[found.start() : found.end()]))
        done = found.end()
    pieces.append(conditional_escape(text[done:]))
    return mark_safe("".join(pieces))


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words of a folded text, and what stands between two that follow each other as well."""
    either = "|".join(re.escape(word).replace(r"\ ", " +") for word in sorted(set(words), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?: +(?:{either}))*(?!\w)")
