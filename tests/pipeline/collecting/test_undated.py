from __future__ import annotations

from pathlib import Path

from pipeline.collecting.undated import BELIEVED_SECONDS, NOTE, believe_undated_until

UPDATE = 1_790_571_600.0


def test_undated_tokens_are_believed_for_a_day_after_the_update_however_often_a_collector_starts(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "new"
    for seconds in (0.0, 3600.0, 10 * BELIEVED_SECONDS):
        assert believe_undated_until(data_dir, now=UPDATE + seconds) == UPDATE + BELIEVED_SECONDS


def test_a_note_from_the_future_believes_no_longer_than_a_day(tmp_path: Path) -> None:
    believe_undated_until(tmp_path, now=UPDATE + 1e6)
    assert believe_undated_until(tmp_path, now=UPDATE) == UPDATE + BELIEVED_SECONDS


def test_a_damaged_note_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_bytes(b"\xff\x00")
    assert believe_undated_until(tmp_path, now=UPDATE) == UPDATE + BELIEVED_SECONDS
