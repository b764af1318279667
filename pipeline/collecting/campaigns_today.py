"""The campaigns that this collector has met today: a stranger can invent any number of them, and the store groups by
them. All of it is in memory alone."""

from collections.abc import Hashable
from datetime import date

from pipeline.collecting.enrich.campaigns import Campaign
from pipeline.collecting.limits import Limit
from pipeline.periods import local_date

MOST_CAMPAIGNS = 1000
MOST_OF_A_NETWORK = 50
DAY_SECONDS = 86_400


class CampaignsToday:
    """``most`` campaigns a day, of which one network brings ``most_of_a_network``; the others are veiled."""

    def __init__(self, *, most: int = MOST_CAMPAIGNS, most_of_a_network: int = MOST_OF_A_NETWORK) -> None:
        self._most = most
        self._new = Limit(rate=most_of_a_network / DAY_SECONDS, burst=most_of_a_network)
        self._day: date | None = None
        self._known: set[Campaign] = set()

    def admit(self, campaign: Campaign, *, network: Hashable, now_ms: int, may_be_new: bool) -> Campaign:
        """``campaign`` itself if it is known today or becomes so; else without its names."""
        today = local_date(now_ms / 1000)
        if today != self._day:
            self._day = today
            self._known = set()
        if campaign in self._known:
            return campaign
        if may_be_new and len(self._known) < self._most and self._new.passes(network, now_ms):
            self._known.add(campaign)
            return campaign
        return campaign.veiled()
