"""The Dockerfile as far as it can be read, and the small programs that the containers run."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from deployment import read_env, write_env
from part import ROOT, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
STAGES = {"build": False, "nhip": True, "proxy": True}
FIRST_FREE = ROOT / "deploy/first_free_directory.sh"


def sources() -> list[str]:
    """Every path that is copied from the context."""
    copies = [rest.split() for name, rest in INSTRUCTIONS if name == "COPY" and "--from=" not in rest]
    return [source for copy in copies for source in copy[:-1]]


def is_let_in(path: str) -> bool:
    """Whether .dockerignore lets ``path`` into the context: the last line that matches decides."""
    let_in = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        bare = pattern.removeprefix("**/")
        parents = [path, *(str(parent) for parent in Path(path).parents)]
        if any(fnmatch.fnmatch(parent, pattern) or Path(parent).name == bare for parent in parents):
            let_in = line.startswith("!")
    return let_in


@pytest.mark.parametrize("source", sources())
def test_a_copied_path_exists_and_is_let_in(source: str) -> None:
    assert (ROOT / source).exists()
    assert is_let_in(source)


@pytest.mark.parametrize("path", [".env", ".git/config", "var/beacon.key", "cms/.env", "tests/conftest.py"])
def test_secrets_data_and_history_are_kept_out(path: str) -> None:
    assert not is_let_in(path)


def test_nothing_is_fetched_by_address_and_every_base_is_pinned() -> None:
    assert "ADD" not in {name for name, _rest in INSTRUCTIONS}
    bases = [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]
    assert all(re.search(r":\d+\.\d+", base) and ":latest" not in base for base in bases)
    assert not re.search(r"\b(curl|wget)\b", DOCKERFILE)


@pytest.mark.parametrize("stage", [name for name, runs in STAGES.items() if runs])
def test_a_stage_that_runs_has_an_ordinary_user(stage: str) -> None:
    text = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
    users = re.findall(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    assert users
    assert all(int(user) > 1000 and int(group) > 1000 for user, group in users)


def test_the_installer_follows_the_lock() -> None:
    syncs = re.findall(r"uv sync ([^\n]*)", DOCKERFILE)
    assert syncs
    assert all("--frozen" in sync and "--no-dev" in sync for sync in syncs)


def test_packages_that_take_memory_for_nothing_are_left_out() -> None:
    """The engine asks for pandas and pyarrow, works without them, and loads them where they are installed."""
    locked = {package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]}
    assert "chdb-core" in locked
    assert not locked & {"pandas", "pyarrow", "numpy"}


WITHOUT_THE_ENGINE = """
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "chdb":
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
for name in ("cms.web", "consumers.__main__", "pipeline.operating.cli", "pipeline.collecting.__main__"):
    importlib.import_module(name)
"""


def test_our_processes_start_without_the_embedded_engine() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_THE_ENGINE], cwd=ROOT, check=True)


# .env


def test_only_its_owner_reads_the_env_and_every_secret_is_new(tmp_path: Path) -> None:
    first, second = (read_env(write_env(tmp_path / name)) for name in ("first", "second"))

    assert stat.S_IMODE((tmp_path / "first").stat().st_mode) == 0o600
    secrets = [name for name in first if name.endswith(("_KEY", "_PASSWORD"))]
    assert len(secrets) == 14
    assert all(re.fullmatch(r"[0-9a-f]{32,}", first[name]) for name in secrets)
    assert len({environment[name] for environment in (first, second) for name in secrets}) == 28
    assert first["NHIP_SITE"] == "localhost"
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


def test_an_existing_env_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("NHIP_SECRET_KEY=ours\n")

    write_env(path)

    assert path.read_text() == "NHIP_SECRET_KEY=ours\n"


# a data directory for each replica


def take(data_dir: Path) -> subprocess.Popen[str]:
    """Start a process that prints its data directory and holds the directory until its input ends."""
    command = ["sh", str(FIRST_FREE), "sh", "-c", 'echo "$NHIP_DATA_DIR"; read -r _']
    environment = os.environ | {"NHIP_DATA_DIR": str(data_dir)}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def directory_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip()).name


def test_each_replica_has_its_own_directory_and_a_new_one_takes_that_of_a_dead_one(tmp_path: Path) -> None:
    first, second = take(tmp_path), take(tmp_path)
    try:
        left = directory_of(first)
        assert {left, directory_of(second)} == {"1", "2"}
        first.kill()
        first.wait()
        with take(tmp_path) as third:
            assert directory_of(third) == left
            third.communicate("\n")
    finally:
        for process in (first, second):
            process.kill()
            process.communicate()


# the health check


def serve_once(status: int) -> int:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"because")

        def log_message(self, *_line: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    port: int = server.server_address[1]

    def answer() -> None:
        with server:
            server.handle_request()

    threading.Thread(target=answer, daemon=True).start()
    return port


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_the_health_check_passes_the_answer_of_the_process_on(status: int, code: int) -> None:
    answer = run_check(serve_once(status))

    assert (answer.returncode, answer.stdout) == (code, "because")


def test_a_process_that_does_not_answer_is_unhealthy() -> None:
    assert run_check(free_port()).returncode == 1


def run_check(port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy/healthcheck.py"), f"http://127.0.0.1:{port}/_nhip/healthz"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
