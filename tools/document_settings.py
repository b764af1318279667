"""Writes README's tables of settings from their declarations: python tools/document_settings.py"""

from collections.abc import Iterable
from pathlib import Path

from cms.settings.variables import ROWS
from pipeline.settings import ClickHouseSettings, KafkaPasswords, KafkaSettings, Settings
from pipeline.variables import Row, rows

README = Path(__file__).parent.parent / "README.md"
TABLES = {
    "every process": rows(Settings),
    "the site": ROWS,
    "Kafka": (*rows(KafkaSettings), *rows(KafkaPasswords)),
    "ClickHouse": rows(ClickHouseSettings),
}


def documented(readme: str) -> str:
    """``readme`` with new tables between their comments."""
    for name, table in TABLES.items():
        start, end = f"<!-- settings: {name} -->\n", f"<!-- end of settings: {name} -->"
        before, _, rest = readme.partition(start)
        _, _, after = rest.partition(end)
        readme = before + start + markdown(table) + end + after
    return readme


def markdown(table: Iterable[Row]) -> str:
    lines = [f"| `{row.name}` | {row.default} | {row.meaning} |\n" for row in table]
    return "".join(("\n| variable | default | meaning |\n|---|---|---|\n", *lines, "\n"))


if __name__ == "__main__":
    README.write_text(documented(README.read_text(encoding="utf-8")), encoding="utf-8")
