"""No address and no user agent at rest: not in the log, not in ClickHouse, not in any file of the product."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from part import ROOT
from product import Product

ADDRESS = "127.45.67.89"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; dau-vet-rieng-cua-trinh-duyet) Gecko/20100101 Firefox/150.0"
TRACE = "dau-vet-rieng-cua-trinh-duyet"

# Every row of every table, as text, since compression hides it from a search of the files.
DUMP = """
import sys
from pathlib import Path
from pipeline.clickhouse.client import open_embedded
client = open_embedded(Path(sys.argv[1]))
tables = client.query("SELECT database, name FROM system.tables WHERE database = 'nhip' OR name LIKE '%log%'")
for database, name in tables:
    print(database, name, client.query(f"SELECT toString(tuple(*)) FROM {database}.{name}"))
"""


def test_neither_address_nor_agent_is_stored_anywhere(data_dir: Path) -> None:
    with Product(data_dir) as product:
        for _ in range(5):
            assert product.view(77, "/rieng-tu/", agent=AGENT, client=ADDRESS) == 202
        product.wait_for("/_nhip/pages.json?ids=77", lambda answer: answer["pages"]["77"] == 5)
        assert product.stop() == 0

    kept = dict(_everything_kept(product))
    assert "/rieng-tu/" in kept["the log's records"]
    assert "Firefox" in kept["the engine's tables"]
    for place, text in kept.items():
        assert ADDRESS not in text, place
        assert TRACE not in text, place


def _everything_kept(product: Product) -> Iterator[tuple[str, str]]:
    yield "the engine's tables", _tables(product.data_dir / "clickhouse")
    with sqlite3.connect(product.data_dir / "log" / "records.sqlite3") as log:
        yield "the log's records", str(log.execute("SELECT * FROM records").fetchall())
    log.close()
    yield "the output", product.output()
    for file in product.data_dir.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes().decode("latin-1")


def _tables(directory: Path) -> str:
    command = [sys.executable, "-c", DUMP, str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
