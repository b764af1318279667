"""The campaigns that this collector has met today (known_today.py)."""

from collections.abc import Hashable

from pipeline.collecting.enrich.campaigns import Campaign
from pipeline.collecting.known_today import KnownToday
from pipeline.collecting.limits import Limit

MOST_CAMPAIGNS = 1000
MOST_OF_A_NETWORK = 50
DAY_SECONDS = 86_400


class CampaignsToday:
    """``most`` campaigns a day, of which one network brings ``most_of_a_network``; the others are veiled."""

    def __init__(self, *, most: int = MOST_CAMPAIGNS, most_of_a_network: int = MOST_OF_A_NETWORK) -> None:
        self._known = KnownToday(most=most, new=Limit(rate=most_of_a_network / DAY_SECONDS, burst=most_of_a_network))

    def admit(self, campaign: Campaign, *, network: Hashable, now_ms: int, may_be_new: bool) -> Campaign:
        """``campaign`` itself if it is known today or becomes so; else without its names."""
        is_known = self._known.admits(campaign, network=network, now_ms=now_ms, may_be_new=may_be_new)
        return campaign if is_known else campaign.veiled()
