"""Secrets of one installation: random, made at first use, readable by their owner alone."""

import os
import secrets
from pathlib import Path

from pipeline.errors import DataDirectoryError


def read_or_create(path: Path, *, size: int = 32) -> bytes:
    """Return the secret in the file ``path``; make one of ``size`` random bytes (as hex, mode 0600) if there is none.

    Two processes that start together agree: the file appears whole (written aside, then linked), and the first link
    wins. Raises DataDirectoryError if the file can't be made or does not hold that many bytes of hex: an empty or cut
    file must stop the process, since without a key anybody could sign.
    """
    try:
        if not path.exists():
            _create(path, secrets.token_bytes(size))
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
        if len(secret) != size:
            raise ValueError(f"want {size} bytes of hexadecimal, found {len(secret)}")
    except (OSError, ValueError) as error:
        raise DataDirectoryError(f"NHIP_DATA_DIR: {path} can't be read or made ({error})") from error
    return secret


def _create(path: Path, secret: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
