"""Puts the archive of a backup into an empty data directory, checked byte by byte; ``backup.py`` says what it has."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec

from pipeline.clickhouse import backups
from pipeline.errors import ConfigurationError, DataDirectoryError
from pipeline.operating.backup import FORMAT, MANIFEST, Manifest, Member, open_private
from pipeline.operating.verify import Advance
from pipeline.settings import Settings

CHUNK = 1 << 20
LOCK = "lock"  # of this process


def restore(settings: Settings, file: Path, *, advance: Advance) -> Manifest:
    """Raises DataDirectoryError if the directory is not empty, ConfigurationError if ``file`` is no whole backup.

    ``advance`` gets the bytes that are done, and their total. After an error the directory is empty again.
    """
    directory = settings.data_dir
    _refuse_if_not_empty(directory)
    with _emptied_on_failure(directory):
        manifest = _unpack(file, directory, advance)
        backups.restore(settings.engine_dir)
        settings.restored_file.touch(mode=0o600)
    return manifest


def _refuse_if_not_empty(directory: Path) -> None:
    found = sorted(path.name for path in directory.iterdir() if path.name != LOCK)
    if found:
        raise DataDirectoryError(
            f"NHIP_DATA_DIR: {directory} không trống · is not empty ({', '.join(found[:3])}…); dời nó đi trước · move"
            f" it away first: mv {directory} {directory}.old",
            variable="NHIP_DATA_DIR",
        )


@contextmanager
def _emptied_on_failure(directory: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink()
        raise


def _unpack(file: Path, directory: Path, advance: Advance) -> Manifest:
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        _refuse_if_too_large(file, directory)
        with tarfile.open(file, "r:") as tar:
            for header in tar:
                if header.name == MANIFEST:
                    manifest = msgspec.json.decode(_bytes(tar, header), type=Manifest)
                else:
                    found[header.name] = _write(tar, header, directory)
                advance(header.offset_data + header.size, file.stat().st_size)
    except (tarfile.TarError, msgspec.MsgspecError, EOFError) as error:
        raise _no_backup(file, str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"BACKUP={file}: {error.strerror} ({error.filename or directory})") from error
    if manifest is None:
        raise _no_backup(file, "không trọn vẹn · it is cut off")
    if manifest.format != FORMAT:
        raise _no_backup(file, f"định dạng · format {manifest.format}, want {FORMAT}")
    if off := sorted(name for name in found.keys() | manifest.members if found.get(name) != manifest.members.get(name)):
        raise _no_backup(file, f"hỏng · damaged: {', '.join(off[:3])}")
    return manifest


def _refuse_if_too_large(file: Path, directory: Path) -> None:
    size, free = file.stat().st_size, shutil.disk_usage(directory).free
    if size > free:
        raise ConfigurationError(
            f"NHIP_DATA_DIR: {directory} cần · needs {size >> 20:,} MB, còn · has {free >> 20:,} MB",
            variable="NHIP_DATA_DIR",
        )


def _write(tar: tarfile.TarFile, header: tarfile.TarInfo, directory: Path) -> Member:
    name = PurePosixPath(header.name)
    if not header.isreg() or name.is_absolute() or ".." in name.parts:
        raise tarfile.TarError(f"no file of a backup: {header.name}")
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    source = tar.extractfile(header)
    assert source is not None, "it is a file"
    with open_private(path) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return Member(header.size, digest.hexdigest())


def _bytes(tar: tarfile.TarFile, header: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(header)
    return source.read() if source else b""


def _no_backup(file: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"BACKUP={file}: không phải bản sao lưu dùng được · is no usable backup: {reason}")
