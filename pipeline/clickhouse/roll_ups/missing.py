"""Builds the roll-ups that were declared after the tables were made, where one process has engine and consumer.

It does so before the consumer starts, so no cut has to be looked for: in each partition the rows up to the place where
the consumer goes on are stored, and the rows after it come to the new views. A batch that was planned and may be stored
already is inserted again, under its token; the new tables know no token and have no mark, and take it once.
"""

import logging
from collections.abc import Callable, Mapping

from pipeline.clickhouse import roll_ups
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.roll_ups.compare import find_off, sum_events, sum_generation
from pipeline.clickhouse.roll_ups.rebuild import fill, from_offsets, next_generation, run, tidy
from pipeline.clickhouse.roll_ups.retention import still_raw
from pipeline.errors import Rejected

log = logging.getLogger(__name__)


def add_missing(
    client: ClickHouse,
    *,
    progress_of_group: Mapping[int, tuple[int, int]],
    on_progress: Callable[[str, int, int], None] = lambda *_: None,
) -> list[str]:
    """Build the roll-ups that can't be read yet; returns their names. Nothing may insert meanwhile.

    ``progress_of_group``: by partition, the first offset that may not be inserted yet, and the last one that is planned
    or inserted. ``on_progress`` as of ``rebuild``. If this is killed, the next one begins anew. Raises Unavailable, and
    Rejected if the sums are not those of the rows; readers then see what they saw.
    """
    names = roll_ups.find_missing(client)
    if not names:
        return []
    tidy(client)
    cuts = _cuts(client, progress_of_group)
    generation = next_generation(client)
    log.info("building roll-ups: %s", ", ".join(names))
    run(
        client,
        roll_ups.create_generation(generation, cluster=client.cluster, rows=from_offsets(cuts), names=names),
    )
    fill(client, generation, cuts, names=names, on_progress=on_progress)
    before = f"NOT ({from_offsets(cuts)})" if cuts else "false"
    wanted = sum_events(client, names, rows=f"{still_raw(client)} AND {before}")
    if off := find_off(sum_generation(client, generation, names), wanted, wanted):
        run(client, roll_ups.drop_generation(generation, cluster=client.cluster, names=names))
        raise Rejected(f"the new roll-ups do not agree with the raw table and were dropped: {', '.join(off)}")
    run(client, roll_ups.turn_readers(generation, cluster=client.cluster, names=names))
    return names


def _cuts(client: ClickHouse, progress_of_group: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """By partition, where the consumer goes on: after all that is stored, if the group's books are older than that."""
    stored = find_stored_ends(client)
    cuts = {}
    for partition in sorted(stored.keys() | progress_of_group.keys()):
        first, last = progress_of_group.get(partition, (0, -1))
        end = stored.get(partition, 0)
        cuts[partition] = end if end > last + 1 else first
    return cuts
