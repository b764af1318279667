"""What the endpoints share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import MethodNotAllowed
from wagtail.models import Site
from wagtail_emulation.kinds import EventKind

from cms.api.endpoint import as_problem, respond


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (mark_safe("a"), b'"a"'),
        (gettext_lazy("Tệp đính kèm"), '"Tệp đính kèm"'.encode()),
        (EventKind.SIGNING, b'"signing"'),
        (Decimal("1250.50"), b"1250.50"),
        ("đ</script>\u2028", '"đ</script>\u2028"'.encode()),
        (None, b"null"),
    ],
)
def test_texts_and_numbers_of_every_kind_become_json(value: Any, json: bytes) -> None:
    assert respond([value]).content == b"[" + json + b"]"


def test_what_is_none_of_the_sender_s_doing_is_not_told_as_a_problem() -> None:
    with pytest.raises(ZeroDivisionError):
        as_problem(ZeroDivisionError())


def test_a_refusal_of_the_library_becomes_a_problem() -> None:
    assert as_problem(MethodNotAllowed("POST")).status == 405


@pytest.mark.parametrize("path", ["", "nothing", "pages", "pages/abc/", "pages/-1/", "pages/1", "schema/", "images/x/"])
def test_an_address_that_leads_nowhere_is_a_problem_too(client: Any, site: Site, path: str) -> None:
    answer = client.get(f"/api/v2/{path}", headers={"host": "localhost"})

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["pages", "pages/1", "pages/find", "site", "preview/x"])
def test_who_forgot_the_last_slash_is_told_so(client: Any, site: Site, path: str) -> None:
    answer = client.get(f"/api/v2/{path}", headers={"host": "localhost"})

    assert f"Did you mean /api/v2/{path}/" in answer.json()["detail"]


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "*/*", "nonsense"])
def test_whatever_the_sender_prefers_the_answer_is_json(client: Any, site: Site, accept: str) -> None:
    answer = client.get("/api/v2/pages/", headers={"host": "localhost", "accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
