"""The lists by which views are told apart, with their versions: what ``nhip status`` shows."""

from importlib.metadata import version

from pipeline.collecting.enrich import bots, channels, places

PACKAGES = {
    "crawlerdetect": "crawlerdetect",
    "ua-parser": "ua-parser-builtins",  # the regexes; its version is the month of the list
    "crawler-user-agents": "crawler-user-agents",
}


def versions() -> dict[str, str]:
    """Name → version: of the package that brings a list, as its own file says it, or the day of a list of ours."""
    packages = {name: version(package) for name, package in PACKAGES.items()}
    return packages | channels.LISTS | places.LISTS | {"nhip-bots": bots.OURS_AS_OF}
