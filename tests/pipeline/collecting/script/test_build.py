"""The files that browsers get: what the sources build to, and small."""

from pathlib import Path

import pytest

from pipeline.collecting.script import BEACON, ENGAGEMENT
from pipeline.collecting.script.build import (
    BUILT,
    LARGEST,
    LARGEST_TOGETHER,
    SECOND_BUILT,
    SECOND_SOURCE,
    SOURCE,
    build,
    gzipped_size,
)


@pytest.mark.parametrize(("source", "built"), [(SOURCE, BUILT), (SECOND_SOURCE, SECOND_BUILT)])
def test_a_built_file_is_what_its_source_builds_to(source: Path, built: Path) -> None:
    assert built.read_text(encoding="utf-8") == build(source.read_text(encoding="utf-8")), (
        "run: python -m pipeline.collecting.script.build"
    )


def test_cookies_go_where_fetch_sends_them_by_itself() -> None:
    """To the page's own origin: staff are known by one, a front end elsewhere sends none."""
    for built in (BUILT, SECOND_BUILT):
        assert "credentials" not in built.read_text(encoding="utf-8")


def test_the_collector_gives_the_built_files() -> None:
    assert (BEACON.read_bytes(), ENGAGEMENT.read_bytes()) == (BUILT.read_bytes(), SECOND_BUILT.read_bytes())


def test_it_is_at_most_700_bytes_gzipped() -> None:
    assert gzipped_size(BUILT.read_text(encoding="utf-8")) <= LARGEST == 700


def test_both_together_are_at_most_1300_bytes_gzipped() -> None:
    sizes = [gzipped_size(built.read_text(encoding="utf-8")) for built in (BUILT, SECOND_BUILT)]
    assert sum(sizes) <= LARGEST_TOGETHER == 1300
