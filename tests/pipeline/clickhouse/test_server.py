"""A ClickHouse server over HTTP when things go wrong: killed, cut off after the work, too slow, not trusted."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clickhouse_http import ClickHouseServer
from event_rows import EMPTY_ROW
from fresh_database import copy_migrated
from in_memory import in_memory
from meanwhile import repeating
from missing import require_openssl
from patience import wait_until

from pipeline.clickhouse.client import Account, ClickHouse, Reconnecting, address_of, open_clickhouse, open_server
from pipeline.clickhouse.columns import EVENT_COLUMNS, Rows
from pipeline.clickhouse.roll_ups import find_generations
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.clickhouse.roll_ups.retention import enforce, raw_since
from pipeline.clickhouse.writer import roll_up_rows, write_events
from pipeline.errors import ConfigurationError, Rejected, Unavailable
from pipeline.process.words import say
from pipeline.settings import ClickHouseSettings, Settings

VIEW = EMPTY_ROW | {
    "at": 1_790_571_600_000,
    "site": 1,
    "kind": "view",
    "page_id": 7,
    "audience": "public",
    "visitor": 5,
}
USERS = {"writer": ("w", "writer"), "reader": ("r", "reader"), "migrator": ("m", "migrator")}

Open = Callable[..., ClickHouse]


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with (
        in_memory(tmp_path_factory.mktemp("server")) as directory,
        ClickHouseServer(directory / "data", users=USERS) as server,
    ):
        yield server


@pytest.fixture
def server(shared_server: ClickHouseServer) -> ClickHouseServer:
    """A server that runs, without faults and with empty tables."""
    if not shared_server.answers():
        shared_server.start()
    shared_server.fault()
    with closing(open_server(settings_for(shared_server), account="migrator")) as client:
        client.command("DROP DATABASE nhip SYNC")
    copy_migrated("nhip", connect=lambda name: migrator_of(shared_server, name))
    return shared_server


def migrator_of(server: ClickHouseServer, database: str) -> ClickHouse:
    return open_server(settings_for(server, migrator_url=server.url(database, user="migrator")), account="migrator")


def settings_for(server: ClickHouseServer, **changes: Any) -> ClickHouseSettings:
    urls = {"url": "writer", "reader_url": "reader", "migrator_url": "migrator"}
    return ClickHouseSettings(**{name: server.url(user=user) for name, user in urls.items()} | changes)


@pytest.fixture
def opened(server: ClickHouseServer) -> Iterator[Open]:
    """Opens an account's connection; ``changes`` overrule the settings."""
    clients: list[ClickHouse] = []

    def opened(account: Account = "writer", **changes: Any) -> ClickHouse:
        clients.append(open_server(settings_for(server, **changes), account=account))
        return clients[-1]

    yield opened
    for client in clients:
        client.close()


def insert(client: ClickHouse, views: int, *, token: str, offset: int = 0) -> None:
    rows = [{**VIEW, "offset": offset, "row": row} for row in range(views)]
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token=token)


def count(client: ClickHouse) -> set[int]:
    """Views by the raw table and by a roll-up."""
    rows = client.query("SELECT count() FROM events UNION ALL SELECT sum(views) FROM page_totals")
    return {found for (found,) in rows}


def test_one_insert_at_a_time_moves_the_marks_of_a_partition(server: ClickHouseServer, opened: Open) -> None:
    """The client has given up the first insert, but the server still runs it; both would read the same marks."""
    rows = Rows({name: [VIEW[name]] for name in EVENT_COLUMNS}, {})
    writer = opened()
    server.fault(delay_inserts=2.0)
    with pytest.raises(Unavailable):
        roll_up_rows(opened(timeout_seconds=1.0), rows)
    with pytest.raises(Unavailable, match="already running"):
        roll_up_rows(writer, rows)
    server.fault()

    def goes_in() -> bool:
        with suppress(Unavailable):
            roll_up_rows(writer, rows)
            return True
        return False

    wait_until(goes_in)
    assert opened("reader").query("SELECT sum(views) FROM page_totals") == [(1,)]


# restarts


def test_a_connection_works_again_after_a_kill_and_a_restart(server: ClickHouseServer, opened: Open) -> None:
    writer, reader = opened(), opened("reader")
    insert(writer, 3, token="a")
    server.kill()
    for call in (lambda: insert(writer, 3, token="b"), lambda: reader.query("SELECT 1")):
        with pytest.raises(Unavailable):
            call()
    server.start()
    insert(writer, 3, token="a")
    insert(writer, 3, token="b")
    assert count(reader) == {6}


def test_a_server_killed_during_inserts_has_each_batch_once(server: ClickHouseServer, opened: Open) -> None:
    writer = opened()
    batches = 0

    def work() -> None:
        nonlocal batches
        try:
            insert(writer, 500, token=f"batch-{batches}")
            batches += 1
        except Unavailable:
            time.sleep(0.02)

    with repeating(work):
        for _ in range(3):
            time.sleep(0.4)
            server.kill()
            server.start()
    insert(writer, 500, token=f"batch-{batches}")  # the thread may have given up the last batch half-way
    assert count(opened("reader")) == {(batches + 1) * 500}


def test_a_server_that_starts_late_is_found(server: ClickHouseServer) -> None:
    reconnecting = Reconnecting(lambda: open_server(settings_for(server), account="reader"))
    server.kill()
    with pytest.raises(Unavailable):
        reconnecting()
    server.start()
    assert reconnecting().query("SELECT 1") == [(1,)]
    reconnecting.close()


# lost answers


def test_an_insert_whose_answer_was_cut_counts_once_when_repeated(server: ClickHouseServer, opened: Open) -> None:
    writer, reader = opened(), opened("reader")
    server.fault(cut_next=1)
    with pytest.raises(Unavailable):
        insert(writer, 5, token="a")
    assert count(reader) == {5}
    insert(writer, 5, token="a")
    assert count(reader) == {5}
    assert not any(compare_roll_ups(reader).values())


def test_an_insert_is_sent_once_and_never_repeated_by_the_library(server: ClickHouseServer, opened: Open) -> None:
    """Before repeating it, the consumer checks that the partition is still its own."""
    writer, before = opened(), server.answers_cut()
    server.fault(cut_next=100)
    with pytest.raises(Unavailable):
        insert(writer, 5, token="a")
    assert server.answers_cut() == before + 1


def test_repeating_makes_up_for_answers_lost_at_random(server: ClickHouseServer, opened: Open) -> None:
    writer = opened()
    server.fault(cut_inserts=0.5)
    for batch in range(20):
        while True:
            try:
                insert(writer, 2, token=f"batch-{batch}")
            except Unavailable:
                continue
            break
    assert count(opened("reader")) == {40}


def test_a_large_insert_is_one_block_under_its_token(server: ClickHouseServer, opened: Open) -> None:
    """clickhouse-connect sends it in several blocks; no block may be dropped as a repeat of another."""
    writer = opened()
    for _ in range(2):
        insert(writer, 70_000, token="a")
    assert count(opened("reader")) == {70_000}


def test_old_rows_go_over_http_though_an_answer_is_lost(server: ClickHouseServer, opened: Open) -> None:
    writer, migrator, reader = opened(), opened("migrator"), opened("reader")
    for offset in range(4):
        insert(writer, 3, token=f"page-events/0/{offset}-{offset}", offset=offset)
    log: dict[str, Any] = {"keep_from": date(2026, 11, 1), "begins": {0: 4}, "advance": lambda *_: None}
    server.fault(cut_next=1)
    with pytest.raises(Unavailable):
        enforce(migrator, now=1, **log)
    assert count(reader) == {12}
    assert enforce(migrator, now=2, **log) == 9
    assert reader.query("SELECT count() FROM events") == [(3,)]
    assert reader.query("SELECT sum(views) FROM page_totals") == [(12,)]
    assert not any(compare_roll_ups(reader).values())
    assert raw_since(reader) == date(2026, 11, 1)


def test_roll_ups_are_rebuilt_over_http_while_answers_are_lost(server: ClickHouseServer, opened: Open) -> None:
    """A fault in the middle drops the half-made generation; the next run succeeds."""
    writer, migrator, reader = opened(), opened("migrator"), opened("reader")
    for offset in range(4):
        insert(writer, 3, token=f"page-events/0/{offset}-{offset}", offset=offset)
    migrator.command("TRUNCATE TABLE page_totals_1")
    log: dict[str, Any] = {
        "ends": lambda: {0: 4},
        "progress_of_group": lambda: {0: (4, 3)},
        "on_progress": lambda *_: None,
    }
    server.fault(cut_next=1)
    with pytest.raises(Unavailable):
        rebuild(migrator, **log)
    assert find_generations(migrator) == {1}
    rebuild(migrator, **log)
    insert(writer, 3, token="page-events/0/4-4", offset=4)
    assert count(reader) == {15}
    assert not any(compare_roll_ups(reader).values())


# time


def test_an_insert_that_takes_too_long_is_unavailable_and_counts_once(server: ClickHouseServer, opened: Open) -> None:
    writer = opened(timeout_seconds=0.3)
    server.fault(delay_inserts=1.0)
    with pytest.raises(Unavailable, match="not answered"):
        insert(writer, 5, token="a")
    server.fault()
    insert(opened(), 5, token="a")  # while the first still runs
    insert(opened(), 5, token="a")
    assert count(opened("reader")) == {5}


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://reader:mat-khau@127.0.0.1:{port}/nhip"
    with pytest.raises(Unavailable) as caught:
        open_server(ClickHouseSettings(url=url, reader_url=url, migrator_url=url), account="reader")
    said = say(caught.value)
    assert said == f"ClickHouse ở · at 127.0.0.1:{port} không trả lời · does not answer: Connection refused"


@pytest.mark.parametrize(
    ("reader_url", "variable"),
    [
        pytest.param("http://r@clickhouse:8123/nhip", "NHIP_CLICKHOUSE_READER_URL", id="its own"),
        pytest.param("http://w@clickhouse:8123/nhip", "NHIP_CLICKHOUSE_URL", id="the writer's"),
    ],
)
def test_an_error_names_a_variable_that_is_set(reader_url: str, variable: str) -> None:
    url = "http://w@clickhouse:8123/nhip"
    settings = ClickHouseSettings(url=url, reader_url=reader_url, migrator_url=url)
    assert address_of(settings, "reader") == (variable, reader_url)


def test_a_slow_question_is_unavailable(opened: Open) -> None:
    reader = opened("reader", timeout_seconds=0.3)
    with pytest.raises(Unavailable):
        reader.query("SELECT sleep(2)")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        pytest.param(252, Unavailable, id="too many parts"),
        pytest.param(242, Unavailable, id="read only for now"),
        pytest.param(999, Unavailable, id="keeper away"),
        pytest.param(53, Rejected, id="type mismatch"),
    ],
)
def test_the_code_of_a_refusal_decides_whether_to_try_again(
    server: ClickHouseServer, opened: Open, code: int, kind: type[Exception]
) -> None:
    writer = opened()
    server.fault(refuse_inserts=code)
    with pytest.raises(kind):
        insert(writer, 1, token="a")


# accounts


@pytest.mark.parametrize(
    ("account", "field", "variable"),
    [
        ("writer", "url", "NHIP_CLICKHOUSE_URL"),
        ("reader", "reader_url", "NHIP_CLICKHOUSE_READER_URL"),
        ("migrator", "migrator_url", "NHIP_CLICKHOUSE_MIGRATOR_URL"),
    ],
)
def test_a_wrong_password_names_the_variable_and_not_the_password(
    server: ClickHouseServer, opened: Open, account: Account, field: str, variable: str
) -> None:
    wrong = f"http://{account}:sai-mat-khau@127.0.0.1:{server.port}/nhip"
    with pytest.raises(ConfigurationError, match=f"^{variable}: ") as caught:
        opened(account, **{field: wrong})
    assert "sai-mat-khau" not in str(caught.value)


def test_a_password_may_hold_anything(tmp_path: Path) -> None:
    password = "p@ss/w:rd%20#đ"
    users = {"reader": (password.replace(":", ""), "reader")}
    with ClickHouseServer(tmp_path / "data", users=users) as server:
        url = server.url("default", user="reader")
        settings = ClickHouseSettings(url=url, reader_url=url, migrator_url=url)
        with closing(open_server(settings, account="reader")) as client:
            assert client.query("SELECT 1") == [(1,)]


def test_without_the_database_it_says_what_to_run(server: ClickHouseServer) -> None:
    url = server.url("elsewhere", user="reader")
    with pytest.raises(Unavailable, match="nhip migrate"):
        open_server(ClickHouseSettings(url=url, reader_url=url, migrator_url=url), account="reader")


def test_the_settings_choose_server_or_engine(server: ClickHouseServer, tmp_path: Path) -> None:
    environ = {"NHIP_DATA_DIR": str(tmp_path), "NHIP_CLICKHOUSE_URL": server.url(user="reader")}
    on_server = Settings.from_env(environ)
    with closing(open_clickhouse(on_server, account="reader")) as client:
        assert client.query("SELECT count() FROM events") == [(0,)]
    assert not (tmp_path / "clickhouse").exists()


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key; beside it ``ca.pem``, the certificate alone."""
    require_openssl()
    directory = tmp_path_factory.mktemp("tls")
    key, ca = directory / "key.pem", directory / "ca.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nhip-test"]
    extension = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(ca)]
    subprocess.run([*command, *extension], check=True, capture_output=True)
    both = directory / "server.pem"
    both.write_text(key.read_text() + ca.read_text())
    return both


@pytest.fixture(scope="module")
def tls_server(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with ClickHouseServer(tmp_path_factory.mktemp("tls-server") / "data", certificate=certificate) as server:
        yield server


def tls_settings(server: ClickHouseServer, ca_file: Path | None) -> ClickHouseSettings:
    url = server.url("default")
    return ClickHouseSettings(url=url, reader_url=url, migrator_url=url, ca_file=ca_file)


def test_it_speaks_tls_with_a_server_whose_authority_it_trusts(tls_server: ClickHouseServer, certificate: Path) -> None:
    settings = tls_settings(tls_server, certificate.with_name("ca.pem"))
    with closing(open_server(settings, account="reader")) as client:
        assert client.query("SELECT 1") == [(1,)]


def test_it_refuses_a_server_it_does_not_trust(tls_server: ClickHouseServer) -> None:
    with pytest.raises(ConfigurationError, match="NHIP_CLICKHOUSE_CA_FILE"):
        open_server(tls_settings(tls_server, None), account="reader")


def test_a_certificate_for_another_host_is_refused(tls_server: ClickHouseServer, certificate: Path) -> None:
    url = f"https://localhost:{tls_server.port}/default"
    settings = ClickHouseSettings(url=url, reader_url=url, migrator_url=url, ca_file=certificate.with_name("ca.pem"))
    with pytest.raises(ConfigurationError, match="NHIP_CLICKHOUSE"):
        open_server(settings, account="reader")
