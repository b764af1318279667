"""The file of places that operations give, in MaxMind's format (MMDB), opened for lookups.

maxminddb maps its file into memory. Whoever writes into a mapped file, as ``curl -o`` does, ends the process (SIGBUS),
so a process maps a copy of its own, which has no name and is gone with the process. A new file holds from the next
start on. The file is trusted: one that is cut or of another kind is refused, but bytes that have turned inside one can
end the process too, as maxminddb's extension does not check all that it reads.
"""

import logging
import shutil
import tempfile
import time
from pathlib import Path

import maxminddb

from pipeline.errors import ConfigurationError

VARIABLE = "NHIP_PLACES_FILE"
WANTS = "cần một tệp MMDB đọc được, như GeoLite2-City.mmdb · want a readable MMDB file, such as GeoLite2-City.mmdb"

FAULTS = OSError, ValueError, OverflowError, maxminddb.InvalidDatabaseError

log = logging.getLogger("nhip.places")


class PlaceFile:
    """Its records by address; ``version`` is its kind and the day on which it was made."""

    def __init__(self, path: Path, *, directory: Path) -> None:
        """``directory`` has room for the copy. Raises ConfigurationError."""
        self.version = version_of(path)
        try:
            with tempfile.NamedTemporaryFile(dir=directory, prefix=".places-", suffix=".mmdb") as copy:
                with path.open("rb") as given:
                    shutil.copyfileobj(given, copy, 1 << 20)
                copy.flush()
                self._reader = maxminddb.open_database(copy.name)
            self._reader.get("0.0.0.0")
        except FAULTS as error:
            raise _refusal(path, error) from error
        self._is_damaged = False

    def look_up(self, address: str) -> object:
        """The record of an address; None if there is none, or none that can be read: no view is lost for it."""
        try:
            return self._reader.get(address)
        except (maxminddb.InvalidDatabaseError, UnicodeDecodeError):
            if not self._is_damaged:
                self._is_damaged = True
                log.warning("%s is damaged, some places stay unknown", VARIABLE)  # the error has the address
            return None
        except (ValueError, TypeError):  # no address, or one of IPv6 in a file without
            return None

    def close(self) -> None:
        self._reader.close()


def version_of(path: Path) -> str:
    """The version of the file, without its places. Raises ConfigurationError."""
    try:
        with maxminddb.open_database(str(path), maxminddb.MODE_FILE) as reader:
            known = reader.metadata()
            return f"{known.database_type} {time.strftime('%Y-%m-%d', time.gmtime(known.build_epoch))}"
    except FAULTS as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(f"{VARIABLE}={str(path)!r}: {WANTS} ({error})", variable=VARIABLE)
