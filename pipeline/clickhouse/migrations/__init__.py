"""Numbered ``.sql`` files, applied in order and remembered in ``schema_migrations``.

A file may be run again after a crash half-way: every statement says IF NOT EXISTS or is otherwise repeatable.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from pipeline.clickhouse.client import ClickHouse

BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = MergeTree ORDER BY name
"""


def migrate(client: ClickHouse) -> list[str]:
    """Apply what is missing; returns the names applied, in order."""
    client.command(BOOKKEEPING)
    done = {name for (name,) in client.query("SELECT name FROM schema_migrations")}
    missing = [script for script in _scripts() if script.name not in done]
    for script in missing:
        for statement in statements(script.read_text(encoding="utf-8")):
            client.command(statement)
        client.insert("schema_migrations", {"name": [script.name]}, types=["String"], token=script.name)
    return [script.name for script in missing]


def statements(script: str) -> Iterator[str]:
    """The statements of a script: a semicolon ends one at the end of its line, a comment has its line to itself."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    for statement in "\n".join(lines).split(";\n"):
        if text := statement.strip().removesuffix(";"):
            yield text


def _scripts() -> list[Traversable]:
    here = files(__name__)
    return sorted((entry for entry in here.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
