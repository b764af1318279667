"""The real product as a process of its own: ``python -m cms`` on a free port and a data directory.

product = Product(tmp_path / "data")
product.start()
...
product.kill()      # as if the power had gone
product.start()     # on the same data and the same port
product.stop()
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USER = "admin"
PASSWORD = "mat-khau-thu-nghiem"  # noqa: S105

# The first start loads the demo site.
READY_SECONDS = 180.0
STOP_SECONDS = 30.0


class Product:
    """One installation; it can be started and ended again and again. Its output is appended to ``log``."""

    def __init__(self, data_dir: Path, *, port: int | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_name(f"{data_dir.name}.log")
        self._environ = dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start the process and, unless told otherwise, return when it is ready."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cms"], cwd=ROOT, env=self._environment(), stdout=output, stderr=output
            )
        if wait:
            self.wait_ready()

    def wait_ready(self, *, seconds: float = READY_SECONDS) -> None:
        """Return once every dependency is ready. Raises RuntimeError with the end of the log if that never happens."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if not self.is_running():
                raise RuntimeError(f"the product ended while starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the product was not ready in {seconds:.0f} s:\n{self.log_tail()}")
            time.sleep(0.1)

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C does, and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """kill -9"""
        return self._end(signal.SIGKILL)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/_nhip/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the product was never started")
        return self._process.pid

    def log_tail(self, *, lines: int = 40) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            raise RuntimeError("the product was never started")
        self._process.send_signal(how)
        try:
            return self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"the product did not end in {STOP_SECONDS:.0f} s:\n{self.log_tail()}") from None

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            # pytest-django names the settings of the tests; the product is to choose its own.
            if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL") and not name.startswith("NHIP_")
        }
        own = {
            "PORT": str(self.port),
            "NHIP_DATA_DIR": str(self.data_dir),
            "NHIP_ADMIN_PASSWORD": PASSWORD,
            "PYTHONUNBUFFERED": "1",
        }
        return inherited | own | self._environ


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
