"""Everything that the one process keeps, as one archive, made while it runs.

What refers to something is copied before what it refers to (docs/decisions/0018-backup.md):

1. the tables, and with them the consumer's place in the log. The consumer rests meanwhile, so that everything before
   its place is in the tables and nothing after it; views wait in the log, which goes on taking them;
2. the log, which by then has every record that the tables know;
3. the CMS database, which by then has every page that the log knows;
4. media, and whatever else is in the data directory. Media are copied before step 1 as well, since a picture may be
   deleted meanwhile.

The salts that visitors' numbers are made of are not copied, so the archive can tell nobody who read what. It has the
keys and the users' passwords (as hashes), so only its owner may read it.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

import msgspec

from pipeline.brokers.sqlite.broker import GROUPS_FILE, RECORDS_FILE
from pipeline.brokers.sqlite.copies import copy_records, copy_whole
from pipeline.clickhouse.backups import backed_up
from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import ConfigurationError, Unavailable
from pipeline.events import SALTS_TOPIC
from pipeline.operating.verify import Advance
from pipeline.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
HOLD_SECONDS = 60.0
SQLITE = b"SQLite format 3\0"
BESIDE_SQLITE = ("-wal", "-shm", "-journal")

# Of a running process, or made again by itself.
LEFT_OUT = frozenset({"lock", "control", "counters.json", "restored", "spool"})

Hold = Callable[[], AbstractContextManager[None]]
"""Lets the consumer rest for a block, with nothing begun. Raises Unavailable."""


class Member(msgspec.Struct, frozen=True):
    """A file of the archive; ``sha256`` in hexadecimal."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The archive's last file. ``made_at``: Unix seconds when the backup began."""

    made_at: float
    members: dict[str, Member]
    format: int = FORMAT


class Backup(msgspec.Struct, frozen=True):
    """An archive that is on disk. ``parts``: bytes by the name in the data directory; ``rested``: for how many seconds
    the consumer inserted nothing."""

    file: str
    size: int
    sha256: str
    parts: dict[str, int]
    rested: float


@dataclass(frozen=True)
class Source:
    """What to copy. ``clock`` gives Unix seconds; ``advance`` gets the bytes that are done, and about how many there
    are."""

    settings: Settings
    client: ClickHouse
    hold: Hold
    clock: Callable[[], float]
    advance: Advance


def back_up(source: Source, to: Path) -> Backup:
    """Raises Unavailable, ConfigurationError, and any error of ``advance``; then nothing is left at ``to``."""
    _refuse_inside(source.settings.data_dir, to)
    aside = to.with_name(f".{to.name}.unfinished")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with open_private(aside) as file, TemporaryDirectory(prefix=".nhip-", dir=to.parent) as staging:
            written = _Written(file)
            with tarfile.open(fileobj=cast(BinaryIO, written), mode="w|") as tar:
                archive = Archive(tar, source.advance, total=_measure(source.settings.data_dir))
                rested = _copy(source, archive, Path(staging))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(to)
        digest = written.digest.hexdigest()
        to.with_name(f"{to.name}.sha256").write_text(f"{digest}  {to.name}\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"không ghi được bản sao lưu · the backup can't be written: {error.strerror} ({error.filename or to})"
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink()
    return Backup(str(to), to.stat().st_size, digest, archive.parts(), rested)


@dataclass
class Archive:
    """A tar file under way, and what is in it."""

    tar: tarfile.TarFile
    advance: Advance
    total: int
    done: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, path: Path, name: str) -> None:
        """The file as it is now, unless it was added and has not changed since, or is gone."""
        with suppress(FileNotFoundError), path.open("rb") as file:
            status = os.fstat(file.fileno())
            version = (status.st_size, status.st_mtime_ns)
            if self.seen.get(name) != version:
                self._write(name, file, status.st_size)
                self.seen[name] = version

    def add_tree(self, directory: Path, name: str) -> None:
        for path in sorted(_files_in(directory)):
            self.add(path, f"{name}/{path.relative_to(directory).as_posix()}")

    def finish(self, made_at: float) -> None:
        """Add the manifest."""
        text = msgspec.json.encode(Manifest(made_at, dict(self.members)))
        self._write(MANIFEST, io.BytesIO(text), len(text))
        del self.members[MANIFEST]

    def parts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, member in self.members.items():
            part = name.partition("/")[0]
            found[part] = found.get(part, 0) + member.size
        return found

    def _write(self, name: str, file: BinaryIO, size: int) -> None:
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o600
        read = _Read(file, self._count)
        self.tar.addfile(header, cast(BinaryIO, read))
        self.members[name] = Member(size, read.digest.hexdigest())

    def _count(self, size: int) -> None:
        self.done += size
        self.advance(self.done, max(self.done, self.total))


def _copy(source: Source, archive: Archive, staging: Path) -> float:
    """Add everything, in the order that the top of this file gives; returns for how long the consumer rested."""
    settings, began = source.settings, source.clock()
    groups, records = settings.log_dir / GROUPS_FILE, settings.log_dir / RECORDS_FILE
    archive.add_tree(settings.media_dir, settings.media_dir.name)
    with ExitStack() as stack:
        with source.hold():
            rests_from = source.clock()
            copy_whole(groups, staging / groups.name)
            tables = stack.enter_context(backed_up(source.client, settings.engine_dir))
            rested = source.clock() - rests_from
        archive.add_tree(tables, _name(tables, settings))
    copy_records(records, staging / records.name, without=[SALTS_TOPIC])
    for copy in (groups, records):
        archive.add(staging / copy.name, _name(copy, settings))
    for path in _others(settings):
        _add_other(archive, path, staging)
    archive.finish(began)
    return rested


def _others(settings: Settings) -> Iterator[Path]:
    """What the data directory has beside tables and log, the CMS database first, whatever other databases then."""
    apart = LEFT_OUT | {settings.log_dir.name, settings.engine_dir.name}
    entries = [
        path
        for path in sorted(settings.data_dir.iterdir())
        if path.name not in apart and not path.name.startswith(".") and not path.name.endswith(BESIDE_SQLITE)
    ]
    yield from sorted(entries, key=lambda path: (path != settings.site_database, not _is_sqlite(path), path))


def _add_other(archive: Archive, path: Path, staging: Path) -> None:
    if path.is_dir():
        archive.add_tree(path, path.name)
    elif _is_sqlite(path):
        copy = staging / path.name
        copy_whole(path, copy)
        archive.add(copy, path.name)
    elif path.is_file():
        archive.add(path, path.name)


def _is_sqlite(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE
    return False


def _name(path: Path, settings: Settings) -> str:
    return path.relative_to(settings.data_dir).as_posix()


def _measure(data_dir: Path) -> int:
    """About how much there is to copy."""
    total = 0
    for path in _files_in(data_dir):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def _files_in(directory: Path) -> Iterator[Path]:
    """All below it. Folders come and go with ClickHouse's merges; one that is gone has none, where rglob would fail."""
    for folder, _folders, files in os.walk(directory):
        yield from (Path(folder, name) for name in files)


def _refuse_inside(data_dir: Path, to: Path) -> None:
    """What loses the data directory must not lose the backup."""
    if to.resolve().is_relative_to(data_dir.resolve()):
        raise ConfigurationError(
            f"BACKUP={to}: nằm trong thư mục dữ liệu, hãy chọn chỗ khác · is inside the data directory {data_dir};"
            " choose another place, best on another disk",
            variable="BACKUP",
        )


def open_private(path: Path) -> BinaryIO:
    """A new file that its owner alone can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


class _Read:
    """A file that is read, hashed and counted."""

    def __init__(self, file: BinaryIO, count: Callable[[int], None]) -> None:
        self.digest = hashlib.sha256()
        self._file = file
        self._count = count

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        self._count(len(chunk))
        return chunk


class _Written:
    """A file that is written and hashed."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        return self._file.write(chunk)
