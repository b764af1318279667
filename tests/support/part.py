"""One process of the product as a test runs it: start, ask, stop, kill, freeze."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Self

from patience import wait_until
from sharing import ports_of_this_worker

ROOT = Path(__file__).resolve().parents[2]
# A test's readers share an address; a test of the limits gives these variables empty values.
WITHOUT_LIMITS = dict.fromkeys(
    ("NHIP_NETWORK_EVENTS_PER_SECOND", "NHIP_NETWORK_PAGE_VIEWS", "NHIP_NETWORK_READERS"), "0"
)
START_SECONDS = 180.0
STOP_SECONDS = 120.0


class Part:
    """``python ARGUMENTS`` with its log at ``log``; may be started again after ``stop`` or ``kill``.

    The process answers ``healthz`` and ``readyz`` under ``health_url``. ``environment`` overrides the caller's; an
    empty value removes a variable.
    """

    def __init__(
        self, name: str, arguments: list[str], *, environment: Mapping[str, str], health_url: str, log: Path
    ) -> None:
        self.name = name
        self.log = log
        self.health_url = health_url
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None before the end; a signal's number is negative."""
        return self._process.poll() if self._process else None

    def launch(self) -> None:
        """Start and wait for nothing."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start(self, *, ready: bool = True) -> Self:
        """Start and wait until it is ready, or with ``ready`` False until it answers at all.

        Raises AssertionError with its output if it ends or takes too long.
        """
        self.launch()
        self.wait_until_it_answers(ready=ready)
        return self

    def wait_until_it_answers(self, *, ready: bool = True) -> None:
        deadline = time.monotonic() + START_SECONDS
        while status_of(self.health_url + ("readyz" if ready else "healthz")) != HTTPStatus.OK:
            assert self.running, f"{self.name} ended at once:\n{self.output()}"
            assert time.monotonic() < deadline, f"{self.name} did not get ready:\n{self.output()}"
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask it to stop (SIGTERM); returns its exit code."""
        self._started().send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the process to end; returns its exit code. Kills it after ``seconds`` and raises TimeoutExpired."""
        try:
            return self._started().wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL; does nothing if it has ended or never ran."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP; returns when every thread has stopped: the process keeps what it holds and answers nothing."""
        freeze(self.pid)

    def thaw(self) -> None:
        self._started().send_signal(signal.SIGCONT)

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        chosen = {**inherited, "PYTHONUNBUFFERED": "1", **WITHOUT_LIMITS, **self._environment}
        return {name: value for name, value in chosen.items() if value}

    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"start {self.name} first"
        return self._process


_given: deque[int] = deque(maxlen=500)


def free_port() -> int:
    """A port below the range of outgoing connections, one of which could otherwise take the port before the caller
    listens, or even connect to itself. No other caller gets it for long: a stack asks for all its ports before any of
    its processes listens."""
    while True:
        port = random.randrange(*ports_of_this_worker())
        if port not in _given:
            with suppress(OSError), socket.create_server(("127.0.0.1", port)):
                _given.append(port)
                return port


def freeze(pid: int) -> None:
    """Stop a process; returns when each of its threads has stopped: until then one may still answer."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: set(_thread_states(pid)) <= {"T"}, what=lambda: f"{pid} goes on: {_thread_states(pid)}")


def _thread_states(pid: int) -> list[str]:
    """One letter a thread, as proc(5) has it; T is stopped."""
    states = []
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # a thread may end meanwhile
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return states


# For `readyz` and `metrics` of the embedded product; other processes do not look at it.
PROBE_TOKEN = "ma-thu-nghiem-cho-readyz"
SHOWN = {"Authorization": f"Bearer {PROBE_TOKEN}"}


def status_of(url: str) -> int:
    """The status of ``url``, asked by operations if it is theirs; 0 without an answer."""
    request = urllib.request.Request(url, headers=SHOWN if "/_nhip/" in url else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


@contextmanager
def launched(parts: Sequence[Part]) -> Iterator[None]:
    """They start beside each other, answer while the block runs, ready or not, and are killed after it."""
    try:
        for part in parts:
            part.launch()
        for part in parts:
            part.wait_until_it_answers(ready=False)
        yield
    finally:
        for part in parts:
            part.kill()
