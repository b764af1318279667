"""Numbers and times as Vietnamese writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

UNKNOWN = "–"
HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")


def vietnamese_number(number: int | None) -> str:
    """1327 → "1.327"; an unknown number is a dash, never a zero."""
    if number is None:
        return UNKNOWN
    return f"{number:,}".replace(",", ".")


def vietnamese_time(unix_seconds: float) -> str:
    """Unix seconds → "14:05, 22/11/2026" on the clocks of Ho Chi Minh City."""
    return f"{datetime.fromtimestamp(unix_seconds, HO_CHI_MINH):%H:%M, %d/%m/%Y}"


def iso_time(unix_seconds: float) -> str:
    """Unix seconds → "2026-11-22T14:05+07:00"."""
    return datetime.fromtimestamp(unix_seconds, HO_CHI_MINH).isoformat(timespec="minutes")


def utc_time(unix_seconds: float) -> str:
    """Unix seconds → "2026-11-22T07:05:00Z", to the minute: what has it stays the same as long as its numbers do."""
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%Y-%m-%dT%H:%M}:00Z"
