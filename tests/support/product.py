"""The real product as a process of its own: start, stop, kill, look at its data directory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

START_SECONDS = 180.0
STOP_SECONDS = 30.0
ADMIN_PASSWORD = "mat-khau-de-thu-nghiem"

ROOT = Path(__file__).resolve().parents[2]


class Product:
    """``python -m cms`` on a data directory; may be started again after ``stop`` or ``kill``."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = _free_port()
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

    def start(self) -> "Product":
        """Start and wait until it is ready. Raises AssertionError with its output when it ends or takes too long."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cms"], cwd=ROOT, env=self._env(), stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"the product ended at once:\n{self.output()}"
            assert time.monotonic() < deadline, f"the product did not get ready:\n{self.output()}"
            time.sleep(0.05)
        return self

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); returns its exit code."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL, as a power cut would end it."""
        process = self._running()
        process.kill()
        process.wait()

    def get(self, path: str) -> Any:
        """The JSON at ``path``."""
        with urllib.request.urlopen(self.base_url + path, timeout=10) as response:
            return msgspec.json.decode(response.read())

    def verify(self) -> dict[str, Any]:
        """What ``nhip verify`` finds; the product must be stopped."""
        command = [sys.executable, "-m", "pipeline.cli", "verify", "--json"]
        answer = subprocess.run(command, cwd=ROOT, env=self._env(), capture_output=True, check=False, text=True)
        assert answer.returncode in (0, 1), answer.stderr
        found: dict[str, Any] = msgspec.json.decode(answer.stdout)
        return found

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _answers(self) -> bool:
        try:
            self.get("/_nhip/readyz")
        except (urllib.error.URLError, OSError):
            return False
        return True

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
        return {**inherited, **ours, **self._environment}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
