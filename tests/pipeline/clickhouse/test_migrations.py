"""One source makes the tables for one server and for a cluster, and the engine can read every statement of both."""

from __future__ import annotations

import re
from importlib.resources import files

import msgspec
import pytest

from pipeline.brokers import Record
from pipeline.clickhouse.accounts import account_statements
from pipeline.clickhouse.client import CLUSTER_INSERT_SETTINGS, INSERT_SETTINGS, ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.migrations import FIRST_ROLL_UPS, migrate, migration_steps
from pipeline.clickhouse.recovery import write_batch
from pipeline.clickhouse.roll_ups import (
    ROLL_UPS,
    SUMS,
    archive_rows,
    backfill,
    create_archive,
    create_generation,
    drop_generation,
    fill_from_archive,
    turn_readers,
)
from pipeline.clickhouse.roll_ups.declared import DECLARED
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.scripts import render
from pipeline.clickhouse.upkeep import compact_dead_letters, sync_replicas
from pipeline.errors import ConfigurationError
from pipeline.events import Engagement, NotFound, PageView, encode_lines
from pipeline.serving.snapshot import read_snapshot

CLUSTER = "nhip-main"


def every_statement(cluster: str) -> list[str]:
    steps = [statement for step in migration_steps(cluster).values() for statement in step]
    generation = [*create_generation(2, cluster=cluster, rows="offset >= transform(partition, [0, 1], [5, 7], 0)")]
    fill = [backfill(name, 2, cluster=cluster, rows="offset < 5") for name in ROLL_UPS]
    accounts = account_statements(cluster=cluster, database="nhip")
    scripts = files("pipeline.clickhouse.roll_ups")
    names = {"rows": "offset < 5", "run": 1, "month": 202609}
    retention = [
        text
        for script in ("count", "places", "delete")
        for text in render(scripts.joinpath(f"retention_{script}.sql"), cluster=cluster, **names)
    ]
    for roll_up in DECLARED:
        if roll_up.span:
            retention += [*create_archive(roll_up, cluster=cluster), archive_rows(roll_up, run=1, rows="offset < 5")]
        retention.append(fill_from_archive(roll_up.name, 2))
    return [
        *steps,
        *generation,
        *fill,
        *turn_readers(2, cluster=cluster),
        *drop_generation(1, cluster=cluster),
        *retention,
        *accounts,
    ]


@pytest.mark.parametrize("cluster", ["", CLUSTER], ids=["one server", "cluster"])
def test_the_engine_reads_every_statement(client: ClickHouse, cluster: str) -> None:
    for statement in every_statement(cluster):
        client.query("SELECT formatQuery({statement:String})", {"statement": statement})


def test_a_statement_that_the_engine_cannot_read_is_found(client: ClickHouse) -> None:
    with pytest.raises(Exception, match="Syntax error"):
        client.query("SELECT formatQuery('CREATE TABEL x')")


def test_the_first_roll_ups_are_made_when_the_tables_have_all_their_columns() -> None:
    *tables, last = migration_steps("")
    assert tables == sorted(tables)
    assert last == FIRST_ROLL_UPS


@pytest.mark.parametrize("cluster", ["", CLUSTER], ids=["one server", "cluster"])
def test_nothing_is_left_to_fill_in(cluster: str) -> None:
    assert not [statement for statement in every_statement(cluster) if "$" in statement or "--" in statement]


def test_one_server_has_nothing_of_a_cluster() -> None:
    assert not [text for text in every_statement("") if re.search(r"CLUSTER|Replicated|Distributed|_local", text)]


def test_over_a_cluster_every_table_is_made_everywhere_and_kept_twice() -> None:
    making = [text for text in every_statement(CLUSTER) if text.startswith(("CREATE", "DROP", "GRANT"))]
    assert not [text for text in making if f"ON CLUSTER '{CLUSTER}'" not in text]
    engines = {found[1] for text in making if (found := re.search(r"ENGINE = (\w+)", text))}
    assert engines == {
        "ReplicatedMergeTree",
        "ReplicatedReplacingMergeTree",
        "ReplicatedAggregatingMergeTree",
        "Distributed",
        "Null",
    }


def test_over_a_cluster_every_table_that_counts_remembers_tokens_for_a_week() -> None:
    counting = [text for text in every_statement(CLUSTER) if re.search(r"ENGINE = Replicated(Aggregating)?Merge", text)]
    uncounted = "schema_migrations|retention_runs|archived_places|_archive"
    counting = [text for text in counting if not re.search(uncounted, text)]
    assert len(counting) == 1 + 2 * len(SUMS)
    for text in counting:
        assert "replicated_deduplication_window = 10000" in text
        assert "replicated_deduplication_window_seconds = 604800" in text


def test_a_batch_is_of_one_partition_and_so_stays_on_one_shard() -> None:
    distributed = {
        found[1]: found[2]
        for text in migration_steps(CLUSTER)["0001_raw_tables.sql"]
        if (found := re.search(r"EXISTS (\w+) .*ENGINE = Distributed\(.*, (\w+)\)", text, re.DOTALL))
    }
    assert distributed == {"events": "partition", "dead_letters": "partition"}


def test_views_read_inserts_into_the_shards_own_table() -> None:
    views = [text for text in create_generation(1, cluster=CLUSTER) if "MATERIALIZED" in text]
    assert len(views) == len(ROLL_UPS)
    assert all("FROM events_local\n" in text and re.search(r" TO \w+_1_local\n", text) for text in views)


def test_over_a_cluster_an_insert_waits_for_the_shard(client: ClickHouse) -> None:
    clustered = ClickHouse(client._connection, cluster=CLUSTER)
    assert clustered._insert_settings == INSERT_SETTINGS | CLUSTER_INSERT_SETTINGS
    assert client._insert_settings == INSERT_SETTINGS


def test_the_engine_reads_the_statements_of_upkeep_over_a_cluster(client: ClickHouse) -> None:
    said: list[str] = []

    class Listening(ClickHouse):
        def command(self, statement: str) -> None:
            said.append(statement)

    for work in (sync_replicas, compact_dead_letters):
        work(Listening(client._connection, cluster=CLUSTER))
    assert len(said) == 3
    for statement in said:
        client.query("SELECT formatQuery({statement:String})", {"statement": statement})


def test_tables_of_another_version_are_refused_and_left_alone(client: ClickHouse) -> None:
    client.insert("schema_migrations", {"name": ["0001_events.sql"]}, types=["String"], token="other")
    before = client.query("SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name")
    with pytest.raises(ConfigurationError, match=r"another version.*0001_events\.sql"):
        migrate(client)
    assert client.query("SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name") == before


def drop_later_roll_ups(client: ClickHouse) -> None:
    """Leave those that were there before the columns that these sum by."""
    first = ("site_days", "site_hours", "page_days", "page_totals", "opening_balances")
    later = [name for name in ROLL_UPS if name not in first]
    for statement in (*drop_generation(1, cluster="", names=later), *(f"DROP VIEW {name}" for name in later)):
        client.command(statement)


def test_tables_of_the_version_before_go_on_with_their_rows(client: ClickHouse) -> None:
    """Its rows and the lines of its log have neither suspects nor what tells readers apart after midnight."""
    new = ("suspect", "seen_ago")
    drop_later_roll_ups(client)
    for table in ("events", "events_again"):
        client.command(f"ALTER TABLE {table} {', '.join(f'DROP COLUMN {name}' for name in new)}")
    client.command("ALTER TABLE schema_migrations DELETE WHERE name = '0003_suspects.sql' SETTINGS mutations_sync = 2")
    now = 1_790_571_600_000
    line = encode_lines([PageView(now, 1, 7, "vi", "/", "public", 5, True)])
    fields = {name: value for name, value in msgspec.json.decode(line).items() if name not in new}
    old = Record("page-events", 0, 0, now, None, msgspec.json.encode(fields))
    columns = {name: column for name, column in rows_of([old]).events.items() if name not in new}
    client.insert("events", columns, types=[EVENT_COLUMNS[name] for name in columns], token="page-events/0/0-0")

    assert migrate(client) == ["0003_suspects.sql"]

    write_batch(client, rows_of([old]), "page-events/0/0-0", again=True)
    write_batch(client, rows_of([Record("page-events", 0, 1, now, None, line)]), "page-events/0/1-1", again=False)
    assert client.query("SELECT suspect, seen_ago FROM events") == [("", 0), ("", 0)]
    assert read_snapshot(client, now / 1000).pages == {7: 2}
    assert read_snapshot(client, now / 1000).sites[1].views.online == 1


def test_tables_of_the_version_before_take_the_events_that_it_did_not_know(client: ClickHouse) -> None:
    """Their roll-ups' views were made for three kinds of events, and go on with views alone."""
    new = ("seconds", "depth", "target")
    drop_later_roll_ups(client)
    before = "Enum8('view' = 1, 'heartbeat' = 2, 'opening' = 3)"
    for table in ("events", "events_again"):
        columns = ", ".join(f"DROP COLUMN {name}" for name in new)
        client.command(f"ALTER TABLE {table} MODIFY COLUMN kind {before}, {columns}")
    client.command(
        "ALTER TABLE schema_migrations DELETE WHERE name = '0005_engagement.sql' SETTINGS mutations_sync = 2"
    )
    now = 1_790_571_600_000
    view = Record("page-events", 0, 0, now, None, encode_lines([PageView(now, 1, 7, "vi", "/", "public", 5, True)]))
    columns = {name: column for name, column in rows_of([view]).events.items() if name not in new}
    types = [before if name == "kind" else EVENT_COLUMNS[name] for name in columns]
    client.insert("events", columns, types=types, token="page-events/0/0-0")

    assert migrate(client) == ["0005_engagement.sql"]

    done = [
        Engagement(now, 1, 7, "vi", "/", "public", 5, seconds=1800, depth=100),
        NotFound(now, 1, 0, "vi", "/cũ", "public", 6, target="/cũ"),
    ]
    record = Record("page-events", 0, 1, now, None, encode_lines(done))
    write_batch(client, rows_of([view]), "page-events/0/0-0", again=True)
    for again in (False, True):
        write_batch(client, rows_of([record]), "page-events/0/1-1", again=again)
    assert client.query("SELECT kind, seconds, depth, target FROM events ORDER BY offset, row") == [
        ("view", 0, 0, ""),
        ("engagement", 1800, 100, ""),
        ("not_found", 0, 0, "/cũ"),
    ]
    snapshot = read_snapshot(client, now / 1000)
    assert snapshot.pages == {7: 1}
    assert (snapshot.sites[1].views.total, snapshot.sites[1].views.online) == (1, 1)


@pytest.mark.parametrize("table", ["events", *(f"{name}_1" for name in SUMS)])
def test_every_table_that_counts_remembers_tokens(client: ClickHouse, table: str) -> None:
    ((statement,),) = client.query(
        "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    assert "non_replicated_deduplication_window = 10000" in statement


def test_a_part_of_the_log_is_found_without_reading_everything(client: ClickHouse) -> None:
    client.command(
        "INSERT INTO events (at, site, kind, partition, offset)"
        " SELECT toDateTime64('2026-09-28', 3, 'UTC') + number / 100, 1, 'view', 0, number FROM numbers(500000)"
    )
    plan = client.query(
        "EXPLAIN indexes = 1 SELECT row FROM events WHERE partition = 0 AND offset >= 1000 AND offset < 2000"
    )
    granules = [line for (line,) in plan if "Granules" in line]
    read, all_of_them = map(int, re.findall(r"\d+", granules[-1]))
    assert read <= 2 < all_of_them
