"""The example front end of examples/headless, built for a portal and served on an origin of its own."""

from __future__ import annotations

import mimetypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from http_server import serve
from missing import skip_or_fail
from part import ROOT

SOURCE = ROOT / "examples/headless"
TYPES = SOURCE / "src/nhip/schema.d.ts"


def require_packages() -> None:
    if shutil.which("npm") is None:
        skip_or_fail("no npm on PATH; Node 20.19 or newer would let this test run")
    if not (SOURCE / "node_modules").exists():
        skip_or_fail("no packages of the example; `npm ci` in examples/headless would let this test run")


def build(portal: str, into: Path) -> None:
    """As `npm run build` does, the check of types included; into a directory that may be empty or missing."""
    _run("npm", "run", "--silent", "check")
    _run("npx", "vite", "build", "--outDir", str(into), "--emptyOutDir", VITE_NHIP_API=portal)


def types_of(document: Path, into: Path) -> str:
    """What `npm run types` would write of an OpenAPI document; ``into`` is a file."""
    _run("npx", "openapi-typescript", str(document), "--output", str(into))
    return into.read_text(encoding="utf-8")


def _run(*command: str, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=SOURCE, env=os.environ | environment, capture_output=True, check=False, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Gives the origin. Addresses without a file are the application's: it has one page for all of them."""

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = directory / self.path.partition("?")[0].lstrip("/")
            file = asked if asked.is_file() else directory / "index.html"
            body = file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", mimetypes.guess_type(file.name)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with serve(Files) as origin:
        yield origin
