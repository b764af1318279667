"""The real product as a process of its own: start, stop, kill, look at its data directory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from pipeline.beacon.tokens import PageToken, sign

START_SECONDS = 180.0
STOP_SECONDS = 30.0
ADMIN_PASSWORD = "mat-khau-de-thu-nghiem"

ROOT = Path(__file__).resolve().parents[2]


class Product:
    """``python -m cms`` on a data directory; may be started again after ``stop`` or ``kill``.

    ``environment`` goes over the usual one; an empty value takes a variable away.
    """

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_suffix(".log")
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> bytes:
        """The key that signs page tokens, made at the first start."""
        return bytes.fromhex((self.data_dir / "beacon.key").read_text(encoding="ascii"))

    @property
    def pid(self) -> int:
        return self._running().pid

    def start(self, *, ready: bool = True) -> "Product":
        """Start and wait until it is ready, or with ``ready`` False until it answers at all.

        Raises AssertionError with its output when it ends or takes too long.
        """
        awaited = "/_nhip/readyz" if ready else "/_nhip/healthz"
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while self.status(awaited) != HTTPStatus.OK:
            assert self._running().poll() is None, f"the product ended at once:\n{self.output()}"
            assert time.monotonic() < deadline, f"the product did not get ready:\n{self.output()}"
            time.sleep(0.05)
        return self

    def launch(self) -> None:
        """Start and wait for nothing."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cms"], cwd=ROOT, env=self._env(), stdout=output, stderr=subprocess.STDOUT
            )

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); returns its exit code."""
        self._running().send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """The exit code of a product that is about to end by itself."""
        try:
            return self._running().wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL, as a power cut would end it; nothing to do when it has ended."""
        process = self._running()
        process.kill()
        process.wait()

    def __enter__(self) -> "Product":
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_failure: object) -> None:
        """Leave no process behind, however the block ended."""
        if self._process is not None:
            self.kill()

    def get(self, path: str) -> Any:
        """The JSON at ``path``."""
        with urllib.request.urlopen(self.base_url + path, timeout=10) as response:
            return msgspec.json.decode(response.read())

    def status(self, path: str) -> int:
        """The status of ``path``; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(self.base_url + path, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def page(self, path: str) -> str:
        """The HTML at ``path``."""
        with urllib.request.urlopen(self.base_url + path, timeout=10) as response:
            html: str = response.read().decode()
            return html

    def view(
        self, page_id: int, path: str, *, agent: str = "Mozilla/5.0 Firefox/150.0", client: str = "127.0.0.1"
    ) -> int:
        """Send one view as a browser would, from the loopback address ``client``; returns the status."""
        token = sign(PageToken(site=1, page_id=page_id, locale="vi", path=path), key=self.key)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(client, 0))
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": agent}
        connection.request("POST", "/_nhip/e", body=msgspec.json.encode({"t": token, "p": path}), headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def wait_for(self, path: str, holds: Callable[[Any], bool], *, seconds: float = 20.0) -> Any:
        """Ask ``path`` until its JSON ``holds``; returns it. Raises AssertionError with the last answer."""
        deadline = time.monotonic() + seconds
        while not holds(answer := self.get(path)):
            assert time.monotonic() < deadline, f"{path} still answers {answer}"
            time.sleep(0.1)
        return answer

    def verify(self) -> dict[str, Any]:
        """What ``nhip verify`` finds; the product must be stopped."""
        command = [sys.executable, "-m", "pipeline.cli", "verify", "--json"]
        answer = subprocess.run(command, cwd=ROOT, env=self._env(), capture_output=True, check=False, text=True)
        assert answer.returncode in (0, 1), answer.stderr
        found: dict[str, Any] = msgspec.json.decode(answer.stdout)
        return found

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start the product first"
        return self._process

    def _env(self) -> dict[str, str]:
        ours = {
            "PORT": str(self.port),
            "NHIP_DATA_DIR": str(self.data_dir),
            "NHIP_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "PYTHONUNBUFFERED": "1",
        }
        inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        chosen = {**inherited, **ours, **self._environment}
        return {name: value for name, value in chosen.items() if value}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
