"""The lists of others by which views are told apart, with their versions."""

from pipeline.collecting.enrich import channels


def versions() -> dict[str, str]:
    """Name → version, as their packages have them."""
    return dict(channels.LISTS)
