"""Vietnamese letters in one spelling: Unicode's NFC (TCVN 6909:2001), however they were typed.

Some keyboards and PDF files send ``ế`` as three characters. Then two equal titles differ, a search finds one of them,
and a limit counts thrice. Two places see to it: what a form sends is composed before it is checked, so that a check
is of what is saved; and what is saved is composed, by whatever program it comes. A body that a program writes into a
draft is composed when the draft is published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unicodedata import is_normalized, normalize

from django.db import models
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDictKeyError
from wagtail.fields import StreamField

from cms.core.errors import bad_request

# Compared by what was typed, letter for letter.
SECRETS = ("password", "csrfmiddlewaretoken")
# Not names of files, which are what the disk calls them.
TEXTS = (models.CharField, models.TextField, models.JSONField)


def compose(value: Any) -> Any:
    """``value`` with each text in it in NFC; lists and dicts are looked into, others come back as they are."""
    if isinstance(value, str):
        return value if value.isascii() or is_normalized("NFC", value) else normalize("NFC", value)
    if isinstance(value, dict):
        return {compose(key): compose(content) for key, content in value.items()}
    if isinstance(value, list):
        return [compose(content) for content in value]
    return value


def compose_on_save() -> None:
    """Call this once, in ``ready()``."""
    pre_save.connect(_compose_fields, dispatch_uid="nhip-nfc")


def _compose_fields(instance: models.Model, raw: bool = False, **_facts: Any) -> None:
    if raw:  # a backup comes back as it was
        return
    for field in instance._meta.concrete_fields:
        if field.attname not in instance.__dict__:  # deferred: not read, so not changed
            continue
        if isinstance(field, StreamField):
            _compose_body(instance, field)
        elif isinstance(field, TEXTS):
            value = instance.__dict__[field.attname]
            composed = compose(value)
            if composed is not value and composed != value:
                setattr(instance, field.attname, composed)


def _compose_body(instance: models.Model, field: StreamField) -> None:
    body = getattr(instance, field.attname)
    stored = field.stream_block.get_prep_value(body)
    composed = compose(stored)
    if composed != stored:
        setattr(instance, field.attname, field.to_python(composed))


class ComposedForms:
    """Middleware: what forms send, in NFC. Passwords are left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        if request.method == "POST" and (form := _composed(request.POST)):
            request.POST = form  # type: ignore[assignment]  # Django's own type is of an immutable one

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Wagtail's forms fail where a field is missing that every browser sends; that is no fault of the site."""
        return bad_request(request, exception) if isinstance(exception, MultiValueDictKeyError) else None


def _composed(form: QueryDict) -> QueryDict | None:
    """None if nothing is to be done, as for nearly every form."""
    if all(value.isascii() or is_normalized("NFC", value) for values in form.lists() for value in values[1]):
        return None
    composed = form.copy()
    for name, values in form.lists():
        if not any(secret in name for secret in SECRETS):
            composed.setlist(name, [compose(value) for value in values])
    composed._mutable = False
    return composed
