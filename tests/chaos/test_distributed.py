"""Exactly once, and hardly a view refused, while collectors, consumers, the broker and ClickHouse die, freeze and come
back: ``support/chaos.py``.

``ROUNDS`` is the number of rounds (default 3, in which each kind of fault comes once), ``SEED`` repeats a run's
choices; ``make chaos`` runs more rounds, in which a broker is away for a minute.
"""

import os
import time
from pathlib import Path

import pytest
from chaos import run_rounds
from stack import require_stack

ROUNDS = int(os.environ.get("ROUNDS", "3"))
AWAY_SECONDS = 35.0  # longer than a member's session and than a collector waits for anything, which is half a minute
SEED = int(os.environ.get("SEED", str(time.time_ns() % 100_000)))


@pytest.mark.chaos
@pytest.mark.timeout(1_200 + ROUNDS * 180)
def test_every_acknowledged_view_is_counted_once_whichever_processes_die(
    migrated_postgres: Path, tmp_path: Path
) -> None:
    require_stack()
    tally = run_rounds(
        tmp_path, migrated_postgres=migrated_postgres, away_seconds=AWAY_SECONDS, rounds=ROUNDS, seed=SEED
    )
    print(tally)
    assert tally.acknowledged > 100 * ROUNDS, "the load was too small to prove anything"
    assert len(tally.faults) >= min(9, 3 * ROUNDS), "not every kind of fault came"
    assert (tally.lost, tally.repeated) == (0, 0)
