"""Tests that need a program which this machine may lack."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def skip_or_fail(missing: str) -> NoReturn:
    """Skip the test, or fail it if CI is set; ``missing`` says what to install."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def require_openssl() -> None:
    if shutil.which("openssl") is None:
        skip_or_fail("no openssl on PATH; `apt-get install openssl` would let this test run")
