"""An ASGI request as a WSGI environment (PEP 3333), for Django."""

import sys
from typing import Any, BinaryIO

from pipeline.process.http import Scope

NAMES = {b"content-type": "CONTENT_TYPE"}
LEFT_OUT = (b"content-length", b"transfer-encoding")  # the body's size is known by now, however it was announced


def build_environ(scope: Scope, body: BinaryIO, *, size: int) -> dict[str, Any]:
    """``body``: the whole of it, ``size`` bytes, at its beginning.

    A header with an underscore in its name is left out, as nginx and Django's own server do: under WSGI it could pass
    for the one with hyphens, which a proxy may have set.
    """
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin-1"),
        "PATH_INFO": scope["path"].removeprefix(scope.get("root_path", "")).encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope),
    }


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in LEFT_OUT or b"_" in name:
            continue
        key = NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        together = "; " if name == b"cookie" else ","  # RFC 9113 8.2.3, RFC 9110 5.3
        found[key] = f"{found[key]}{together}{text}" if key in found else text
    return found
