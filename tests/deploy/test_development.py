"""Documents name files that exist, and the tree in docs/development.md is the repository's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT

DEVELOPMENT = (ROOT / "docs/development.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINES = re.search(r"^```\n(pipeline/.*?)^```$", DEVELOPMENT, re.DOTALL | re.MULTILINE)


def drawn() -> Iterator[Path]:
    """Every file and directory that the tree names; a line's names end where two spaces begin its meaning."""
    assert LINES is not None
    above = [ROOT]
    for line in LINES[1].splitlines():
        names = re.split(r" {2,}", line.strip())[0].split()
        depth = (len(line) - len(line.lstrip())) // 2
        places = [above[depth] / name for name in names]
        above[depth + 1 :] = [places[0]]
        yield from places


TREE = list(drawn())


@pytest.mark.parametrize("place", TREE, ids=lambda place: str(place.relative_to(ROOT)))
def test_every_place_in_the_tree_exists(place: Path) -> None:
    assert place.exists()


def test_the_tree_has_every_file_of_the_pipeline_and_the_consumers() -> None:
    rooms = {place for place in TREE if place.is_dir()}
    open_rooms = {place.parent for place in TREE}
    files = [file for room in ("pipeline", "consumers") for file in (ROOT / room).rglob("*.py")]
    missing = {
        str(file.relative_to(ROOT))
        for file in files
        if not file.name.startswith("__") and file not in TREE and not (rooms - open_rooms) & set(file.parents)
    }
    assert missing == set()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[a-z_]+/)+[\w.]*)`", DEVELOPMENT))))
def test_a_file_that_a_change_goes_to_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_a_link_of_a_document_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_a_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    pattern = r"`((?:pipeline|consumers|cms|tests|deploy|tools|plugins|benchmarks|docs)/[\w./-]*)`"
    for path in re.findall(pattern, text):
        assert (ROOT / path).exists(), path


def test_no_line_of_readme_is_long() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []
