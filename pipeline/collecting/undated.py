"""Page tokens without an hour, as versions before this one signed them, are believed for a day after the update.

The first start of a collector that knows hours leaves a note of its time in the data directory.
"""

import logging
from pathlib import Path

log = logging.getLogger(__name__)

BELIEVED_SECONDS = 25 * 3600.0
NOTE = "tokens-dated-since"


def believe_undated_until(data_dir: Path, *, now: float) -> float:
    """Unix seconds; without a note that can be read and written, a day after each start."""
    note = data_dir / NOTE
    try:
        if not note.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            note.write_text(f"{now:.0f}\n", encoding="ascii")
        return min(float(note.read_text(encoding="ascii")), now) + BELIEVED_SECONDS
    except (OSError, ValueError) as error:
        log.warning("%s can't be read or written (%s): page tokens without an hour count for a day", note, error)
        return now + BELIEVED_SECONDS
