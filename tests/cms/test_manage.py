"""manage.py on the product's data directory, and on a wrong one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from part import ROOT


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=inherited | environment, capture_output=True, text=True, check=False)


def test_a_command_on_a_wrong_directory_says_so_and_leaves_nothing_there(tmp_path: Path) -> None:
    wrong = tmp_path / "var"
    refusal = manage("changepassword", "admin", NHIP_DATA_DIR=str(wrong))
    assert refusal.returncode == 2
    (line,) = refusal.stderr.splitlines()
    assert line.startswith(f"nhip: NHIP_DATA_DIR: {wrong} ")
    assert not wrong.exists()


@pytest.mark.parametrize(
    "arguments", [["help"], ["changepassword", "--help"], ["makemigrations", "--check", "--dry-run"]]
)
def test_a_command_that_uses_no_database_runs_without_one(tmp_path: Path, arguments: list[str]) -> None:
    done = manage(*arguments, NHIP_DATA_DIR=str(tmp_path / "var"))
    assert done.returncode == 0, done.stderr


def test_a_setting_that_makes_no_sense_gets_one_line() -> None:
    refusal = manage("check", PORT="many")
    assert refusal.returncode == 2
    (line,) = refusal.stderr.splitlines()
    assert line.startswith("nhip: PORT=")
