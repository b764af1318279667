"""Network → country and province of its reader; the address itself is not stored.

The country comes with a package: that to which a regional registry gave the network (iptocc). Where operations give a
file of places (``NHIP_PLACES_FILE``), country and province come from it. Unknown is "": private and reserved networks,
those that no list has, and whatever a list says that is no ISO code.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple

from iptocc import country_code

from pipeline.collecting.enrich.visitors import IPV6_NETWORK_BYTES

CACHED_NETWORKS = 4096
NETWORK_CHARS = 2 * IPV6_NETWORK_BYTES  # of an IPv6 /64 in hexadecimal; an IPv4 address has fewer
MAX_PROVINCE_CHARS = 3
LISTS = {"iptocc": version("iptocc")}
NO_COUNTRY = frozenset({"EU", "AP", "ZZ", "XX"})  # said by registries and in files of those that know no country


class Place(NamedTuple):
    """``country``: ISO 3166-1 alpha-2. ``province``: ISO 3166-2 without the country, such as ``HN``."""

    country: str = ""
    province: str = ""


UNKNOWN = Place()

PlaceOf = Callable[[str], Place]
Lookup = Callable[[str], object]


def places(look_up: Lookup | None = None) -> PlaceOf:
    """The place of a network, as ``networks_of`` names a household: an IPv4 address, or the digits of an IPv6 /64.

    ``look_up``: the record of an address in the file of places; None if it has none, or the text is no address.
    """

    @lru_cache(maxsize=CACHED_NETWORKS)
    def find(network: str) -> Place:
        address = _first_address(network)
        return place_in(look_up(address)) if look_up else Place(_country(country_code(address)))

    def place_of(network: str) -> Place:
        # The cache keeps no text that is longer than a network's.
        return find(network) if len(network) <= NETWORK_CHARS and network.isascii() else UNKNOWN

    return place_of


def place_in(record: object) -> Place:
    """The place in a record of MaxMind's shape (``country.iso_code``, ``subdivisions[0].iso_code``, the largest first),
    which DB-IP has too, or of the flat one of IPinfo and others (``country_code``, ``region_code``)."""
    if not isinstance(record, dict):
        return UNKNOWN
    country = _country(_code(record.get("country"))) or _country(record.get("country_code"))
    if not country:
        return UNKNOWN
    parts = record.get("subdivisions")
    first = parts[0] if isinstance(parts, list) and parts else None
    return Place(country, _province(_code(first) or record.get("region_code"), country))


def _first_address(network: str) -> str:
    """Of a network; of anything else a text that is no address."""
    if "." in network or len(network) != NETWORK_CHARS:
        return network
    return f"{network[:4]}:{network[4:8]}:{network[8:12]}:{network[12:]}::"


def _code(part: Any) -> object:
    return part.get("iso_code") if isinstance(part, dict) else part


def _country(code: object) -> str:
    known = isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()
    return str(code) if known and code not in NO_COUNTRY else ""


def _province(code: object, country: str) -> str:
    """Without the country, which some files put before it."""
    if not isinstance(code, str):
        return ""
    name = code.removeprefix(f"{country}-")
    known = name.isascii() and name.isalnum() and name.upper() == name and len(name) <= MAX_PROVINCE_CHARS
    return name if known else ""
