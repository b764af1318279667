"""Exactly once through ``kill -9``: the real process, views at full speed, killed at random moments.

``ROUNDS`` (default 5) is the number of kills, ``SEED`` repeats a run's moments.
"""

import os
import random
import threading
import time
from pathlib import Path

import pytest
from load import Tally, beacon_requests, run_load
from product import Product

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 100_000)))


@pytest.mark.chaos
@pytest.mark.timeout(1_200 + ROUNDS * 60)
def test_every_acknowledged_view_is_counted_once_however_often_the_process_is_killed(data_dir: Path) -> None:
    moments = random.Random(SEED)
    sent = acknowledged = 0
    with Product(data_dir) as product:
        for round_ in range(1, ROUNDS + 1):
            tally = _load_until_killed(product, after=moments.uniform(0.05, 2.5))
            sent += tally.sent
            acknowledged += tally.acknowledged
            print(f"round {round_}/{ROUNDS} (SEED={SEED}): {acknowledged} acknowledged of {sent} sent")
            product.start()
        assert product.stop() == 0, product.output()

    found = product.verify()
    print(f"acknowledged {acknowledged} ≤ stored {found['views']} ≤ sent {sent}; {found}")
    assert acknowledged > 100 * ROUNDS, "the load was too small to prove anything"
    assert acknowledged <= found["views"] <= sent
    assert found["repeated"] == 0
    assert found["missing"] == 0
    assert set(found["differing"].values()) == {0}, found["differing"]


def _load_until_killed(product: Product, *, after: float) -> Tally:
    killer = threading.Timer(after, product.kill)
    killer.start()
    tally = run_load(beacon_requests(key=product.key, seed=random.randrange(2**32)), port=product.port, seconds=30.0)
    killer.join()
    return tally
