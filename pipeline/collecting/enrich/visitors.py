"""A visitor's number, the same for one day and no longer: a keyed hash whose key is random and thrown away."""

from hashlib import blake2b
from ipaddress import AddressValueError, IPv6Address

IPV6_NETWORK_BYTES = 8


def identify_visitor(salt: bytes, *, site: int, ip: str, user_agent: str) -> int:
    """BLAKE2b of site, address and user agent under the day's salt: 64 bits, never 0.

    An IPv6 address counts by its /64, the network of one household or office, since devices change the rest many times
    a day. An IPv4 address written as IPv6, as a dual-stack socket does, counts as IPv4.
    """
    text = f"{site}\n{_network(ip) if ':' in ip else ip}\n{user_agent}"
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8, key=salt).digest()
    return int.from_bytes(digest) or 1


def _network(ip: str) -> str:
    try:
        address = IPv6Address(ip.partition("%")[0])
    except AddressValueError:
        return ip
    return str(address.ipv4_mapped or address.packed[:IPV6_NETWORK_BYTES].hex())
