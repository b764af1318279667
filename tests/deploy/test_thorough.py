"""What a run of all tests leaves to CI has other tests beside it: ``support/thorough.py``."""

from __future__ import annotations

import pytest
from part import ROOT
from thorough import THOROUGH, is_of_everything, misnamed

ALL = {*THOROUGH, *(beside for others in THOROUGH.values() for beside in others)}


@pytest.mark.parametrize("file", sorted({name.partition("::")[0] for name in ALL}))
def test_a_file_that_the_table_names_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_a_run_of_all_tests_has_each_that_the_table_names_beside_another(request: pytest.FixtureRequest) -> None:
    if is_of_everything(request.config):
        assert misnamed([item.nodeid for item in request.session.items]) == []


def test_a_name_of_no_test_and_one_that_is_left_out_itself_are_found() -> None:
    (left_out, (beside, *_)), *_ = THOROUGH.items()
    tests = sorted(ALL)

    assert misnamed(tests) == []
    assert misnamed([test for test in tests if test != left_out]) == [left_out]
    assert misnamed([test for test in tests if not test.startswith(beside)]) == [beside]
