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
