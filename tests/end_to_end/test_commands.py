"""``nhip`` while the product runs, while it hangs, and after it was killed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from meanwhile import repeating
from part import ROOT
from product import Product

from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.events import EVENTS_TOPIC

SECONDS = 60.0


def views_coming_in(product: Product) -> AbstractContextManager[None]:
    """A reader opens one page after the other, for this block."""

    def read() -> None:
        assert product.view(7, "/mot-trang/") == 202

    return repeating(read)


def poison(product: Product) -> None:
    """Put a line into the log that is no event, and wait until it is set aside."""
    broker = SqliteBroker(product.data_dir / "log")
    producer = broker.producer()
    producer.send(EVENTS_TOPIC, b'{"kind":"\x1b[31mpoison"}\n', partition=0)
    producer.close()
    broker.close()
    deadline = time.monotonic() + SECONDS
    while not msgspec.json.decode(product.command("dead-letters", "list", "--json").stdout)["dead_letters"]:
        assert time.monotonic() < deadline, "it was not set aside"
        time.sleep(0.1)


COMMANDS = [
    pytest.param(["status"], id="status"),
    pytest.param(["verify"], id="verify"),
    pytest.param(["reconcile"], id="reconcile"),
    pytest.param(["report", "days"], id="days"),
    pytest.param(["report", "hours", "--format", "csv"], id="hours"),
    pytest.param(["report", "pages", "--json"], id="pages"),
    pytest.param(["dead-letters", "list"], id="dead letters"),
    pytest.param(["replay", "--since", "2026-01-01"], id="replay"),
    pytest.param(["rebuild"], id="rebuild"),
    pytest.param(["migrate"], id="migrate"),
]


@pytest.mark.parametrize("argv", COMMANDS)
def test_every_command_works_while_views_come_in(product: Product, argv: list[str]) -> None:
    with views_coming_in(product):
        answer = product.command(*argv)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout
    assert answer.stderr == ""
    assert "\x1b" not in answer.stdout


def test_verify_is_right_at_any_moment(product: Product) -> None:
    with views_coming_in(product):
        for _ in range(5):
            found = product.verify()
            assert found["clean"], found
            assert found["accepted"] == found["stored"] + found["dead_lettered"] + found["in_flight"]
    assert product.verify()["repeated"] == 0


def test_a_rebuild_keeps_every_number(product: Product) -> None:
    assert product.view(4711, "/mot-trang/") == 202
    product.wait_for("/_nhip/pages.json?ids=4711", lambda answer: answer["pages"]["4711"] == 1)
    with views_coming_in(product):
        assert product.command("rebuild").returncode == 0
    assert product.verify()["clean"]
    assert product.get("/_nhip/pages.json?ids=4711")["pages"]["4711"] == 1


def test_bad_input_is_refused_here_in_one_line(product: Product) -> None:
    answer = product.command("report", "days", "--since", "yesterday")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert len(answer.stderr.splitlines()) == 1


def test_nhip_asks_and_draws_on_a_terminal(product: Product) -> None:
    poison(product)
    code, shown = _on_a_terminal(product, ["dead-letters", "drop", "--all"], typed=b"y\n")
    assert code == 0, shown
    assert "Drop 1 dead letter for good? [c/K · y/N]" in shown
    assert "dropped: 1" in shown
    assert "\x1b[31m" not in shown

    code, shown = _on_a_terminal(product, ["verify"])
    assert code == 0, shown
    assert "\x1b[32m" in shown, "a clean answer is green"


def test_a_process_that_hangs_is_named(product: Product) -> None:
    product.freeze()
    try:
        answer = product.command("status")
    finally:
        product.thaw()
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert "does not answer" in line
    assert str(product.data_dir) in line


def test_after_kill_9_a_command_does_its_own_work(data_dir: Path) -> None:
    with Product(data_dir) as product:
        assert product.view(4242, "/mot-trang/") == 202
        product.kill()
        assert (data_dir / "control").exists()
        found = product.verify()
        assert found["clean"]
        assert found["views"] + found["in_flight"] == 1
        status = product.command("status", "--json")
        assert status.returncode == 1
        faults = {part["name"]: part["fault"] for part in msgspec.json.decode(status.stdout)["parts"]}
        assert (faults["log"], faults["clickhouse"]) == (None, None)
        assert "no process is running" in faults["process"]


# As nhip, but that it waits for another command as long as a busy machine may take for one.
PATIENT = f"""
import sys
from cms.nhip import main
from pipeline.operating import cli
cli.BUSY_SECONDS = {4 * SECONDS}
sys.exit(main())
"""


def test_commands_wait_for_each_other_where_nothing_runs(data_dir: Path) -> None:
    product = Product(data_dir)
    SqliteBroker(data_dir / "log").close()
    command = [sys.executable, "-c", PATIENT, "verify"]
    typed = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=product.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [one.communicate(timeout=4 * SECONDS)[0] for one in typed]
    assert [one.returncode for one in typed] == [0, 0], answers


def _on_a_terminal(product: Product, argv: list[str], typed: bytes = b"") -> tuple[int, str]:
    """The exit code of ``nhip`` on its own terminal, and everything that appeared there."""
    here, there = pty.openpty()
    environment = {**product.environment(), "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "cms.nhip", *argv]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=there, stdout=there, stderr=there)
    os.close(there)
    os.write(here, typed)
    shown = b""
    try:
        while part := os.read(here, 65_536):
            shown += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(here)
    return process.wait(SECONDS), shown.decode(errors="replace")
