"""The parent's side of the child process that reads large pictures."""

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from cms.core.pictures.errors import PictureError, TooHeavy, Unreadable
from cms.core.pictures.limits import CHILD_SECONDS, TOO_LARGE, WAIT_SECONDS
from cms.core.pictures.rendering import Recipe

ROOT = Path(__file__).parents[3]
_ONE_AT_A_TIME = threading.BoundedSemaphore(1)


def render_in_child(source: IO[bytes], recipe: Recipe) -> bytes:
    """The bytes of the picture that ``recipe`` asks for. Raises Unreadable, or TooHeavy if a limit was reached."""
    if not _ONE_AT_A_TIME.acquire(timeout=WAIT_SECONDS):
        raise TooHeavy(f"other pictures took longer than {WAIT_SECONDS:.0f} s")
    try:
        return _run(source, recipe)
    except PictureError:
        raise
    except OSError as error:  # no room for a temporary file, no process to be had
        raise TooHeavy(f"no child process: {error}") from error
    finally:
        _ONE_AT_A_TIME.release()


def _run(source: IO[bytes], recipe: Recipe) -> bytes:
    command = [sys.executable, "-m", "cms.core.pictures", recipe.to_json()]
    with TemporaryFile() as input_file:
        source.seek(0)
        shutil.copyfileobj(source, input_file)
        input_file.seek(0)
        try:
            child = subprocess.run(
                command,
                cwd=ROOT,
                stdin=input_file,
                capture_output=True,
                check=False,
                timeout=CHILD_SECONDS,
                start_new_session=True,  # Ctrl-C is the product's alone
            )
        except subprocess.TimeoutExpired as error:
            raise TooHeavy(f"not done within {CHILD_SECONDS:.0f} s") from error
    if child.returncode:
        raise _failure_of(child.returncode, child.stderr)
    return child.stdout


def _failure_of(code: int, words: bytes) -> PictureError:
    if code == TOO_LARGE:
        return TooHeavy("more memory than a picture may take")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return TooHeavy(f"stopped by {signal.Signals(-code).name}: too much time, or no memory left on this machine")
    return Unreadable(words.decode(errors="replace").strip()[-300:] or f"the child ended with {code}")
