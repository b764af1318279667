"""Statements in ``.sql`` files that make tables: one text for a single server and for a cluster.

``render`` fills in each ``$name``. It knows the names that differ between the two: ``$on_cluster``, ``$Replicated``,
``$local`` (the end of the name of a shard's own table) and ``$deduplication``. It leaves out statements under the line
``-- only over a cluster`` or ``-- only on one server`` for the other. Data never gets into a statement this way, only
names and numbers of our own.
"""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from string import Template

ONLY_OVER_A_CLUSTER = "-- only over a cluster"
ONLY_ON_ONE_SERVER = "-- only on one server"

DEDUPLICATION = "non_replicated_deduplication_window = 10000"
# A replicated table also forgets by age; it must remember a token for as long as its batch may be inserted again.
REPLICATED_DEDUPLICATION = "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800"


def render(file: Traversable, *, cluster: str, **names: str | int) -> list[str]:
    """The statements of a script, for the servers of ``cluster`` or for one server if that is empty."""
    script = file.read_text(encoding="utf-8")
    return [
        Template(text).substitute(_variant(cluster), **names) for text in _statements(script, clustered=bool(cluster))
    ]


def _variant(cluster: str) -> dict[str, str]:
    return {
        "cluster": cluster,
        "on_cluster": f" ON CLUSTER '{cluster}'" if cluster else "",
        "Replicated": "Replicated" if cluster else "",
        "everywhere": "('/clickhouse/tables/{database}/{table}', '{shard}-{replica}')" if cluster else "",
        "local": "_local" if cluster else "",
        "deduplication": REPLICATED_DEDUPLICATION if cluster else DEDUPLICATION,
    }


def _statements(script: str, *, clustered: bool) -> Iterator[str]:
    """A semicolon ends a statement at the end of its line, a comment has its line to itself."""
    for chunk in script.split(";\n"):
        lines = chunk.strip().splitlines()
        if (ONLY_ON_ONE_SERVER if clustered else ONLY_OVER_A_CLUSTER) in lines:
            continue
        text = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()
        if text:
            yield text.removesuffix(";")
