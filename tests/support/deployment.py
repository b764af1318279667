"""docker-compose.yml as Compose itself reads it, with the .env that ``make env`` writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from missing import skip_or_fail
from part import ROOT


def write_env(path: Path, **chosen: str) -> Path:
    """Run ``make env``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NHIP_")}
    command = ["sh", str(ROOT / "tools/make_env.sh")]
    subprocess.run(command, env=environment | chosen | {"ENV_FILE": str(path)}, check=True, capture_output=True)
    return path


def read_env(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def compose(env_file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Compose on docker-compose.yml. Without Compose the test is skipped, or fails if CI is set."""
    command = _compose_command()
    if command is None:
        skip_or_fail("no Docker Compose; `apt-get install docker-compose` would let this test run (it needs no Docker)")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NHIP_")}
    full = [*command, "--env-file", str(env_file), "-f", str(ROOT / "docker-compose.yml"), *arguments]
    return subprocess.run(full, env=clean, cwd=env_file.parent, capture_output=True, text=True, check=False)


def _compose_command() -> list[str] | None:
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if plugin.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None
