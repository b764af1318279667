"""The runbook's own statements back ClickHouse up and restore it, on the real engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from part import ROOT

RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BACKUPS = ROOT / "deploy/clickhouse/config.d/backups.xml"

# In a child process, since the engine takes one data directory and one configuration a process.
SCRIPT = """
import json, sys
import clickhouse_connect
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups

path, statements = sys.argv[1], json.loads(sys.argv[2])
engine = clickhouse_connect.get_client(interface="chdb", path=path)
engine.command("CREATE DATABASE nhip")

def connect():
    return ClickHouse(clickhouse_connect.get_client(interface="chdb", path=path, database="nhip", tz_mode="aware"))

def view(first):
    engine.command(
        "INSERT INTO nhip.events"
        " (at, site, kind, page_id, audience, locale, path, visitor, visit, partition, offset, row)"
        f" SELECT now64(3), 1, 'view', 7, 'public', 'vi', '/', 5, true, 0, number + {first}, 0 FROM numbers(500)"
    )

def state():
    client = connect()
    stored, summed = (client.query(f"SELECT {what}")[0][0] for what in (
        "count() FROM events", "sum(views) FROM site_days"))
    return [stored, int(summed), sum(compare_roll_ups(client).values()), migrate(client)]

migrate(connect())
view(0)
for statement in statements:
    engine.command(statement)
states = [state()]
view(500)
states.append(state())
print(json.dumps(states))
"""


def test_a_backup_comes_back_and_goes_on_counting(tmp_path: Path) -> None:
    statements = re.findall(r'clickhouse-client -q "(BACKUP|DROP|RESTORE)(.*?)"', RUNBOOK)
    assert [verb for verb, _rest in statements] == ["BACKUP", "DROP", "RESTORE"]
    config = tmp_path / "config.xml"
    text = BACKUPS.read_text(encoding="utf-8").replace("/var/lib/clickhouse/backups", str(tmp_path / "backups"))
    config.write_text(text, encoding="utf-8")

    path = f"{tmp_path / 'engine'}?config-file={config}"
    given = json.dumps([verb + rest for verb, rest in statements])
    command = [sys.executable, "-c", SCRIPT, path, given]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout.splitlines()[-1]) == [[500, 500, 0, []], [1000, 1000, 0, []]]
