"""A real PostgreSQL in a directory of its own, for tests: start, stop, kill, the same port after a restart.

Its rules and its account are those of docker-compose.yml.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from missing import skip_or_fail
from part import ROOT, free_port

START_SECONDS = 180
ADMIN = "postgres"
USER = "nhip"
DATABASE = "nhip"
PASSWORDS = {ADMIN: "of-the-administrator", USER: "of-the-site"}  # those of copied data, too
RULES = ROOT / "deploy/postgres"
MAKING = (RULES / "make_account.sh", Path(__file__))  # on which data with a database depends


class PostgresServer:
    """One server with an empty database ``nhip``, whose owner signs in with a password.

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
        return self._url_of(USER)

    def start(self) -> "PostgresServer":
        """Start and wait until it answers; the first start makes its data. Raises AssertionError with its log."""
        is_empty = not self.is_made() and self._copied_from is None
        if not self.is_made():
            self._create()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._directory),
            "hba_file": str(self._directory / "pg_hba.conf"),
            "ident_file": str(self._directory / "pg_ident.conf"),
            **self._settings,
        }
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-l", str(self.log), "-o", given)
        if is_empty:
            self._make_account()
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
        copy_data(self._data, to)

    def sql(self, statement: str) -> str:
        """The administrator's answer to ``statement``, columns separated by ``|``."""
        with psycopg.connect(self._url_of(ADMIN), autocommit=True) as connection:
            answer = connection.execute(statement.encode()).pgresult
            assert answer is not None
            columns, rows = range(answer.nfields), range(answer.ntuples)
            return "\n".join("|".join((answer.get_value(row, of) or b"").decode() for of in columns) for row in rows)

    def environment(self, *, user: str = USER) -> dict[str, str]:
        """For PostgreSQL's own programs, over TCP."""
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": user, "PGPASSWORD": PASSWORDS[user]}
        return os.environ | place

    @property
    def socket_directory(self) -> Path:
        return self._directory

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

    def _url_of(self, user: str) -> str:
        return f"postgres://{user}:{PASSWORDS[user]}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _create(self) -> None:
        if os.geteuid() == 0:
            self._directory = Path(tempfile.mkdtemp(prefix="nhip-postgres-"))
            self._is_foreign = True
            shutil.chown(self._directory, ADMIN, ADMIN)
        self._directory.mkdir(parents=True, exist_ok=True)
        for name in ("pg_hba.conf", "pg_ident.conf"):
            self._give(Path(shutil.copyfile(RULES / name, self._directory / name)))
        if self._copied_from:
            copy_data(self._copied_from, self._data)
            return
        password = self._directory / "password"
        password.write_text(PASSWORDS[ADMIN])
        self._give(password)
        self._run(
            "initdb", "-U", ADMIN, "--auth-local=peer", "--auth-host=scram-sha-256", f"--pwfile={password}",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        password.unlink()

    def _give(self, file: Path) -> None:
        """To the user that the server runs as, who may not read others' files where the umask is strict."""
        if self._is_foreign:
            shutil.chown(file, ADMIN, ADMIN)

    def _make_account(self) -> None:
        given = {"POSTGRES_USER": ADMIN, "NHIP_POSTGRES_PASSWORD": PASSWORDS[USER]}
        script = ["sh", str(RULES / "make_account.sh")]
        done = subprocess.run(
            script, env=self.environment(user=ADMIN) | given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _run(self, program: str, *arguments: str) -> None:
        self._as_postgres([str(find_program(program)), *arguments, "-D", str(self._data)])

    def _as_postgres(self, command: list[str]) -> None:
        if os.geteuid() == 0:
            command = ["runuser", "-u", ADMIN, "--", *command]
        answers = self._directory / "commands.log"  # not a pipe, which the server would inherit and keep open
        with answers.open("ab") as output:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, cwd=self._directory
            )
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{answers.read_text()}\n{self._log()}"

    def _log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def copy_data(data: Path, to: Path) -> None:
    """With the owner, who is another user if root runs the tests."""
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)


def find_program(name: str) -> Path | None:
    """A program of the newest PostgreSQL; Debian keeps those of the server off PATH."""
    versions = Path("/usr/lib/postgresql")
    newest = sorted(versions.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)
    on_path = shutil.which(name)
    return newest[0] if newest else Path(on_path) if on_path else None


def version() -> str:
    """As PostgreSQL says it; data is of one major version."""
    return subprocess.run([str(find_program("initdb")), "--version"], capture_output=True, check=True, text=True).stdout


def require_postgres() -> None:
    """Without PostgreSQL skip the test, or fail it if CI is set."""
    if find_program("initdb") is None:
        skip_or_fail("no PostgreSQL; `apt-get install postgresql` would let this test run")
