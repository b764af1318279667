"""A measurement in a process of its own, since an engine belongs to one process and memory to all that ran before."""

import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

ROOT = Path(__file__).resolve().parents[1]

Answer = TypeVar("Answer")


def measured_by(module: str, *arguments: object, answer: type[Answer]) -> Answer:
    """What ``python -m benchmarks.MODULE ARGUMENTS`` prints as JSON; what it says on stderr is seen.

    Raises CalledProcessError when it fails.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=answer)


def print_answer(answer: object) -> None:
    print(msgspec.json.encode(answer).decode(), flush=True)


def say(text: str) -> None:
    """A line of progress, from whichever process."""
    print(f"  … {text}", file=sys.stderr, flush=True)
