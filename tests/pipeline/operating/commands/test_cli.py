"""Every command: where it runs, how it refuses, how it ends."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ops import Answer, Ops, Typed

from pipeline.errors import Unavailable
from pipeline.events import PageView
from pipeline.operating import cli
from pipeline.operating.commands.context import Context, console
from pipeline.operating.control import Call, Terminal, serve
from pipeline.process.data_directory import hold
from pipeline.settings import ClickHouseSettings, KafkaSettings

ROOT = Path(__file__).resolve().parents[4]
COMMANDS = ("status", "verify", "report", "dead-letters", "replay", "rebuild", "migrate", "accounts", "collect")


def assert_refused(answer: Answer, *words: str) -> None:
    assert (answer.code, answer.out) == (2, ""), answer
    (line,) = answer.err.splitlines()
    for word in words:
        assert word in line


def test_help_names_every_command_and_every_exit_code(ops: Ops) -> None:
    answer = ops.nhip("--help")
    assert answer.code == 0
    for word in (*COMMANDS, "exit codes", "  0  ", "  1  ", "  2  "):
        assert word in answer.out


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        pytest.param([], "command", id="no command"),
        pytest.param(["restart"], "restart", id="an unknown command"),
        pytest.param(["verify", "--fast"], "--fast", id="an unknown option"),
        pytest.param(["verify", "--since", "soon"], "--since: 'soon' không phải thời gian", id="no time"),
        pytest.param(["verify", "--since", "0001-01-01"], "1971–2148", id="the beginning of time"),
        pytest.param(["verify", "--since", "9999-12-31T23:59"], "thời gian · is no time", id="the end of time"),
        pytest.param(["replay"], "--since", id="a replay without a time"),
        pytest.param(["status", "--max-age", "-1"], "-1", id="a negative age"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(ops: Ops, argv: list[str], word: str) -> None:
    assert_refused(ops.nhip(*argv), word, "--help")


def test_a_setting_that_makes_no_sense_is_named(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIP_BATCH_ROWS", "many")
    assert_refused(ops.nhip("status"), "NHIP_BATCH_ROWS")


LOOKING = [
    pytest.param(argv, id=argv[0])
    for argv in (
        ["status"],
        ["verify"],
        ["report", "days"],
        ["dead-letters", "list"],
        ["replay", "--since", "2026-11-25"],
        ["rebuild"],
    )
]


@pytest.mark.parametrize("there", [pytest.param(False, id="no directory"), pytest.param(True, id="an empty directory")])
@pytest.mark.parametrize("argv", LOOKING)
def test_a_command_on_a_directory_without_data_makes_nothing(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, argv: list[str], there: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
    monkeypatch.setenv("NHIP_DATA_DIR", str(elsewhere))
    words = ("NHIP_DATA_DIR", str(elsewhere), "NHIP_KAFKA_BOOTSTRAP_SERVERS", "NHIP_CLICKHOUSE_URL")
    assert_refused(ops.nhip(*argv), *words)
    assert elsewhere.exists() == there
    assert list(elsewhere.glob("*")) == []


@pytest.mark.parametrize("argv", LOOKING)
def test_a_command_first_names_its_data(ops: Ops, argv: list[str]) -> None:
    first = ops.nhip(*argv).out.splitlines()[0]
    assert first == f"dữ liệu · data: nhúng trong · embedded in {ops.settings.data_dir}"


def test_servers_are_named_without_their_passwords(ops: Ops) -> None:
    url = "http://nhip:mat-khau@clickhouse:8123/thongke"
    kafka = KafkaSettings(bootstrap_servers=("k1:9092", "k2:9092"))
    clickhouse = ClickHouseSettings(url=url, reader_url=url, migrator_url=url)
    printed = console(io.StringIO(), is_terminal=False, terminal=Terminal())
    both = Context(replace(ops.settings, kafka=kafka, clickhouse=clickhouse), out=printed, err=printed)
    assert both.source == "Kafka k1:9092,k2:9092; ClickHouse clickhouse:8123/thongke"
    one = Context(replace(ops.settings, clickhouse=clickhouse), out=printed, err=printed)
    assert one.source.startswith("nhật ký · log: nhúng trong · embedded in ")
    assert "mat-khau" not in one.source


def test_the_process_on_the_data_directory_runs_the_command(ops: Ops) -> None:
    asked: list[list[str]] = []

    def answer(call: Call) -> int:
        asked.append(call.argv)
        return 1

    with hold(ops.settings.data_dir), serve(ops.settings.data_dir, answer):
        assert ops.nhip("verify", "--json").code == 1
    assert asked == [["verify", "--json"]]


def test_a_process_that_never_answers_is_named(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "BUSY_SECONDS", 0.0)
    with hold(ops.settings.data_dir):
        assert_refused(ops.nhip("verify"), "NHIP_DATA_DIR", "try again in a moment")


def test_the_running_process_runs_the_same_commands(ops: Ops) -> None:
    typed = Typed("verify", "--json")
    assert typed.run(ops) == 0
    assert typed.out.getvalue() == ops.nhip("verify", "--json").out


def test_the_running_process_sends_its_refusals_back(ops: Ops) -> None:
    typed = Typed("dead-letters", "show", "0/1/2")
    assert typed.run(ops) == 2
    assert "0/1/2" in typed.err.getvalue()


def test_a_client_that_leaves_stops_long_work(ops: Ops, view: Callable[..., PageView]) -> None:
    ops.send(view(1))
    ops.consume()
    assert Typed("verify", gone=True).run(ops) == cli.INTERRUPTED


def test_commands_that_change_data_run_one_at_a_time(ops: Ops) -> None:
    codes: list[int] = []

    def rebuild_too(*_arguments: Any, **_named: Any) -> None:
        other = Typed("rebuild")
        codes.append(other.run(ops))
        assert "under way" in other.err.getvalue()
        codes.append(Typed("report", "days").run(ops))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.operating.commands.rebuild.rebuild", rebuild_too)
        assert Typed("rebuild").run(ops) == 0
    assert codes == [2, 0]
    assert Typed("rebuild").run(ops) == 0


def test_ctrl_c_ends_quietly(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.operating.commands.verify.verify", interrupt)
    assert ops.nhip("verify") == Answer(130, "", "")


def test_an_engine_that_fails_is_named_in_one_line(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise Unavailable("nobody answers")

    monkeypatch.setattr("pipeline.operating.commands.context.open_clickhouse", fail)
    for argv in (["verify"], ["report", "days"], ["replay", "--since", "2026-01-01"], ["dead-letters", "list"]):
        assert_refused(ops.nhip(*argv), "NHIP_DATA_DIR: nobody answers")


def test_an_unexpected_fault_is_one_line_too(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr("pipeline.operating.commands.verify.verify", fail)
    assert_refused(ops.nhip("verify"), "unexpected", "OverflowError: date value out of range", "--debug")
    assert "Traceback" in ops.nhip("--debug", "verify").err

    caplog.clear()
    typed = Typed("verify")
    assert typed.run(ops) == 2
    (line,) = typed.err.getvalue().splitlines()
    assert "OverflowError" in line
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_vietnamese_is_written_whatever_the_locale(ops: Ops) -> None:
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "pipeline.operating.cli", "report", "days"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "ngày" in answer.stdout.decode("utf-8")


def test_rights_are_printed_for_an_administrator_to_run(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_refused(ops.nhip("accounts"), "NHIP_CLICKHOUSE_URL")
    monkeypatch.setenv("NHIP_CLICKHOUSE_URL", "http://writer:secret@clickhouse:8123/thongke")
    answer = ops.nhip("accounts")
    assert answer.code == 0
    assert "GRANT INSERT ON thongke.events TO nhip_writer;\n" in answer.out
    assert "secret" not in answer.out
