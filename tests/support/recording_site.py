"""For tests of the beacon script: a site whose pages carry the script, and a collector that records what arrives."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_server import serve
from patience import wait_until

from pipeline.collecting.script.build import BUILT, SECOND_BUILT

PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><link rel="icon" href="data:,"><title>{path}</title>
<script>{witness}{script}</script>{rules}
<a id="there" href="/there">there</a> <a id="elsewhere" href="/elsewhere?x=1">elsewhere</a>
{tag}
<noscript><img src="{prefix}luot?t={path}-token&amp;n=navigate" alt="" width="1" height="1" hidden></noscript>
</html>"""

TAG = '<script src="PREFIXb.js" data-t="PATH-token" defer></script>'

SECOND_TAG = '<script src="PREFIXdoc.js?v=1" defer></script>'

PRERENDER_THERE = """<script type="speculationrules">
{"prerender": [{"source": "list", "urls": ["/there"], "eagerness": "immediate"}]}</script>"""

# Reports the page's visibility, to prove that the test's case occurred; `after` waits for the test to open a gate.
WITNESS = """
const witness = (what) => navigator.sendBeacon("/witness", JSON.stringify([location.pathname, what]));
const after = (name, act) => fetch("/gate/" + name).then(act);
witness(document.prerendering ? "prerendering" : document.visibilityState);
document.addEventListener("visibilitychange", () => witness(document.visibilityState));
document.addEventListener("prerenderingchange", () => witness("activated"));
addEventListener("pageshow", (event) => event.persisted && witness("bfcache"));
"""

PATIENCE = 10.0


@dataclass(frozen=True)
class Beacon:
    """One beacon as it arrived: path, body and headers (names in lower case)."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True)
class Act:
    """What the second script posted, as it arrived."""

    body: list[Any]
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return str(self.body[1])

    @property
    def done(self) -> tuple[int, int, str]:
        """Seconds, depth and link."""
        seconds, depth, link = self.body[4:]
        return seconds, depth, link


@dataclass
class Site:
    """Serves any path with the script on it.

    ``scripts`` run in the pages of their paths; ``held`` pages are answered once their gate is open. ``answers`` go to
    the beacons in turn: a status and headers, or None to break the connection; later beacons get 202. ``tag``: how the
    script is in a page, with PREFIX and PATH.
    """

    base_url: str = ""
    prefix: str = "/_nhip/"
    tag: str = TAG
    scripts: dict[str, str] = field(default_factory=dict)
    prerendering: bool = False
    held: set[str] = field(default_factory=set)
    answers: list[tuple[int, dict[str, str]] | None] = field(default_factory=list)
    gates: defaultdict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    beacons: list[Beacon] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    pixels: list[dict[str, list[str]]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    witnessed: list[tuple[str, str]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.base_url + path

    def open(self, gate: str) -> None:
        self.gates[gate].set()

    def bodies(self) -> list[dict[str, Any]]:
        """Without the ids of displays, which are random."""
        return [{name: value for name, value in beacon.body.items() if name != "i"} for beacon in self.beacons]

    def ids(self) -> list[str]:
        """The id of each beacon's display."""
        return [beacon.body["i"] for beacon in self.beacons]

    def displays(self) -> list[tuple[str, str]]:
        return [(body["p"], body["n"]) for body in self.bodies()]

    def wait_for_beacons(self, count: int) -> list[dict[str, Any]]:
        self.wait_until(lambda: len(self.beacons) >= count, f"{count} beacons")
        return self.bodies()

    def wait_for_acts(self, count: int) -> list[Act]:
        self.wait_until(lambda: len(self.acts) >= count, f"{count} acts")
        return self.acts

    def wait_for_witness(self, path: str, what: str) -> None:
        self.wait_until(lambda: (path, what) in self.witnessed, f"{path} {what}")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, seconds=PATIENCE, what=lambda: f"{what}; {self.displays()=} {self.witnessed=}")

    def settled(self, seconds: float = 0.7) -> list[tuple[str, str]]:
        """The displays after ``seconds`` in which one too many would have arrived."""
        time.sleep(seconds)
        return self.displays()


@contextmanager
def serve_site() -> Iterator[Site]:
    site = Site()

    class Handler(_Handler):
        serves = site

    with serve(Handler) as site.base_url:
        try:
            yield site
        finally:
            for gate in list(site.gates.values()):
                gate.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serves: Site

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith((self.serves.prefix + "b.js", "/bundle.js")):
            self._answer(200, BUILT.read_bytes(), "text/javascript")
        elif url.path == self.serves.prefix + "doc.js":
            self._answer(200, SECOND_BUILT.read_bytes(), "text/javascript")
        elif url.path == self.serves.prefix + "luot":
            self.serves.pixels.append(parse_qs(url.query))
            self._answer(200, b"", "image/gif")
        elif url.path.startswith("/gate/"):
            self.serves.gates[url.path.removeprefix("/gate/")].wait(PATIENCE)
            self._answer(200, b"", "text/plain")
        else:
            self._answer_page(url.path)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/witness":
            self.serves.witnessed.append((body[0], body[1]))
            self._answer(204, b"", "text/plain")
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == self.serves.prefix + "doc":
            self.serves.acts.append(Act(body, headers))
            self._answer(202, b"", "text/plain")
            return
        answer = self.serves.answers.pop(0) if self.serves.answers else (202, {})
        self.serves.beacons.append(Beacon(self.path, body, headers))
        if answer is None:
            self.close_connection = True
        else:
            self._answer(answer[0], b"", "text/plain", answer[1])

    def _answer_page(self, path: str) -> None:
        self.serves.fetched.append(path)
        if path in self.serves.held:
            self.serves.gates[path].wait(PATIENCE)
        html = PAGE.format(
            tag=self.serves.tag.replace("PREFIX", self.serves.prefix).replace("PATH", path),
            path=path,
            witness=WITNESS,
            script=self.serves.scripts.get(path, ""),
            rules=PRERENDER_THERE if self.serves.prerendering and path == "/here" else "",
            prefix=self.serves.prefix,
        )
        self._answer(200, html.encode(), "text/html; charset=utf-8")

    def _answer(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""
