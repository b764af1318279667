"""The scripts as browsers get them; build.py writes them."""

from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

BEACON = files(__name__).joinpath("beacon.min.js")
ENGAGEMENT = files(__name__).joinpath("engagement.min.js")
ELEMENT = files(__name__).joinpath("nhip.min.js")


def version_of(script: Traversable) -> str:
    """Named by its content."""
    return sha256(script.read_bytes()).hexdigest()[:12]
