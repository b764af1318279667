"""The texts that strangers choose, such as what they search for: how many different ones a collector takes a day."""

from pipeline.collecting.limits import Limit
from pipeline.periods import local_date

MOST_A_DAY = 2_000
NEW_AT_ONCE = 60  # of one network
NEW_PER_SECOND = 1 / 60
OTHER = "other"


class Texts:
    """At most ``most`` of a kind a day, the first that come; of one network ``new_at_once``, then one a minute."""

    def __init__(self, *, most: int = MOST_A_DAY, new_at_once: int = NEW_AT_ONCE) -> None:
        self._new = Limit(rate=NEW_PER_SECOND, burst=new_at_once)
        self._most = most
        self._day = local_date(0)
        self._taken: dict[str, set[str]] = {}

    def take(self, kind: str, text: str, *, network: str, now_ms: int) -> str:
        """``text`` if it is one of the day's; else OTHER. An empty ``network`` brings nothing new in."""
        day = local_date(now_ms / 1000)
        if day != self._day:
            self._day, self._taken = day, {}
        taken = self._taken.setdefault(kind, set())
        if not text or text in taken:
            return text
        if not network or len(taken) >= self._most or not self._new.passes(network, now_ms):
            return OTHER
        taken.add(text)
        return text
