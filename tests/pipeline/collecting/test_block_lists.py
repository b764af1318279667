"""No general rule of the lists by which browsers block trackers names an address of ours.

The rules are those of EasyPrivacy's general part, and of others like it, for addresses that look as ours might: a path
that ends in a word, a picture, a script. A rule that begins with ``/`` is looked for anywhere in an address.
"""

from __future__ import annotations

import pytest

ADDRESSES = (
    "https://so.example.vn/_nhip/e",
    "https://so.example.vn/_nhip/b.js",
    "https://so.example.vn/_nhip/doc",
    "https://so.example.vn/_nhip/doc.js?v=0123456789ab",
    "https://so.example.vn/_nhip/luot?t=WzEsNyJd.mac",
    "https://so.example.vn/_nhip/live?site=1&unit=visits&pages=7",
    "https://so.example.vn/_nhip/summary.json?site=1&unit=visits",
    "https://so.example.vn/_nhip/pages.json?ids=7",
    "https://so.example.vn/static/statistics/live.min.0123456789ab.js",
)
RULES = """
    /p.gif? /b.gif? /e.gif? /i.gif? /t.gif? /1x1.gif? /px.gif? /pix.gif? /blank.gif? /pixel.gif? /pixel? /pixel.png?
    /track.gif? /log.gif? /hit.gif? /stat.gif? /spacer.gif? /beacon.js /beacon? /beacon/ /track.js /tracker.js
    /tracking.js /track? /tracking? /analytics.js /analytics/ /stats.js /stats? /statistics.js /statistic? /counter.js
    /count.js /count? /counter? /collect? /collect/ /collector? /event? /events? /hit? /hits? /log? /logger? /ping?
    /pageview? /pageviews? /view? /visit? /visitor? /visits.js /matomo. /piwik. /umami. /plausible. /goatcounter. /ga.js
    /telemetry /metrics?
"""


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_general_rule_names_an_address_of_ours(address: str) -> None:
    assert [rule for rule in RULES.split() if rule in address.lower()] == []


def test_a_rule_names_what_it_is_for() -> None:
    assert [rule for rule in RULES.split() if rule in "https://so.example.vn/_nhip/p.gif?t=x"] == ["/p.gif?"]
