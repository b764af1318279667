"""Writes files of places, as operations would give them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

HANOI = {"country": {"iso_code": "VN"}, "subdivisions": [{"iso_code": "HN", "names": {"vi": "Hà Nội"}}]}


def write_places(path: Path, records: Mapping[str, Any], *, ip_version: int = 6, kind: str = "Test-City") -> Path:
    """``records`` by network, such as ``{"203.0.113.0/24": HANOI}``."""
    writer = MMDBWriter(ip_version, database_type=kind, ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path
