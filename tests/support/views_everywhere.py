"""The number of views by everything that counts them: one number, if all agree."""

from __future__ import annotations

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups import OF_VIEWS, SUMS


def views_everywhere(client: ClickHouse) -> dict[str, int]:
    """Views by the raw table and by each facet of each roll-up, as readers see it."""
    found = {"events": int(client.query("SELECT countIf(kind = 'view') FROM events")[0][0])}
    for name in OF_VIEWS:
        by_facet = dict.fromkeys((facet.name for facet in SUMS[name].facets), 0)
        facet = "facet" if SUMS[name].has_facets else "''"
        by_facet |= dict(client.query(f"SELECT {facet} AS facet, sum(views) FROM {name} GROUP BY facet"))
        found |= {f"{name}/{facet}": int(views) for facet, views in by_facet.items()}
    return found
