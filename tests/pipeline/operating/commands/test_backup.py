"""``nhip backup`` and ``nhip restore`` where nothing runs, and what they refuse."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ops import Ops

from pipeline.events import PageView
from pipeline.operating.backup import _files_in

NOW = 1_790_571_600.0


@pytest.fixture(scope="module")
def made(migrated_engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of three views, two of which are in the tables, and of a few files."""
    data = tmp_path_factory.mktemp("made") / "data"
    file = data.with_name("nhip.tar")
    ops = Ops(data, now=NOW, migrated=migrated_engine)
    ops.send(page_view(0), page_view(1))
    ops.consume()
    ops.send(page_view(2))
    (data / "media/ảnh đẹp").mkdir(parents=True)
    (data / "media/ảnh đẹp/lễ phát động.webp").write_bytes(b"picture" * 100_000)
    (data / "beacon.key").write_text("ab" * 32)
    (data / "control").write_text("of the running process")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NHIP_DATA_DIR", str(data))
        answer = ops.nhip("backup", str(file))
    ops.close()
    assert answer.code == 0, answer.err
    return file


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    """The test's own copy."""
    (tmp_path / "backups").mkdir()
    return Path(shutil.copy(made, tmp_path / "backups"))


def page_view(number: int) -> PageView:
    at = int(NOW * 1000) + number
    return PageView(at, 1, 7, "vi", "/trang-7/", "public", visitor=number + 1, visit=True)


@pytest.fixture
def elsewhere(ops: Ops, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory, in which ``nhip`` works from here on."""
    directory = tmp_path / "elsewhere"
    monkeypatch.setenv("NHIP_DATA_DIR", str(directory))
    return directory


def test_a_backup_comes_back_in_an_empty_directory(
    ops: Ops, archive: Path, elsewhere: Path, migrated_engine: Path
) -> None:
    answer = ops.nhip("restore", str(archive))
    assert answer.code == 0, answer.err

    again = Ops(elsewhere, now=ops.now, migrated=migrated_engine)
    again.consume()
    found = again.nhip("verify", "--json").json()
    assert found["clean"]
    assert (found["views"], found["in_flight"]) == (3, 0)
    assert again.query("SELECT sum(views) FROM site_days") == [(3,)]
    assert (elsewhere / "media/ảnh đẹp/lễ phát động.webp").read_bytes() == b"picture" * 100_000
    assert (elsewhere / "beacon.key").read_text() == "ab" * 32
    assert not (elsewhere / "control").exists()
    again.close()


def test_a_backup_says_its_size_and_checksum_and_is_private(ops: Ops, archive: Path) -> None:
    ops.send(page_view(0))
    again = archive.with_name("again.tar")
    answer = ops.nhip("backup", str(again))
    assert f"{again.stat().st_size:,} byte" in answer.out
    checksum = again.with_name("again.tar.sha256").read_text().split()[0]
    assert f"sha256 {checksum}" in answer.out
    assert again.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in archive.parent.iterdir()) == [
        "again.tar",
        "again.tar.sha256",
        "nhip.tar",
    ]
    assert not any((ops.settings.engine_dir / "backups").iterdir())


def damage(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    place = content.find(b"picturepicture")
    content[place] ^= 1
    archive.write_bytes(content)


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-300_000])


def replace_by_text(archive: Path) -> None:
    archive.write_text("no archive")


def lead_out_of_the_directory(archive: Path) -> None:
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo("../outside"))


def add_a_link(archive: Path) -> None:
    with tarfile.open(archive, "a") as tar:
        link = tarfile.TarInfo("media/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)


def add_a_file(archive: Path) -> None:
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo("media/strange.html"))


@pytest.mark.parametrize(
    "spoil",
    [damage, cut, replace_by_text, lead_out_of_the_directory, add_a_link, add_a_file],
    ids=lambda spoil: spoil.__name__.replace("_", " "),
)
def test_what_is_no_whole_backup_leaves_the_directory_empty(
    ops: Ops, archive: Path, elsewhere: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(archive)
    answer = ops.nhip("restore", str(archive))
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert f"BACKUP={archive}" in answer.err
    assert {path.name for path in elsewhere.iterdir()} <= {"lock"}
    assert not (elsewhere.parent / "outside").exists()


def test_a_directory_with_something_in_it_is_left_alone(ops: Ops, archive: Path, elsewhere: Path) -> None:
    elsewhere.mkdir()
    (elsewhere / "cms.sqlite3").write_text("somebody's")
    answer = ops.nhip("restore", str(archive))
    assert answer.code == 2
    assert "không trống · is not empty (cms.sqlite3" in answer.err
    assert (elsewhere / "cms.sqlite3").read_text() == "somebody's"


def test_a_file_that_is_not_there_is_named(ops: Ops, elsewhere: Path) -> None:
    answer = ops.nhip("restore", str(elsewhere / "nowhere.tar"))
    assert answer.code == 2
    assert "nowhere.tar" in answer.err


def test_a_backup_inside_the_data_directory_is_refused(ops: Ops, archive: Path) -> None:
    answer = ops.nhip("backup", str(ops.settings.data_dir / "nhip.tar"))
    assert answer.code == 2
    assert "is inside the data directory" in answer.err


@pytest.mark.parametrize("variable", ["DATABASE_URL", "NHIP_KAFKA_BOOTSTRAP_SERVERS"])
def test_what_is_with_servers_is_not_pretended_to_be_backed_up(
    ops: Ops, archive: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "127.0.0.1:1")
    answer = ops.served("backup", str(archive.with_name("other.tar")))
    assert answer.code == 2
    assert variable in answer.err
    assert "with their own tools" in answer.err


def test_after_a_kill_during_an_insert_the_product_is_started_once_first(ops: Ops, archive: Path) -> None:
    ops.send(page_view(3))
    ops.consume(advance=False)
    answer = ops.nhip("backup", str(archive.with_name("other.tar")))
    assert answer.code == 2
    assert "make run" in answer.err
    assert not archive.with_name("other.tar").exists()


def test_a_place_that_can_not_be_written_is_named(ops: Ops, archive: Path) -> None:
    answer = ops.nhip("backup", str(archive / "below-a-file.tar"))
    assert answer.code == 2
    assert "the backup can't be written" in answer.err


def test_a_folder_that_goes_while_files_are_looked_for_has_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.bin").touch()
    files = _files_in(tmp_path)
    (other,) = {tmp_path / "a", tmp_path / "b"} - {next(files).parent}
    shutil.rmtree(other)
    assert list(files) == []
