"""A measurement in a process of its own: one process has one engine, and memory that earlier work has grown."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

ROOT = Path(__file__).resolve().parents[1]

Answer = TypeVar("Answer")


def measured_by(module: str, *arguments: object, answer: type[Answer]) -> Answer:
    """The answer that ``python -m benchmarks.MODULE ARGUMENTS`` prints as JSON; its stderr is shown.

    Raises CalledProcessError when the process fails.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "support")}
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, env=environment)
    return msgspec.json.decode(done.stdout, type=answer)


def print_answer(answer: object) -> None:
    print(msgspec.json.encode(answer).decode(), flush=True)


def say(text: str) -> None:
    """Print a line of progress, from any process."""
    print(f"  … {text}", file=sys.stderr, flush=True)
