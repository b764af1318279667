"""device-detector's published agents as judges: how many bots are found, how many readers are taken for one, and of how
many the device, the system and the browser are right. ``python tests/pipeline/collecting/enrich/test_judges.py`` prints
the figures over all agents for docs/measurements.md; the tests look at a part.

The judge takes for a bot some programs that people listen or read with, and knows devices that Nhịp does not tell
apart; what is compared is what both say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from pipeline.collecting.enrich.agents import Agent, describe_agent

PART = 8  # every eighth agent of people's
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What the judge says of a bot, and the kinds of ours that say the same.
KINDS = {
    "Search bot": {"search"},
    "AI Assistant": {"ai"},
    "AI Data Scraper": {"ai"},
    "AI Search Crawler": {"ai", "search"},
    "Site Monitor": {"monitoring"},
    "Feed Fetcher": {"feed"},
    "Feed Parser": {"feed"},
    "Security Checker": {"scanner"},
    "Social Media Agent": {"preview"},
}
DEVICES = {"desktop": "desktop", "smartphone": "phone", "phablet": "phone", "tablet": "tablet"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iOS": "iOS", "Mac": "Mac OS X", "GNU/Linux": "Linux"}
BROWSERS = {
    "Chrome": ("Chrome",),
    "Safari": ("Safari",),
    "Firefox": ("Firefox",),
    "Opera": ("Opera",),
    "Edge": ("Edge",),
}


class Judged(NamedTuple):
    """An agent as the judge has it, and as we do."""

    known: dict[str, Any]
    ours: Agent

    @property
    def text(self) -> str:
        return str(self.known["user_agent"])


def fixtures() -> list[Path]:
    spec = find_spec("device_detector")
    assert spec is not None
    assert spec.submodule_search_locations
    return sorted((Path(spec.submodule_search_locations[0]) / "tests" / "fixtures" / "upstream").glob("*.yml"))


def read(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)
    return found


@cache
def bots() -> tuple[Judged, ...]:
    (file,) = (file for file in fixtures() if file.name == "bots.yml")
    return tuple(Judged(known, describe_agent(known["user_agent"])) for known in read(file))


@cache
def people(part: int = PART) -> tuple[Judged, ...]:
    """Agents of browsers, on devices that are told apart."""
    return tuple(Judged(known, describe_agent(known["user_agent"])) for known in _browsers(part))


def _browsers(part: int) -> Iterator[dict[str, Any]]:
    for place, file in enumerate(fixtures()):
        if file.stem.rpartition("-")[0] in DEVICES and place % part and part > 1:
            continue
        if file.stem.partition("-")[0] in DEVICES:
            for known in read(file):
                if known.get("client") and known["client"]["type"] == "browser" and known["device"]["type"] in DEVICES:
                    yield known


def category_of(one: Judged) -> str:
    return str(one.known["bot"].get("category", ""))


def share(of: int, all_: int) -> float:
    return 100 * of / all_


def recall() -> float:
    return share(sum(bool(one.ours.bot) for one in bots()), len(bots()))


def right_kinds() -> float:
    compared = [one for one in bots() if one.ours.bot and category_of(one) in KINDS]
    right = sum(one.ours.bot_kind in KINDS[category_of(one)] for one in compared)
    return share(right, len(compared))


def false_positives(part: int = PART) -> float:
    return share(sum(bool(one.ours.bot) for one in people(part)), len(people(part)))


def right_devices(part: int = PART) -> float:
    right = sum(one.ours.device == DEVICES[one.known["device"]["type"]] for one in people(part) if not one.ours.bot)
    return share(right, sum(not one.ours.bot for one in people(part)))


def right_systems(part: int = PART) -> float:
    compared = [one for one in people(part) if not one.ours.bot and one.known.get("os_family") in SYSTEMS]
    return share(sum(one.ours.os == SYSTEMS[one.known["os_family"]] for one in compared), len(compared))


def right_browsers(part: int = PART) -> float:
    compared = [one for one in people(part) if not one.ours.bot and one.known["client"]["name"] in BROWSERS]
    right = sum(one.ours.browser.startswith(BROWSERS[one.known["client"]["name"]]) for one in compared)
    return share(right, len(compared))


def test_the_judge_has_agents_enough() -> None:
    assert len(bots()) > 1_000
    assert len(people()) > 1_000


def test_nearly_all_bots_are_found() -> None:
    missed = [one.text for one in bots() if not one.ours.bot]
    assert recall() >= 83.5, missed


def test_hardly_a_reader_is_taken_for_a_bot() -> None:
    taken = [(one.text, one.ours.bot) for one in people() if one.ours.bot]
    assert false_positives() <= 0.16, taken


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        pytest.param(right_kinds, 59.0, id="kinds of bots"),
        pytest.param(right_devices, 89.5, id="devices"),
        pytest.param(right_systems, 98.5, id="systems"),
        pytest.param(right_browsers, 97.0, id="browsers"),
    ],
)
def test_most_of_the_rest_is_as_the_judge_has_it(figure: Any, floor: float) -> None:
    assert figure() >= floor


def main() -> None:
    say = sys.stdout.write
    say(f"{len(bots())} bots: {recall():.1f} % found, {right_kinds():.1f} % of the kind\n")
    say(
        f"{len(people(1))} readers: {false_positives(1):.2f} % taken for bots; device {right_devices(1):.1f} %,"
        f" system {right_systems(1):.1f} %, browser {right_browsers(1):.1f} %\n"
    )


if __name__ == "__main__":
    main()
