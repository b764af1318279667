"""The admin's texts in Vietnamese: every text of the installed libraries, with its placeholders, compiled."""

from __future__ import annotations

import re
import unicodedata

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from django.utils import translation
from django.utils.translation import gettext, ngettext

from cms.locale.build import DOMAINS, catalogue, compiled, completed, key_of, read, text_of, wagtails, written

PLACEHOLDER = re.compile(r"%\(\w+\)[sdrf]|%[sd]|%%|\{\w*\}")
MARKUP = re.compile(r"</?\w+[^>]*>")
RUN = "run: python -m cms.locale.build"


def entries(domain: str) -> list[Message]:
    return [message for message in read(catalogue(domain)) if message.id]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_of_the_installed_libraries_has_an_entry_and_no_entry_is_without_a_text(domain: str) -> None:
    assert catalogue(domain).read_bytes() == written(completed(domain)), RUN
    assert [message.id for message in entries(domain) if not text_of(message).strip(" …")] == ["…"] * (
        domain == "django"
    )


def test_all_of_wagtail_is_there() -> None:
    keys = {key_of(message) for domain in DOMAINS for message in entries(domain)}
    texts = [key_of(message) for domain in DOMAINS for _folder, message in wagtails(domain)]

    assert len(texts) > 1_900
    assert set(texts) <= keys


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_says_the_same(domain: str) -> None:
    file = catalogue(domain)
    assert file.with_suffix(".mo").read_bytes() == compiled(file), RUN
    with file.with_suffix(".mo").open("rb") as binary:
        by_key = {key_of(message): text_of(message) for message in read_mo(binary) if message.id}
    assert by_key == {key_of(message): text_of(message) for message in entries(domain)}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_keeps_placeholders_markup_and_outer_blanks(domain: str) -> None:
    """Vietnamese has one form for every number; it says the number, which an English singular may leave out."""
    for message in entries(domain):
        forms = [message.id] if isinstance(message.id, str) else list(message.id)
        text = text_of(message)
        placeholders = [sorted(set(PLACEHOLDER.findall(form))) for form in forms]
        assert sorted(set(PLACEHOLDER.findall(text))) in placeholders, forms
        assert sorted(MARKUP.findall(text)) in [sorted(MARKUP.findall(form)) for form in forms], forms
        assert text[: len(text) - len(text.lstrip())] == forms[0][: len(forms[0]) - len(forms[0].lstrip())], forms
        assert text[len(text.rstrip()) :] == forms[0][len(forms[0].rstrip()) :], forms
        assert unicodedata.is_normalized("NFC", text), forms


def test_it_comes_before_the_words_of_the_libraries() -> None:
    with translation.override("vi"):
        assert gettext("Password reset unsuccessful") == "Không đặt lại được mật khẩu"  # Django's says the contrary
        assert gettext("Simplified Chinese") == "Tiếng Trung giản thể"
        assert gettext("Submit for moderation") == "Gửi duyệt"
        assert ngettext("%(num)d week", "%(num)d weeks", 1) % {"num": 1} == "1 tuần"
    with translation.override("en"):
        assert gettext("Submit for moderation") == "Submit for moderation"
