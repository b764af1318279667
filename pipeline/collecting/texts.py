"""The texts that strangers choose, such as what they search for, as far as a collector takes them (known_today.py)."""

from pipeline.collecting.known_today import KnownToday
from pipeline.collecting.limits import Limit

MOST_A_DAY = 2_000
NEW_AT_ONCE = 60  # of one network
NEW_PER_SECOND = 1 / 60
OTHER = "other"


class Texts:
    """At most ``most`` of a kind a day, the first that come; of one network ``new_at_once``, then one a minute."""

    def __init__(self, *, most: int = MOST_A_DAY, new_at_once: int = NEW_AT_ONCE) -> None:
        self._known = KnownToday(most=most, new=Limit(rate=NEW_PER_SECOND, burst=new_at_once))

    def take(self, kind: str, text: str, *, network: str, now_ms: int) -> str:
        """``text`` if it is one of the day's; else OTHER. An empty ``network`` brings nothing new in."""
        if not text:
            return text
        is_known = self._known.admits(text, kind=kind, network=network, now_ms=now_ms, may_be_new=bool(network))
        return text if is_known else OTHER
