"""A test that failed says what the processes that it ran wrote last."""

from pathlib import Path

import pytest
from last_words import LINES, last_words
from product import everything_in


def test_the_logs_end_and_nothing_else_is_shown(tmp_path: Path) -> None:
    records = tmp_path / "kafka" / "data" / "nhip.events-0"
    records.mkdir(parents=True)
    (records / "00000000000000000000.log").write_bytes(b"\x00records")
    (tmp_path / "data.log").write_text("".join(f"line {n}\n" for n in range(1, 100)), encoding="utf-8")
    (tmp_path / "kafka" / "kafka.log").write_bytes(b"broken \xff\n")
    (tmp_path / "empty.log").touch()
    (tmp_path / "folder.log").mkdir()

    shown = dict(last_words(tmp_path))

    assert sorted(shown) == ["data.log", "kafka/kafka.log"]
    assert shown["data.log"].splitlines() == [f"line {n}" for n in range(100 - LINES, 100)]
    assert shown["kafka/kafka.log"] == "broken \ufffd"


def test_a_log_that_can_not_be_read_takes_nothing_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "there"):
        (tmp_path / f"{name}.log").write_text(f"{name}\n", encoding="utf-8")
    found = everything_in(tmp_path)
    (tmp_path / "gone.log").unlink()
    monkeypatch.setattr("last_words.everything_in", lambda _directory: found)

    assert last_words(tmp_path) == [("there.log", "there")]
