"""Completes and compiles the catalogues of this folder: ``python -m cms.locale.build``.

A development command: the repository keeps what it writes. Texts that a new version of a library brings are added
without a translation, and named, for somebody to translate; texts that no library has any more go.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import wagtail
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).parent / "vi/LC_MESSAGES"
PACKAGES = Path(wagtail.__file__).parent.parent
DOMAINS = ("django", "djangojs")  # texts of Python and templates; those of scripts
# Libraries whose texts staff may meet, beside Wagtail. Ours has what their own Vietnamese lacks or says wrongly.
LIBRARIES = (
    "django/conf",
    "django/contrib/auth",
    "django/contrib/contenttypes",
    "django/contrib/humanize",
    "django/contrib/postgres",
    "django/contrib/sessions",
    "taggit",
    "django_filters",
    "django_otp",
)
HEADER = """\
# The admin's texts in Vietnamese. They come before those of Wagtail, Django and the libraries in use.
# README.md beside the folder has the terms; python -m cms.locale.build completes and compiles."""

Key = tuple[str | None, str]  # context and text, the singular if there is a plural


def catalogue(domain: str) -> Path:
    return FOLDER / f"{domain}.po"


def read(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines, locale=file.parts[-3])


def key_of(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def text_of(message: Message) -> str:
    """The translation; Vietnamese has one form for every number."""
    return message.string if isinstance(message.string, str) else (message.string or ("",))[0]


def texts_of(folder: Path, domain: str, language: str) -> dict[Key, Message]:
    """The texts in a library's own catalogue; none if it lacks the file."""
    file = folder / f"locale/{language}/LC_MESSAGES/{domain}.po"
    messages = read(file) if file.exists() else ()
    return {key_of(message): message for message in messages if message.id and not message.fuzzy}


def wagtails(domain: str) -> Iterator[tuple[str, Message]]:
    """Every text of the installed Wagtail, with the folder that it is from."""
    for file in sorted(PACKAGES.glob(f"wagtail/**/locale/en/LC_MESSAGES/{domain}.po")):
        folder = file.parents[3]
        for message in texts_of(folder, domain, "en").values():
            yield folder.relative_to(PACKAGES).as_posix(), message


def others(domain: str) -> Iterator[tuple[str, Message, bool]]:
    """Every text of Django and the libraries, and whether they lack the Vietnamese of it themselves."""
    for name in LIBRARIES:
        folder = PACKAGES / name
        own = {key for key, message in texts_of(folder, domain, "vi").items() if text_of(message)}
        for key, message in (texts_of(folder, domain, "en") or texts_of(folder, domain, "fr")).items():
            yield name, message, key not in own


def completed(domain: str) -> Catalog:
    """The catalogue with an entry for every text that needs one, in the order of the libraries."""
    ours = {key_of(message): message for message in read(catalogue(domain)) if message.id}
    needed: dict[Key, tuple[str, Message]] = {}
    for folder, message in wagtails(domain):
        before = needed.get(key_of(message))
        if not before or isinstance(before[1].id, str):  # the same text may have a plural in one folder alone
            needed[key_of(message)] = folder if not before else before[0], message
    for folder, message, lacking in others(domain):
        if lacking or key_of(message) in ours:
            needed.setdefault(key_of(message), (folder, message))
    whole = Catalog(locale="vi", header_comment=HEADER, fuzzy=False)
    for (context, _text), (folder, message) in needed.items():
        text = text_of(ours[key_of(message)]) if key_of(message) in ours else ""
        string = text if isinstance(message.id, str) else (text,)
        whole.add(message.id, string, context=context, locations=[(folder, None)])  # type: ignore[list-item]
    return whole


def written(whole: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, whole, width=100, omit_header=True)
    # Babel's own header has the time of writing in it.
    head = f"""{HEADER}
msgid ""
msgstr ""
"Language: vi\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
    return head.encode() + buffer.getvalue()


def compiled(file: Path) -> bytes:
    whole = read(file)
    whole.creation_date = whole.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same bytes on every day
    buffer = io.BytesIO()
    write_mo(buffer, whole)
    return buffer.getvalue()


def main() -> int:
    missing = 0
    for domain in DOMAINS:
        whole = completed(domain)
        file = catalogue(domain)
        file.write_bytes(written(whole))
        file.with_suffix(".mo").write_bytes(compiled(file))
        for message in whole:
            if message.id and not text_of(message):
                missing += 1
                sys.stdout.write(f"{domain}: no translation of {message.id!r}\n")
        sys.stdout.write(f"{domain}: {len(whole)} texts\n")
    return os.EX_DATAERR if missing else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
