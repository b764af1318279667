"""``nhip collect`` without enrichment, for comparison: no agent, place, language, channel or campaign is looked up.

What a view needs to count stays: its token, limits, visitor, origin and visit.
"""

import sys

from pipeline.collecting import beacon
from pipeline.operating import cli

ENRICHING = (
    beacon.put_agent,
    beacon.put_staff,
    beacon.put_campaign,
    beacon.put_channel,
    beacon.put_bounds_on_campaigns,
    beacon.put_language,
    beacon.put_place,
)


def put_audience(draft: beacon.Draft) -> None:
    draft.audience = draft.token.audience


def leave_out_enrichment() -> None:
    """From now on the collector of this process stores what a view needs to count, and no more."""
    plain = (put_audience if step is beacon.put_agent else step for step in beacon.BEACON_STEPS)
    setattr(beacon, "BEACON_STEPS", tuple(step for step in plain if step not in ENRICHING))  # noqa: B010 - not its type


if __name__ == "__main__":
    leave_out_enrichment()
    sys.exit(cli.main(["collect"]))
