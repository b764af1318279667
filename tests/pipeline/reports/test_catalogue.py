"""Each kind of report declares columns that can be told apart, and has somebody to read its rows."""

from __future__ import annotations

import pytest

from pipeline.reports.catalogue import CATALOGUE, Kind
from pipeline.reports.run import READERS

KINDS = [pytest.param(kind, id=name) for name, kind in CATALOGUE.items()]


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_columns_of_a_report_have_one_name(kind: Kind) -> None:
    names = [column.name for column in kind.columns]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_has_a_reader(kind: Kind) -> None:
    assert kind in READERS
