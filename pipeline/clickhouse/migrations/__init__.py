"""Numbered steps, applied in order and remembered in ``schema_migrations``: ``.sql`` files, and the first roll-ups.

A step may be run again after a crash half-way: every statement says IF NOT EXISTS or is otherwise repeatable.
"""

from importlib.resources import files

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups import create_generation, turn_readers
from pipeline.clickhouse.scripts import render
from pipeline.errors import ConfigurationError

FIRST_ROLL_UPS = "0002_marked_roll_ups"


def migrate(client: ClickHouse) -> list[str]:
    """Apply the missing steps on every server of the client's cluster; returns their names, in order.

    Raises ConfigurationError, having changed nothing, if the tables were made by a version that this one does not know.
    """
    (bookkeeping,) = render(files(__name__).joinpath("bookkeeping.sql"), cluster=client.cluster)
    client.command(bookkeeping)
    done = {name for (name,) in client.query("SELECT name FROM schema_migrations")}
    steps = migration_steps(client.cluster)
    _refuse_unknown(done - steps.keys())
    missing = [name for name in steps if name not in done]
    for name in missing:
        for statement in steps[name]:
            client.command(statement)
        client.insert("schema_migrations", {"name": [name]}, types=["String"], token=name)
    return missing


def migration_steps(cluster: str) -> dict[str, list[str]]:
    """Every step's statements, by the name and in the order of the steps.

    The first roll-ups come after every ``.sql`` file, since they may sum by any column of the raw table.
    """
    numbered = (entry for entry in files(__name__).iterdir() if entry.name.endswith(".sql") and entry.name[0].isdigit())
    steps = {entry.name: render(entry, cluster=cluster) for entry in sorted(numbered, key=lambda entry: entry.name)}
    return steps | {FIRST_ROLL_UPS: [*create_generation(1, cluster=cluster), *turn_readers(1, cluster=cluster)]}


def _refuse_unknown(names: set[str]) -> None:
    if names:
        raise ConfigurationError(
            f"the ClickHouse tables were made by another version of Nhịp ({', '.join(sorted(names))}):"
            " run that version, or begin anew with an empty NHIP_DATA_DIR or another database in NHIP_CLICKHOUSE_URL"
        )
