"""PostgreSQL with the rules and the account of docker-compose.yml: a password, few rights, no trust."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from part import ROOT
from postgres_server import ADMIN, USER, PostgresServer, find_program, require_postgres

RULES = ROOT / "deploy/postgres"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    require_postgres()
    with PostgresServer(tmp_path_factory.mktemp("postgres") / "server") as server:
        yield server


def ask(
    postgres: PostgresServer, statement: str, *, user: str = USER, database: str = "nhip", **environment: str
) -> subprocess.CompletedProcess[str]:
    command = [str(find_program("psql")), "-X", "-At", "-w", "-d", database, "-c", statement]
    given = postgres.environment(user=user) | environment
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def test_compose_mounts_the_rules_and_the_server_follows_them(services: dict[str, Any]) -> None:
    postgres = services["postgres"]
    mounted = {str(volume).partition(":")[2].split(":")[0] for volume in postgres["volumes"]}

    assert {"/etc/nhip/pg_hba.conf", "/etc/nhip/pg_ident.conf"} <= mounted
    assert "-chba_file=/etc/nhip/pg_hba.conf" in postgres["command"]
    assert "-cident_file=/etc/nhip/pg_ident.conf" in postgres["command"]
    assert "-cpassword_encryption=scram-sha-256" in postgres["command"]


@pytest.mark.parametrize("file", [RULES / "pg_hba.conf"])
def test_nobody_is_trusted(file: Any) -> None:
    rules = [line.split() for line in file.read_text().splitlines() if line and not line.startswith("#")]
    methods = {"peer" if rule[0] == "local" else rule[4] for rule in rules}

    assert methods == {"peer", "scram-sha-256"}


def test_passwords_are_kept_as_scram(postgres: PostgresServer) -> None:
    kept = postgres.sql("SELECT rolname || ' ' || left(rolpassword, 14) FROM pg_authid WHERE rolcanlogin ORDER BY 1")

    assert kept.splitlines() == [f"{USER} SCRAM-SHA-256$", f"{ADMIN} SCRAM-SHA-256$"]


@pytest.mark.parametrize("user", [USER, ADMIN])
@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_or_none_is_refused(postgres: PostgresServer, user: str, password: str) -> None:
    answer = ask(postgres, "SELECT 1", user=user, PGPASSWORD=password)

    assert answer.returncode == 2
    assert "password" in answer.stderr


def test_the_sites_account_owns_its_database_and_no_more(postgres: PostgresServer) -> None:
    columns = "rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolcreatedb"
    rights = postgres.sql(f"SELECT {columns} FROM pg_roles WHERE rolname = '{USER}'")

    assert rights == "f|f|f|f|t"
    assert ask(postgres, "CREATE TABLE mine (id int); DROP TABLE mine").returncode == 0
    for forbidden in ("COPY (SELECT 1) TO PROGRAM 'true'", "SELECT * FROM pg_authid", "ALTER SYSTEM SET fsync = off"):
        assert re.search("permission denied|must be superuser", ask(postgres, forbidden).stderr)


def test_a_restore_by_the_sites_account_works(postgres: PostgresServer) -> None:
    """As the runbook has it: dropdb, createdb, pg_restore, each as nhip."""
    dump = ["pg_dump", "-w", "-Fc", "nhip"]
    environment = postgres.environment()
    program = {name: str(find_program(name)) for name in ("pg_dump", "dropdb", "createdb", "pg_restore")}
    ask(postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    saved = subprocess.run([program["pg_dump"], *dump[1:]], env=environment, capture_output=True, check=True).stdout
    for name, arguments in (("dropdb", ["--force", "nhip"]), ("createdb", ["nhip"])):
        subprocess.run([program[name], "-w", *arguments], env=environment, check=True)
    subprocess.run([program["pg_restore"], "-w", "-d", "nhip"], env=environment, input=saved, check=True)

    assert ask(postgres, "SELECT number FROM kept").stdout == "7\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize(("system_user", "code"), [(ADMIN, 0), ("nobody", 2)])
@pytest.mark.parametrize("account", [USER, ADMIN])
def test_through_the_socket_comes_only_the_user_of_the_server(
    postgres: PostgresServer, system_user: str, code: int, account: str
) -> None:
    directory = postgres.socket_directory
    directory.chmod(0o711)
    command = [str(find_program("psql")), "-X", "-w", "-h", str(directory), "-p", str(postgres.port), "-U", account]
    answer = subprocess.run(
        ["runuser", "-u", system_user, "--", *command, "-d", "nhip", "-c", "SELECT 1"],
        env={"PATH": os.environ["PATH"]},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == code, answer.stderr
