"""The file of places that operations give, in MaxMind's format (MMDB), opened for lookups.

maxminddb maps its file into memory. Whoever writes into a mapped file, as ``curl -o`` does, ends the process (SIGBUS),
so a process maps a copy of its own, which has no name and is gone with the process. A new file holds from the next
start on.
"""

import logging
import shutil
import tempfile
import time
from pathlib import Path

import maxminddb

from pipeline.collecting.enrich.places import Address
from pipeline.errors import ConfigurationError

VARIABLE = "NHIP_PLACES_FILE"
WANTS = "want a readable file of places in MaxMind's format, such as GeoLite2-City.mmdb"

log = logging.getLogger("nhip.places")


class PlaceFile:
    """Its records by address; ``version`` is its kind and the day on which it was made."""

    def __init__(self, path: Path, *, directory: Path) -> None:
        """``directory`` has room for the copy. Raises ConfigurationError."""
        try:
            with tempfile.NamedTemporaryFile(dir=directory, prefix=".places-", suffix=".mmdb") as copy:
                with path.open("rb") as given:
                    shutil.copyfileobj(given, copy, 1 << 20)
                copy.flush()
                self._reader = maxminddb.open_database(copy.name)
            self._reader.get("0.0.0.0")
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            raise ConfigurationError(f"{VARIABLE}={str(path)!r}: {WANTS} ({error})", variable=VARIABLE) from error
        self._takes_ipv6 = self._reader.metadata().ip_version == 6
        self._is_damaged = False

    @property
    def version(self) -> str:
        known = self._reader.metadata()
        return f"{known.database_type} {time.strftime('%Y-%m-%d', time.gmtime(known.build_epoch))}"

    def look_up(self, address: Address) -> object:
        """The record of an address; None if there is none, or none that can be read: no view is lost for it."""
        if address.version == 6 and not self._takes_ipv6:
            return None
        try:
            return self._reader.get(address)
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            if not self._is_damaged:
                self._is_damaged = True
                log.warning("%s is damaged, some places stay unknown: %s", VARIABLE, error)
            return None

    def close(self) -> None:
        self._reader.close()
