from __future__ import annotations

import io
from typing import Any

import pytest
from asgi import scope_of
from django.core.handlers.wsgi import WSGIRequest

from cms.runtime.environ import build_environ


def request_of(path: str = "/", *, body: bytes = b"", **scope: Any) -> WSGIRequest:
    return WSGIRequest(build_environ(scope_of(path, **scope), io.BytesIO(body), size=len(body)))


def test_django_sees_the_request_as_it_came() -> None:
    request = request_of(
        "/tin-tức/",
        method="POST",
        query=b"trang=2",
        body=b"a=1&b=%C4%91",
        Host="vi.example",
        Content_Type="application/x-www-form-urlencoded",
        Content_Length="12",
        Cookie="sessionid=abc",
    )

    assert (request.method, request.path) == ("POST", "/tin-tức/")
    assert (request.GET["trang"], request.POST["b"], request.COOKIES["sessionid"]) == ("2", "đ", "abc")
    assert (request.headers["Host"], request.META["REMOTE_ADDR"], request.scheme) == (
        "vi.example",
        "198.51.100.7",
        "http",
    )


def test_a_body_of_unannounced_length_is_read() -> None:
    request = request_of(method="POST", body=b"x" * 1000, Transfer_Encoding="chunked", Content_Type="text/plain")

    assert request.body == b"x" * 1000


@pytest.mark.parametrize("query", [pytest.param(b"q=\xff\xfe", id="no text"), pytest.param(b"q=%ff", id="escaped")])
def test_bytes_that_are_no_text_make_no_error(query: bytes) -> None:
    assert request_of("/\ufffd/", query=query).GET["q"]


def test_a_header_cannot_pass_for_another() -> None:
    scope = scope_of("/", X_Forwarded_For="198.51.100.7")
    scope["headers"].append((b"x_forwarded_for", b"203.0.113.9"))

    assert build_environ(scope, io.BytesIO(), size=0)["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"


def test_cookies_in_several_headers_are_one() -> None:
    scope = scope_of("/", Cookie="a=1")
    scope["headers"].append((b"cookie", b"b=2"))

    assert WSGIRequest(build_environ(scope, io.BytesIO(), size=0)).COOKIES == {"a": "1", "b": "2"}
