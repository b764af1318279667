from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from deployment import compose, write_env


@pytest.fixture(scope="session")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_env(tmp_path_factory.mktemp("deploy") / "deployment.env", NHIP_SITE="congthuong.example.gov.vn")


@pytest.fixture(scope="session")
def services(env_file: Path) -> dict[str, dict[str, Any]]:
    """Every service as Compose understands it, variables filled in."""
    rendered = compose(env_file, "--profile", "monitoring", "config")
    assert rendered.returncode == 0, rendered.stderr
    found: dict[str, dict[str, Any]] = yaml.safe_load(rendered.stdout)["services"]
    return found
