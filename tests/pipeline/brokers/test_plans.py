from __future__ import annotations

import pytest

from pipeline.brokers import Committed, TopicPartition
from pipeline.brokers.plans import Plan, planned, read_metadata
from pipeline.events import EVENTS_TOPIC


def test_a_plan_survives_the_metadata_it_is_written_into() -> None:
    plan = Plan(5, 8)
    assert plan.committed().offset == 5
    assert planned(plan.committed()) == plan


def test_the_token_names_the_partition_and_both_ends() -> None:
    assert Plan(5, 8).token(TopicPartition(EVENTS_TOPIC, 3)) == "page-events/3/5-8"


@pytest.mark.parametrize("dead_in_a_row", [0, 7])
def test_the_count_of_unreadable_lines_in_a_row_is_kept_with_a_plan_and_after_it(dead_in_a_row: int) -> None:
    plan = Plan(5, 8, dead_in_a_row)
    assert planned(plan.committed()) == plan
    assert plan.done().offset == 9
    assert planned(plan.done()) is None
    assert read_metadata(plan.done()).dead == dead_in_a_row


def test_commits_of_an_earlier_version_are_understood() -> None:
    assert planned(Committed(5, '{"plan":[5,8]}')) == Plan(5, 8)


@pytest.mark.parametrize(
    "committed",
    [
        pytest.param(None, id="nothing committed"),
        pytest.param(Committed(5), id="no metadata"),
        pytest.param(Committed(5, "note"), id="not JSON"),
        pytest.param(Committed(5, '{"other":1}'), id="other JSON"),
        pytest.param(Committed(5, '{"plan":[5]}'), id="half a plan"),
        pytest.param(Committed(5, '{"plan":[8,5]}'), id="backwards"),
        pytest.param(Committed(5, '{"dead":3}'), id="no plan open"),
        pytest.param(Committed(5, '{"plan":["5","8"]}'), id="words"),
        pytest.param(Committed(5, "[" * 100_000), id="nested without end"),
    ],
)
def test_metadata_of_another_kind_has_no_plan(committed: Committed | None) -> None:
    assert planned(committed) is None
