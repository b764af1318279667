"""Finds English in what people see of a page. It knows no language: a word without diacritics that can't be a
Vietnamese syllable is foreign, unless it is a name, and so is a text that a library's catalogue has as its own."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

from cms.locale.build import DOMAINS, catalogue, read, text_of

# Without diacritics there is no stop at the end: such syllables have a tone.
SYLLABLE = re.compile(
    r"(?:b|ch?|đ|d|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x)?"
    r"(?:(?:a|e|i|o|u|y|oa|oe|uy)(?:m|n|ng|nh)?|ai|ao|au|ay|eo|ia|iu|oi|oai|oay|ua|uai|ui|uya)"
)
# The same, as it is written in an address: "xuat-ban".
BARE = re.compile(r"(?:b|ch?|d|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x)?[aeiouy]{1,3}(?:c|ch|m|n|ng|nh|p|t)?")
_NAMES = """
    admin alt api avif bcc bot byte chrome chromium ctrl cookie css csv django docx edge email embedly enter esc excel
    facebook firefox google gif html https iframe ipv java javascript jpeg jpg json kb linkedin logo mb menu mp3 mp4
    nhịp odt otp pdf pixel png px qr rss safari seo shift sms ssl svg tiff tls twitter unicode url utf video wagtail web
    webp word xlsx xml youtube zalo zip
"""
NAMES = frozenset(_NAMES.split())  # and words that the office uses as they are
ADMINISTRATOR = "admin"  # the account that the first start makes
ENGLISH = frozenset(["the", "then", "them", "by", "my", "you", "us"])  # that could be syllables
# Keys and versions, sizes, names of models and files, addresses, placeholders, tags, and a word that is cut off.
NOT_WORDS = re.compile(
    r"https?://\S+|#[0-9a-f]{6}\b|nhip_[\w-]+|\bv[\d.]+|\d+x\d+|[a-z_]+(?:\.[a-z_]+)+|\S+\.[a-z]\w{1,4}\b|\S+@\S+|(?<!\S)/\S+"
    r"|&\w+;|%\(\w+\)\w|\{\{?\w+\}?\}|<[^>]*>|\w*…$"
)
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
SEEN_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "label", "aria-description", "summary"}
HIDDEN = {"script", "style", "code", "kbd", "svg"}
UNSEEN_DATA = {"data-controller", "data-action", "data-contentpath", "data-field-wrapper", "data-block-key"}
# Of the attributes data-* and of JSON: names of classes, fields, keys and the like; formats of days; tokens.
NO_TEXT = re.compile(
    r"|[a-z_]\S*|[A-Z_]+|[A-Z]\w*[a-z]\w*[A-Z]\w*|X-\S+|[!#./@:^].*|True|False|None"
    r"|\w{20,}\S*|\S+=\S*|[dmYHi/.: -]+|(?:[\w!-]*[-:_][\w:-]*\s*)+"
)
ACTION = re.compile(r"->|\{\{|^[a-z-]+:\S")


def own_texts() -> frozenset[str]:
    """What the libraries say in English, without what is the same in Vietnamese."""
    return frozenset(
        form.strip().lower()
        for domain in DOMAINS
        for message in read(catalogue(domain))
        if message.id
        for form in ([message.id] if isinstance(message.id, str) else message.id)
        if form.strip().lower() != text_of(message).strip().lower() and "%" not in form
    )


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)  # the fields that people type into


class Seen(HTMLParser):
    """What people see or hear of a page, in parts, with what its scripts will show; and its forms as they are."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._field = ""
        self._option: tuple[str, bool] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        counter = "data-side-panel-toggle-counter" in values  # hidden until a script has counted
        if tag in HIDDEN or counter or not values.get("lang", "vi").startswith("vi"):
            self._open.append("json" if tag == "script" and "json" in values.get("type", "") else tag)
        for name, value in values.items():
            if name in SEEN_ATTRIBUTES or (name == "value" and tag == "input" and values.get("type") == "submit"):
                self._add(value)
            elif name.startswith("data-") and name not in UNSEEN_DATA:
                self.texts += texts_of_data(value)
        self._note_control(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] in {tag, "json" if tag == "script" else tag}:
            self._open.pop()
        if tag in {"textarea", "select"}:
            self._field = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "json":
            self.texts += texts_of_data(data)
        elif not self._open:
            self._add(data)
        if self._field and self.forms and not self._open:
            values = self.forms[-1].fields.get(self._field)
            if values == [""]:
                values[0] = data

    def _add(self, text: str) -> None:
        if words := " ".join(unicodedata.normalize("NFC", text).split()):
            self.texts.append(words)

    def _note_control(self, tag: str, values: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        name, kind = values.get("name", ""), values.get("type", "text")
        if not self.forms or "disabled" in values:
            return
        form = self.forms[-1]
        if "w-block" in values.get("data-controller", ""):  # a script fills it
            form.fields[f"{values['id']}-count"] = ["0"]
        if tag == "option" and self._field in form.fields and "selected" in values:
            form.fields[self._field] = [values.get("value", "")]
        elif tag == "option" and form.fields.get(self._field) == []:
            form.fields[self._field] = [values.get("value", "")]  # a browser takes the first
        if not name:
            return
        if tag == "textarea":
            self._field = name
            form.fields[name] = [""]
            form.texts.add(name)
        elif tag == "select":
            self._field = name
            form.fields[name] = []
        elif tag == "input" and kind in {"checkbox", "radio"}:
            if "checked" in values:
                form.fields.setdefault(name, []).append(values.get("value", "on"))
        elif tag == "input" and kind not in {"submit", "button", "file", "image", "reset"}:
            form.fields.setdefault(name, []).append(values.get("value", ""))
            if kind != "hidden":
                form.texts.add(name)


@cache
def texts_of_data(value: str) -> list[str]:
    """The texts for people in the value of an attribute data-* or in JSON for a script."""
    if value.lstrip()[:1] in {"{", "["}:
        try:
            return list(_leaves(json.loads(value)))
        except ValueError:  # a selector in brackets, or a format
            return []
    return list(_leaves(value)) if value.strip() else []


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in {"_type", "key", "contentPath", "icon", "iconName", "icon_name", "classname", "className"}:
                yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str):
        if "<" in value and ">" in value:
            yield from Seen(value).texts
        elif value.lstrip()[:1] in {"{", "["}:
            yield from texts_of_data(value)
        elif not NO_TEXT.fullmatch(value.strip()) and not ACTION.search(value):
            yield " ".join(unicodedata.normalize("NFC", value).split())


def texts_in(html: str) -> list[str]:
    return Seen(html).texts


def foreign(text: str, own: frozenset[str], names: Iterable[str] = ()) -> list[str]:
    """The words of ``text`` that are neither Vietnamese nor names, or the whole if a library says it in English."""
    text = text.strip()
    if text != ADMINISTRATOR and (text.lower().rstrip(":…. ") in own or text.lower() in own):
        return [text]
    allowed = NAMES | {name.lower() for name in names}
    return [word for word in WORD.findall(NOT_WORDS.sub(" ", text)) if _is_foreign(word, allowed)]


def _is_foreign(word: str, allowed: frozenset[str]) -> bool:
    if not word.isascii() or (word.isupper() and len(word) <= 6) or word.lower() in allowed:
        return False
    parts = word.lower().split("-")
    if len(parts) > 1:
        return not all(BARE.fullmatch(part) or part in allowed for part in parts)
    return word.lower() in ENGLISH or not SYLLABLE.fullmatch(word.lower())
