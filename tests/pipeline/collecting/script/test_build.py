"""The files that browsers get: what the sources build to, and small."""

from pathlib import Path

import pytest
from missing import skip_or_fail
from part import ROOT

from pipeline.collecting.script import BEACON, ELEMENT, ENGAGEMENT
from pipeline.collecting.script.build import (
    BUILT,
    ELEMENT_BUILT,
    ELEMENT_SOURCE,
    LARGEST,
    LARGEST_ELEMENT,
    LARGEST_TOGETHER,
    SECOND_BUILT,
    SECOND_SOURCE,
    SOURCE,
    build,
    gzipped_size,
    terser,
)


@pytest.mark.parametrize(
    ("source", "built"),
    [(SOURCE, BUILT), (SECOND_SOURCE, SECOND_BUILT), (ELEMENT_SOURCE, ELEMENT_BUILT)],
    ids=["beacon", "engagement", "element"],
)
def test_a_built_file_is_what_its_source_builds_to(source: Path, built: Path) -> None:
    if source == ELEMENT_SOURCE and terser() is None:
        skip_or_fail("no terser; Node and `npm ci` would let this test run")
    assert built.read_text(encoding="utf-8") == build(source), "run: python -m pipeline.collecting.script.build"


def test_cookies_go_where_fetch_sends_them_by_itself() -> None:
    """To the page's own origin: staff are known by one, a front end elsewhere sends none."""
    for built in (BUILT, SECOND_BUILT, ELEMENT_BUILT):
        assert "credentials" not in built.read_text(encoding="utf-8")


def test_the_collector_gives_the_built_files() -> None:
    assert (BEACON.read_bytes(), ENGAGEMENT.read_bytes()) == (BUILT.read_bytes(), SECOND_BUILT.read_bytes())
    assert ELEMENT.read_bytes() == ELEMENT_BUILT.read_bytes()


def test_it_is_at_most_700_bytes_gzipped() -> None:
    assert gzipped_size(BUILT.read_text(encoding="utf-8")) <= LARGEST == 700


def test_both_together_are_at_most_1300_bytes_gzipped() -> None:
    sizes = [gzipped_size(built.read_text(encoding="utf-8")) for built in (BUILT, SECOND_BUILT)]
    assert sum(sizes) <= LARGEST_TOGETHER == 1300


def test_the_element_is_at_most_3000_bytes_gzipped() -> None:
    assert gzipped_size(ELEMENT_BUILT.read_text(encoding="utf-8")) <= LARGEST_ELEMENT == 3000


def test_documents_say_how_large_they_may_be() -> None:
    names = ("README.md", "docs/headless-api.md")
    readme, headless = (" ".join((ROOT / name).read_text(encoding="utf-8").split()) for name in names)
    assert f"A script of at most {LARGEST} bytes" in readme
    assert f"file of {LARGEST_ELEMENT:,} bytes at most" in headless


def test_displays_are_told_by_one_text_in_both() -> None:
    """Whatever is changed in how a display counts is changed in both scripts."""
    assert all("//= display.js" in source.read_text(encoding="utf-8") for source in (SOURCE, ELEMENT_SOURCE))
