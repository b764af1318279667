"""A real PostgreSQL in a directory of its own, for tests: start, stop, kill, the same port after a restart."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from missing import skip_or_fail
from part import free_port

START_SECONDS = 60
USER = "postgres"
DATABASE = "nhip"


class PostgresServer:
    """One server with an empty database ``nhip``, open to every user of this machine.

    PostgreSQL refuses to run as root. Root runs it as the system's user ``postgres``, in a directory of that user,
    since pytest shuts its directories to other users. The data survives ``kill``, not a power cut. ``copied_from``: the
    data that another server left with ``leave_data``, instead of an empty database.
    """

    def __init__(self, directory: Path, *, copied_from: Path | None = None, **settings: str) -> None:
        self._directory = directory
        self._copied_from = copied_from
        self._is_foreign = False
        self._settings = {"fsync": "off", "max_connections": "40", **settings}
        self.port = free_port()

    @property
    def log(self) -> Path:
        return self._directory / "postgres.log"

    @property
    def url(self) -> str:
        """For ``DATABASE_URL``."""
        return f"postgres://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> "PostgresServer":
        """Start and wait until it answers; the first start makes its data. Raises AssertionError with its log."""
        if not self.is_made():
            self._create()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            **self._settings,
        }
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-l", str(self.log), "-o", given)
        return self

    def stop(self) -> None:
        """Cut every connection and stop; nothing if it is stopped."""
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def kill(self) -> None:
        """Stop as a crash does; the next start recovers."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def leave_data(self, to: Path) -> None:
        """Stop, and leave the data at ``to``."""
        self.stop()
        _copy(self._data, to)

    def sql(self, statement: str, *, database: str = DATABASE) -> str:
        """The answer to ``statement``, columns separated by ``|``."""
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database]
        command = [str(find_program("psql")), "-X", "-At", "-v", "ON_ERROR_STOP=1", *place, "-c", statement]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def is_running(self) -> bool:
        """Whether the server's process is there; its pid file outlives a kill."""
        file = self._data / "postmaster.pid"
        return file.exists() and Path("/proc", file.read_text().split("\n", 1)[0]).exists()

    def is_made(self) -> bool:
        return (self._data / "PG_VERSION").exists()

    def __enter__(self) -> "PostgresServer":
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        if self.is_running():
            self.kill()
        if self._is_foreign:
            shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _create(self) -> None:
        if os.geteuid() == 0:
            self._directory = Path(tempfile.mkdtemp(prefix="nhip-postgres-"))
            self._is_foreign = True
            shutil.chown(self._directory, USER, USER)
        self._directory.mkdir(parents=True, exist_ok=True)
        if self._copied_from:
            _copy(self._copied_from, self._data)
            return
        self._run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        single = f"echo 'CREATE DATABASE {DATABASE}' | {find_program('postgres')} --single -D {self._data} postgres"
        self._as_postgres(["sh", "-c", single])

    def _run(self, program: str, *arguments: str) -> None:
        self._as_postgres([str(find_program(program)), *arguments, "-D", str(self._data)])

    def _as_postgres(self, command: list[str]) -> None:
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        answers = self._directory / "commands.log"  # not a pipe, which the server would inherit and keep open
        with answers.open("ab") as output:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, cwd=self._directory
            )
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{answers.read_text()}\n{self._log()}"

    def _log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def _copy(data: Path, to: Path) -> None:
    """With the owner, who is another user if root runs the tests."""
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)


def find_program(name: str) -> Path | None:
    """A program of the newest PostgreSQL; Debian keeps those of the server off PATH."""
    versions = Path("/usr/lib/postgresql")
    newest = sorted(versions.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)
    on_path = shutil.which(name)
    return newest[0] if newest else Path(on_path) if on_path else None


def require_postgres() -> None:
    """Without PostgreSQL skip the test, or fail it if CI is set."""
    if find_program("initdb") is None:
        skip_or_fail("no PostgreSQL; `apt-get install postgresql` would let this test run")
