"""The proxy of docker-compose.yml, the real Caddy with the same Caddyfile, in front of processes on this machine."""

import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from missing import skip_or_fail
from part import ROOT, free_port

CADDYFILE = ROOT / "deploy/caddy/Caddyfile"
LISTENING = "serving initial configuration"  # in Caddy's log; on a taken port another server would answer
START_SECONDS = 60.0
STOP_SECONDS = 60.0
BUILD_SECONDS = 1_200.0


class CaddyMissing(RuntimeError):
    """This machine lacks the Caddy that the Dockerfile names; the message says how to get it."""


class Proxy:
    """``collectors`` and ``web`` are host:port. Plain HTTP on ``port``, or HTTPS for ``localhost`` with ``tls``.

    Under TLS ``authority`` is the certificate to check its certificates with. ``cdn``: the networks whose
    X-Forwarded-For it believes, separated by spaces.
    """

    def __init__(
        self,
        directory: Path,
        *,
        web: Sequence[str],
        collectors: Sequence[str],
        port: int | None = None,
        tls: bool = False,
        cdn: str = "",
    ) -> None:
        self.port = port or free_port()
        self.base_url = f"https://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"
        self.log = directory / "caddy.log"
        self.authority = directory / "caddy/pki/authorities/local/root.crt"
        self._directory = directory
        self._tls = tls
        self._cdn = cdn
        self._web = web
        self._collectors = collectors
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Proxy":
        """Start and wait until it listens. Raises AssertionError with its log."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._place().write_text(self._describe_place(), encoding="utf-8")
        logged = len(self.output())
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command("run"), env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not (LISTENING in self.output()[logged:] and (self._has_certificate() or not self._tls)):
            assert self._process.poll() is None, f"the proxy ended at once:\n{self.output()}"
            assert time.monotonic() < deadline, f"the proxy does not listen:\n{self.output()}"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Ask it to stop; does nothing if it does not run."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_SECONDS)

    def __enter__(self) -> "Proxy":
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        """Leave no process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def exit_code(self) -> int | None:
        """None before the end; a signal's number is negative."""
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        assert self._process is not None, "start the proxy first"
        return self._process.pid

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def command(self, verb: str) -> list[str]:
        return [str(caddy_program()), verb, "--config", str(CADDYFILE), "--adapter", "caddyfile"]

    def environment(self) -> dict[str, str]:
        scheme = "https" if self._tls else "http"
        spare = str(free_port())
        return os.environ | {
            "NHIP_SITE": f"{scheme}://localhost:{self.port}" if self._tls else f"{scheme}://:{self.port}",
            "NHIP_PLACE": str(self._place()),
            "NHIP_CDN_NETWORKS": self._cdn,
            "NHIP_HTTP_PORT": spare if self._tls else str(self.port),
            "NHIP_HTTPS_PORT": str(self.port) if self._tls else spare,
            "XDG_DATA_HOME": str(self._directory),
            "XDG_CONFIG_HOME": str(self._directory),
        }

    def _has_certificate(self) -> bool:
        """Whether it can be talked to under TLS: the certificate comes a moment after the port."""
        if not self.authority.exists():
            return False
        trusting = ssl.create_default_context(cafile=str(self.authority))
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as plain:
                trusting.wrap_socket(plain, server_hostname="localhost").close()
        except OSError:
            return False
        return True

    def _place(self) -> Path:
        return self._directory / "place.caddy"

    def _describe_place(self) -> str:
        certificate = "tls internal" if self._tls else ""
        snippets = {
            "certificate": certificate,
            "collectors": f"to {' '.join(self._collectors)}",
            "web": f"to {' '.join(self._web)}",
        }
        return "\n".join(f"({name}) {{\n{content}\n}}" for name, content in snippets.items())


@cache
def caddy_program() -> Path:
    """The Caddy of the version that the Dockerfile names, built if need be. Raises CaddyMissing."""
    done = subprocess.run([str(ROOT / "tools/caddy.sh")], capture_output=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        raise CaddyMissing(done.stderr.decode().strip())
    return Path(done.stdout.decode().strip())


def require_caddy() -> None:
    """Without the pinned Caddy skip the test, or fail it if CI is set."""
    try:
        caddy_program()
    except CaddyMissing as missing:
        skip_or_fail(str(missing))
