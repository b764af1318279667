"""docs/headless-api.md names what there is."""

from __future__ import annotations

from part import ROOT

from cms.api.fields import META, fields_of
from cms.api.filters import LISTING
from cms.api.renditions import NAMES
from cms.api.shapes.blocks import Stream
from cms.api.types import page_types

PAGE = (ROOT / "docs/headless-api.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_parameter_is_there() -> None:
    told = section("Which pages") + section("Which fields")

    assert [parameter.name for parameter in LISTING if f"`{parameter.name}" not in told] == []


def test_every_page_type_is_there_with_its_fields() -> None:
    rows = {row.split("`")[1]: row for row in section("Pages").splitlines() if row.startswith("| `")}

    assert rows.keys() == page_types().keys()
    for name, model in page_types().items():
        own = fields_of(model).keys() - {field.name for field in META} - {"id", "title", "statistics"}
        assert {field for field in own if f"`{field}`" not in rows[name]} == set(), name


def test_the_example_has_what_every_page_has() -> None:
    example = section("Pages").partition("```json")[2].partition("```")[0]

    assert [field.name for field in META if f'"{field.name}":' not in example] == []


def test_every_block_and_rendition_is_there() -> None:
    streams = [field.shape for model in page_types().values() for field in fields_of(model).values()]
    kinds = {kind for shape in streams if isinstance(shape, Stream) for kind in shape.blocks}

    assert {kind for kind in kinds if f"`{kind}`" not in section("Bodies")} == set()
    assert [name for name in NAMES if f"| `{name}` |" not in section("Images")] == []
