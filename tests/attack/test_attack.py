"""Honest readers are served and counted while the product is attacked: ``support/attack.py``, some seconds an attack.

``SECONDS`` is the length of an attack (default 2); ``make attack`` takes a minute for each.
"""

import os
from pathlib import Path

import pytest
from attack import ATTACKS, run_attacks

SECONDS = float(os.environ.get("SECONDS", "2"))


@pytest.mark.timeout(1_200 + SECONDS * len(ATTACKS) * 4)
def test_no_attack_reaches_an_honest_reader(
    first_start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    tally = run_attacks(tmp_path, seconds=SECONDS, first_start=first_start, say=said.append)
    with capsys.disabled():
        print("", *said, tally, sep="\n")
    assert tally.failed == [], "\n".join([*said, str(tally)])
    assert len(tally.withstood) + len(tally.not_possible) == len(ATTACKS)
