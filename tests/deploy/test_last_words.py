"""A test that failed says what the processes that it ran wrote last."""

from pathlib import Path

from last_words import LINES, last_words


def test_the_logs_end_and_nothing_else_is_shown(tmp_path: Path) -> None:
    records = tmp_path / "kafka" / "data" / "nhip.events-0"
    records.mkdir(parents=True)
    (records / "00000000000000000000.log").write_bytes(b"\x00records")
    (tmp_path / "data.log").write_text("".join(f"line {n}\n" for n in range(1, 100)), encoding="utf-8")
    (tmp_path / "kafka" / "kafka.log").write_bytes(b"broken \xff\n")
    (tmp_path / "empty.log").touch()

    shown = dict(last_words(tmp_path))

    assert sorted(shown) == ["data.log", "kafka/kafka.log"]
    assert shown["data.log"].splitlines() == [f"line {n}" for n in range(100 - LINES, 100)]
    assert shown["kafka/kafka.log"] == "broken \ufffd"
