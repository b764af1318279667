"""The lists of others by which views are told apart, with their versions."""

from pipeline.collecting.enrich import channels, places


def versions() -> dict[str, str]:
    """Name → version, as their packages have them."""
    return channels.LISTS | places.LISTS
