"""docs/api.md says what the collector refuses."""

from __future__ import annotations

import re

from part import ROOT

from pipeline.collecting.beacon import MAX_BODY_BYTES, Reason

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def test_every_reason_to_refuse_a_beacon_is_explained() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", TEXT, re.MULTILINE)
    assert {(name, int(status)) for name, status in rows} == {(reason.value, reason.status) for reason in Reason}


def test_the_size_of_a_beacon_is_the_collectors_everywhere() -> None:
    sizes = re.findall(r"(\d+) KiB", TEXT)
    assert len(sizes) > 1
    assert {1024 * int(size) for size in sizes} == {MAX_BODY_BYTES}
