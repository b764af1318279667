"""Changes afterwards which views count: whether suspect ones do, and whether ones that nobody suspected do not.

The rows are changed where they are. Their places in the log stay, so that no insert, recovery or replay of a batch
takes them for missing. The roll-ups differ until they are made again. A second run changes nothing.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import count_views
from pipeline.clickhouse.scripts import render
from pipeline.events import BOT, PUBLIC, RATE, READERS, REVIEWED

REASONS = (RATE, READERS, REVIEWED)


class Wave(NamedTuple):
    """Views of ``pages`` (none are all) from ``since`` to before ``until``, in Unix milliseconds.

    ``reason``: suspect for it alone; empty for any.
    """

    pages: Sequence[int]
    since: int
    until: int
    reason: str = ""


def count_wave(client: ClickHouse, wave: Wave, *, counted: bool) -> int:
    """How many views ``reclassify`` would change. Raises Unavailable, Rejected."""
    views, suspects = count_views(client, audience=BOT if counted else PUBLIC, **wave._asdict())
    return suspects if counted or wave.reason else views


def reclassify(client: ClickHouse, wave: Wave, *, counted: bool) -> None:
    """Let the suspect views of a wave count; or with ``counted`` False none of its public views.

    ``client`` has the migrator's account. Raises Unavailable, Rejected, and ValueError for a reason that there is not.
    """
    if wave.reason not in ("", *REASONS):
        raise ValueError(f"no reason {wave.reason!r}")
    former, later = (BOT, PUBLIC) if counted else (PUBLIC, BOT)
    script = files("pipeline.clickhouse").joinpath("reclassify.sql")
    names = {"from": former, "to": later, "reviewed": REVIEWED, "rows": _rows(wave, suspects=counted)}
    for statement in render(script, cluster=client.cluster, **names):
        client.command(statement)


def _rows(wave: Wave, *, suspects: bool) -> str:
    """Of numbers and of our own names alone."""
    conditions = [
        f"at >= fromUnixTimestamp64Milli({int(wave.since)}, 'UTC')",
        f"at < fromUnixTimestamp64Milli({int(wave.until)}, 'UTC')",
    ]
    if wave.pages:
        conditions.append(f"page_id IN ({', '.join(str(int(page)) for page in wave.pages)})")
    if wave.reason:
        conditions.append(f"suspect = '{wave.reason}'")
    elif suspects:
        conditions.append("suspect != ''")
    return " AND ".join(conditions)
