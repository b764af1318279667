"""Is every view there exactly once? The stored rows against the order of the log, the roll-ups against the rows."""

import msgspec

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import check_lineage, compare_roll_ups


class Verification(msgspec.Struct, frozen=True):
    """``stored`` rows, dead letters included, and the ``views`` among them; places of the log ``repeated`` or
    ``missing``; per roll-up the keys ``differing`` from the rows."""

    stored: int
    views: int
    repeated: int
    missing: int
    differing: dict[str, int]

    @property
    def clean(self) -> bool:
        return not (self.repeated or self.missing or any(self.differing.values()))


def verify(client: ClickHouse) -> Verification:
    return Verification(*check_lineage(client), compare_roll_ups(client))
