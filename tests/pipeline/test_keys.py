from __future__ import annotations

import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import DataDirectoryError
from pipeline.keys import read_or_create


def test_a_secret_is_random_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    one, other = read_or_create(tmp_path / "one"), read_or_create(tmp_path / "deep" / "other")
    assert one != other
    assert len(one) == len(other) == 32
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600


def test_a_secret_stays_and_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert read_or_create(path) == read_or_create(path)
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_start_together_agree(tmp_path: Path) -> None:
    for round_ in range(20):
        with ThreadPoolExecutor(8) as threads:
            found = set(threads.map(read_or_create, [tmp_path / str(round_)] * 8))
        assert len(found) == 1
    assert len(list(tmp_path.iterdir())) == 20


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        for round_ in range(20):
            found = set(processes.map(read_or_create, [tmp_path / str(round_)] * 4))
            assert len(found) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty: anybody could sign without a key"),
        pytest.param("00" * 31, id="cut"),
        pytest.param("00" * 33, id="too long"),
        pytest.param("not hex at all", id="no hex"),
        pytest.param("đ", id="no ASCII"),
    ],
)
def test_a_damaged_secret_stops_the_process_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "beacon.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataDirectoryError, match=r"NHIP_DATA_DIR: .*beacon\.key"):
        read_or_create(path)
    assert path.read_text(encoding="utf-8") == content


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryError, match=r"NHIP_DATA_DIR: .*key"):
        read_or_create(tmp_path / "file" / "key")
