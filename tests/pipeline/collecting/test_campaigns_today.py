from __future__ import annotations

from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.enrich.campaigns import Campaign

NOON = 1_795_323_600_000
DAY = 86_400_000
VEILED = Campaign("other", "", "other")


def named(number: int) -> Campaign:
    return Campaign(f"ten-{number}", "", "post")


def admitted(today: CampaignsToday, numbers: range, *, at: int = NOON, network: str | None = None) -> list[int]:
    """Of campaigns that readers bring, each from a network of its own or all from one, those that are kept."""
    kept = []
    for number in numbers:
        campaign = named(number)
        found = today.admit(campaign, network=network or str(number), now_ms=at, may_be_new=True)
        assert found in (campaign, VEILED)
        kept += [number] if found == campaign else []
    return kept


def test_a_day_has_so_many_campaigns_and_no_more() -> None:
    today = CampaignsToday(most=100)
    assert admitted(today, range(150)) == list(range(100))
    assert admitted(today, range(150), at=NOON + 1000) == list(range(100))


def test_the_next_day_begins_with_none() -> None:
    today = CampaignsToday(most=100)
    admitted(today, range(100))
    assert admitted(today, range(100, 250), at=NOON + DAY) == list(range(100, 200))


def test_one_network_brings_its_share_alone() -> None:
    today = CampaignsToday(most=100, most_of_a_network=10)
    assert admitted(today, range(50), network="a") == list(range(10))
    assert admitted(today, range(50), network="b") == list(range(20))


def test_what_no_reader_brings_is_kept_once_a_reader_brought_it() -> None:
    today = CampaignsToday()

    def by_a_bot() -> Campaign:
        return today.admit(named(1), network="a", now_ms=NOON, may_be_new=False)

    assert by_a_bot() == VEILED
    assert admitted(today, range(1, 2)) == [1]
    assert by_a_bot() == named(1)


def test_by_default_a_thousand_are_kept() -> None:
    assert len(admitted(CampaignsToday(), range(1500))) == 1000
