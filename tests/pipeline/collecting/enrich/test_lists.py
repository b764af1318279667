from __future__ import annotations

import re
from importlib.metadata import version

from pipeline.collecting.enrich import channels, places
from pipeline.collecting.enrich.lists import PACKAGES, versions


def test_every_list_has_a_version() -> None:
    found = versions()
    assert {*PACKAGES, *channels.LISTS, *places.LISTS, "nhip-bots"} == found.keys()
    assert found["crawler-user-agents"] == version("crawler-user-agents")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["nhip-bots"])
    assert all(found.values())
