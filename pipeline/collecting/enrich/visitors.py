"""A visitor's number, the same for one day and no longer: a keyed hash whose key is random and thrown away.

Beside it a reader's number, which never leaves this process, and the network that a sender belongs to.
"""

from functools import lru_cache
from hashlib import blake2b
from ipaddress import AddressValueError, IPv6Address

IPV6_NETWORK_BYTES = 8
IPV6_CUSTOMER_BYTES = 7
CACHED_NETWORKS = 4096


def networks_of(ip: str) -> tuple[str, str]:
    """The networks by which visitors are told apart, and by which limits are kept.

    An IPv4 address is both by itself: behind it may be an office, and beside it are strangers.

    An IPv6 address counts by its /64, the network of one household or office, since devices change the rest many times
    a day; for limits by its /56, the most that providers commonly give a customer, who else would have 256 of them. An
    IPv4 address written as IPv6, as a dual-stack socket does, counts as IPv4.
    """
    return _networks(ip) if ":" in ip else (ip, ip)


def identify_visitor(salt: bytes, *, site: int, household: str, user_agent: str) -> int:
    """BLAKE2b of site, network and user agent under the day's salt: 64 bits, never 0."""
    text = f"{site}\n{household}\n{user_agent}"
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8, key=salt).digest()
    return int.from_bytes(digest) or 1


def identify_reader(*, site: int, household: str, user_agent: str, audience: str) -> int:
    """The same in this process alone, for longer than a day: Python's hashes have a random key in each process."""
    return hash((site, household, user_agent, audience)) or 1


@lru_cache(maxsize=CACHED_NETWORKS)
def _networks(ip: str) -> tuple[str, str]:
    try:
        address = IPv6Address(ip.partition("%")[0])
    except AddressValueError:
        return ip, ip
    if address.ipv4_mapped:
        return str(address.ipv4_mapped), str(address.ipv4_mapped)
    return address.packed[:IPV6_NETWORK_BYTES].hex(), address.packed[:IPV6_CUSTOMER_BYTES].hex()
