"""Each account may do its work and nothing else, by the engine's own rule; file and SQL grant the same rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from clickhouse_http import ROLES

from pipeline.clickhouse.accounts import account_statements
from pipeline.clickhouse.migrations import migration_steps
from pipeline.clickhouse.queries import _sql
from pipeline.clickhouse.roll_ups import (
    ROLL_UPS,
    archive_rows,
    create_archive,
    create_generation,
    drop_generation,
    fill_from_archive,
    script,
    turn_readers,
)
from pipeline.clickhouse.roll_ups.compare import totals_comparison
from pipeline.clickhouse.roll_ups.declared import DECLARED
from pipeline.clickhouse.scripts import render

ROOT = Path(__file__).resolve().parents[3]
USERS = ROOT / "deploy/clickhouse/users.d/nhip.xml"
ACCESS_DENIED = 497
SETTING_CONSTRAINT = 452
READONLY = 164
MEMORY_LIMIT_EXCEEDED = 241

UNLIMITED = ("GRANT ALL ON *.* WITH GRANT OPTION",)
EVENT = "(at, site, kind, page_id, audience, visitor) SELECT now64(3), 1, 'view', 7, 'public', 5"


def rights(account: str) -> tuple[str, ...]:
    user = ElementTree.parse(USERS).getroot().find(f"users/nhip_{account}")
    assert user is not None
    return tuple(query.text or "" for query in user.iterfind("grants/query"))


def profile(account: str) -> str:
    """The settings of an account and their limits, in XML."""
    found = ElementTree.parse(USERS).getroot().find(f"profiles/nhip_{account}")
    assert found is not None
    return "".join(ElementTree.tostring(one, encoding="unicode") for one in found)


def users_xml(*, default: tuple[str, ...], bounds: str = "") -> str:
    """The users; the engine works as ``default`` within ``bounds``, and the views' definer is the migrator."""
    users = {"default": default, "nhip_migrator": rights("migrator")}
    body = "".join(
        f"<{name}><password></password><profile>default</profile><quota>default</quota><networks><ip>::/0</ip></networks>"
        f"<grants>{''.join(f'<query>{right}</query>' for right in granted)}</grants></{name}>"
        for name, granted in users.items()
    )
    profiles = f"<profiles><default>{bounds}</default></profiles><quotas><default/></quotas>"
    return f"<clickhouse>{profiles}<users>{body}</users></clickhouse>"


class Engine:
    """chDB on one directory, in a new process for each account."""

    def __init__(self, directory: Path) -> None:
        self._data = directory / "data"
        self._users = directory / "users.xml"

    def run(self, granted: tuple[str, ...], *statements: str, bounds: str = "") -> list[int | None]:
        """By statement, the code of its error or None."""
        self._users.write_text(users_xml(default=granted, bounds=bounds), encoding="utf-8")
        answer = subprocess.run(
            [sys.executable, "-m", "restricted_engine", str(self._data), str(self._users)],
            input=json.dumps(["USE nhip", *statements] if self._data.exists() else statements),
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests/support")},
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[int | None] = json.loads(answer.stdout)
        return found[-len(statements) :]


def denied(engine: Engine, account: str, statements: tuple[str, ...]) -> list[str]:
    """The statements that the engine refuses for lack of a right."""
    codes = engine.run(rights(account), *statements)
    return [statement for statement, code in zip(statements, codes, strict=True) if code == ACCESS_DENIED]


def migrations() -> list[str]:
    """The migrations, with the migrator as the views' definer for any account that runs them."""
    statements = [statement for step in migration_steps("").values() for statement in step]
    return [statement.replace("DEFINER = CURRENT_USER", "DEFINER = nhip_migrator") for statement in statements]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = Engine(tmp_path_factory.mktemp("accounts"))
    done = engine.run(
        UNLIMITED,
        "CREATE DATABASE nhip",
        "USE nhip",
        *migrations(),
        "CREATE TABLE default.other (a UInt8) ENGINE = Null",
    )
    assert not any(done)
    return engine


def test_the_writer_inserts_and_the_sums_follow(engine: Engine) -> None:
    assert engine.run(rights("writer"), f"INSERT INTO events {EVENT}", "INSERT INTO warm_up VALUES (0)") == [None, None]
    sums = "SELECT throwIf((SELECT sum(views) FROM page_totals) != (SELECT count() FROM events WHERE kind = 'view'))"
    assert engine.run(rights("reader"), sums) == [None]


def test_the_writer_inserts_a_batch_again(engine: Engine) -> None:
    places = _sql("find_places")
    for name, value in (("partition:UInt16", "0"), ("first:UInt64", "0"), ("end:UInt64", "9")):
        places = places.replace(f"{{{name}}}", value)
    restored = EVENT.replace("visitor) SELECT", "visitor, restored) SELECT") + ", true"
    work = [places, f"INSERT INTO events {restored}", f"INSERT INTO events_again {EVENT}"]
    assert engine.run(rights("writer"), *work) == [None] * len(work)


def test_the_writer_may_do_nothing_else(engine: Engine) -> None:
    forbidden = (
        "SELECT visitor FROM events",
        "SELECT * FROM site_days",
        "SELECT line FROM dead_letters",
        "INSERT INTO page_totals_1 (site, views) VALUES (1, 1000000)",
        "ALTER TABLE events DELETE WHERE true",
        "DROP TABLE events",
        "TRUNCATE TABLE dead_letters",
        "CREATE TABLE more (a UInt8) ENGINE = Null",
        "INSERT INTO default.other VALUES (1)",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a UInt8')",
    )
    assert denied(engine, "writer", forbidden) == list(forbidden)


def test_the_reader_reads_what_the_product_asks(engine: Engine) -> None:
    months = _sql("list_months")
    totals = totals_comparison(ROLL_UPS, under_way="offset >= 1")
    marks = script("find_marks", table="page_totals_1")
    views = [f"SELECT * FROM {name}" for name in ROLL_UPS]
    # By their text it knows which roll-ups there are.
    shown = (
        "SELECT throwIf(count() = 0) FROM system.tables"
        " WHERE database = currentDatabase() AND name = 'site_days' AND position(as_select, 'site_days_1') > 0"
    )
    work = [months, totals, marks, _sql("sum_page_views"), *views, shown, _sql("find_retention_runs")]
    assert dict(zip(work, engine.run(rights("reader"), *work), strict=True)) == dict.fromkeys(work)


def test_the_reader_may_do_nothing_else(engine: Engine) -> None:
    forbidden = (
        f"INSERT INTO events {EVENT}",
        "INSERT INTO dead_letters (partition) VALUES (1)",
        "ALTER TABLE events DELETE WHERE true",
        "DROP VIEW site_days",
        "SELECT * FROM default.other",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    )
    assert denied(engine, "reader", forbidden) == list(forbidden)


def test_the_readers_bounds_hold_and_no_query_lifts_them(engine: Engine) -> None:
    large = "SELECT count() FROM (SELECT number FROM numbers(100000000) GROUP BY number)"
    allowed = (
        "SELECT throwIf(getSetting('max_memory_usage') != 1500000000)",
        "SELECT throwIf(getSetting('max_execution_time') != 120)",
        "SELECT count() FROM page_totals SETTINGS max_execution_time = 60, max_memory_usage = 1000000000",
        "SELECT 1 SETTINGS max_threads = 2",
    )
    lifting = (
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "SELECT 1 SETTINGS max_memory_usage = 3000000000",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1 SETTINGS max_execution_time = 600",
        "SELECT 1 SETTINGS max_memory_usage_for_user = 0",
        "SELECT 1 SETTINGS max_concurrent_queries_for_user = 0",
        "SELECT 1 SETTINGS readonly = 0",
    )
    bounds = profile("reader")
    assert engine.run(rights("reader"), *allowed, bounds=bounds) == [None] * len(allowed)
    refused = engine.run(rights("reader"), *lifting, bounds=bounds)
    assert [one for one, code in zip(lifting, refused, strict=True) if code not in (SETTING_CONSTRAINT, READONLY)] == []
    bounded = f"{large} SETTINGS max_memory_usage = 10000000, max_bytes_before_external_group_by = 0"
    assert engine.run(rights("reader"), bounded, bounds=bounds) == [MEMORY_LIMIT_EXCEEDED]


def test_the_migrator_makes_the_tables_and_rebuilds_the_roll_ups(tmp_path: Path) -> None:
    steps = [statement for step in migration_steps("").values() for statement in step]
    rebuilding = [*create_generation(2, cluster=""), *turn_readers(2, cluster=""), *drop_generation(1, cluster="")]
    spanned = [roll_up for roll_up in DECLARED if roll_up.span]
    scripts = files("pipeline.clickhouse.roll_ups")
    names = {"rows": "toYYYYMM(at, 'Asia/Ho_Chi_Minh') = 202001", "run": 1, "month": 202001}
    deleting = [
        *(text for roll_up in spanned for text in create_archive(roll_up, cluster="")),
        *(archive_rows(roll_up, run=1, rows="1") for roll_up in spanned),
        *render(scripts.joinpath("retention_places.sql"), cluster="", **names),
        *render(scripts.joinpath("retention_delete.sql"), cluster="", **names),
        *(fill_from_archive(roll_up.name, 2) for roll_up in DECLARED),
    ]
    rebuilding.append("OPTIMIZE TABLE dead_letters FINAL")
    work = ["CREATE DATABASE IF NOT EXISTS nhip", "USE nhip", *steps, *rebuilding, *deleting]
    done = Engine(tmp_path).run(rights("migrator"), *work)
    assert dict(zip(work, done, strict=True)) == dict.fromkeys(work)


def test_the_migrator_stays_in_its_database(engine: Engine) -> None:
    forbidden = (
        "CREATE DATABASE more",
        "DROP TABLE default.other",
        "SELECT * FROM default.other",
        "CREATE USER somebody",
    )
    assert denied(engine, "migrator", forbidden) == list(forbidden)


@pytest.mark.parametrize("account", sorted(ROLES))
def test_the_roles_by_sql_grant_what_the_file_grants(account: str) -> None:
    suffix = f" TO nhip_{account}"
    granted = [
        text.removesuffix(suffix) for text in account_statements(cluster="", database="nhip") if text.endswith(suffix)
    ]
    assert tuple(granted) == rights(account)
