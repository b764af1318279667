from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.errors import DataDirectoryError
from pipeline.process.data_directory import hold


def test_the_directory_is_made_and_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "deep" / "var"):
            assert (tmp_path / "deep" / "var").is_dir()


def test_a_second_holder_is_told_what_to_do(tmp_path: Path) -> None:
    told_what_to_do = pytest.raises(DataDirectoryError, match=r"another process runs on .*; stop it, or set")
    with hold(tmp_path), told_what_to_do, hold(tmp_path):
        pytest.fail("two holders")


def modes(path: Path) -> set[str]:
    return {oct(found.lstat().st_mode & 0o777) for found in (path, *path.rglob("*")) if not found.is_symlink()}


def test_what_others_could_read_is_the_owners_alone_from_now_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    var = tmp_path / "var"
    outside = tmp_path / "outside"
    outside.write_text("not of the product")
    outside.chmod(0o644)
    for name in ("beacon.key", "cms.sqlite3-wal", "log/events.sqlite3", "clickhouse/store/a/data.bin", "lock"):
        (var / name).parent.mkdir(parents=True, exist_ok=True)
        (var / name).write_text("")
    for found in (var, *var.rglob("*")):
        found.chmod(0o755 if found.is_dir() else 0o644)
    (var / "clickhouse" / "link").symlink_to(outside)

    with hold(var):
        assert modes(var) == {"0o700", "0o600"}
    with hold(var):
        pass

    assert outside.stat().st_mode & 0o777 == 0o644
    assert [record.getMessage().split(" of ")[0] for record in caplog.records] == ["NHIP_DATA_DIR: 10 files"]


def test_a_file_that_appears_open_in_a_closed_directory_is_closed(tmp_path: Path) -> None:
    with hold(tmp_path / "var"):
        pass
    copied = tmp_path / "var" / "copied.sqlite3"
    copied.write_text("")
    copied.chmod(0o664)

    with hold(tmp_path / "var"):
        assert copied.stat().st_mode & 0o777 == 0o600


def _hold_until_told(path: Path, held: Connection) -> None:
    with hold(path):
        held.send("held")
        held.recv()


def test_the_directory_is_free_again_after_its_holder_was_killed(tmp_path: Path) -> None:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    holder = multiprocessing.get_context("spawn").Process(target=_hold_until_told, args=(tmp_path, theirs))
    holder.start()
    assert ours.recv() == "held"
    with pytest.raises(DataDirectoryError, match="another process runs on"), hold(tmp_path):
        pytest.fail("two holders")
    holder.kill()
    holder.join(30)
    with hold(tmp_path):
        pass


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("file", "can't be written", id="a file"),
        pytest.param("file/var", "can't be written", id="below a file"),
        pytest.param("/proc/nhip", "change its permissions", id="where no process may write"),
        pytest.param("lock-is-a-directory", "can't be written", id="no place for the lock"),
    ],
)
def test_a_directory_that_can_not_be_used_is_named(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "lock-is-a-directory" / "lock").mkdir(parents=True)
    with pytest.raises(DataDirectoryError, match=rf"^NHIP_DATA_DIR: .*{message}"), hold(tmp_path / path):
        pytest.fail("held")
