"""Where webhooks may go: to the outside alone, by https, unless a setting says otherwise.

A name is resolved once, and the connection goes to the address that was checked: a name that resolves to something
else a moment later (DNS rebinding) leads nowhere new.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit, urlunsplit

TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: the last four bytes are an IPv4 address
# Python takes them for global: site-local addresses, those of protocols and examples, relays, and Azure's own services.
NOT_OUTSIDE = tuple(map(ip_network, ("fec0::/10", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """Why nothing is sent."""


class NotHttps(Refused):
    pass


class Unknown(Refused):
    """The name has no address."""


class Inner(Refused):
    """The name leads to this machine or its network."""


@dataclass(frozen=True)
class Destination:
    """``host``: for the certificate and the header Host. ``url``: the same address with the number for the name."""

    url: str
    host: str
    authority: str


def parts_of(url: str, *, inner_allowed: bool) -> tuple[str, int]:
    """Host and port. Raises Refused."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (inner_allowed and parts.scheme == "http"):
        raise NotHttps(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unknown(url) from error
    if not host:
        raise Unknown(url)
    return host, PORTS[parts.scheme] if port is None else port


async def destinations_of(url: str, *, inner_allowed: bool) -> list[Destination]:
    """One for each address of the host, at least one. Raises Refused if any of them is an inner one."""
    host, port = parts_of(url, inner_allowed=inner_allowed)
    addresses = await _resolve(host, port)
    if not inner_allowed and any(is_inner(address) for address in addresses):
        raise Inner(host)
    parts = urlsplit(url)
    return [
        Destination(
            url=urlunsplit((parts.scheme, f"{_in_url(address)}:{port}", parts.path or "/", parts.query, "")),
            host=host,
            authority=parts.netloc.rpartition("@")[2],
        )
        for address in dict.fromkeys(addresses)
    ]


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def is_inner(address: str) -> bool:
    """Whether it is of this machine, of its network, of a provider's metadata, or of no single host outside."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return any(
        not one.is_global or one.is_multicast or one.is_reserved or any(one in network for network in NOT_OUTSIDE)
        for one in _meant(found)
    )


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The addresses that are reached by it: an IPv6 address may stand for one of IPv4, or lead through one."""
    if isinstance(address, IPv4Address):
        return [address]
    if address in TRANSLATED:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    through = (address.sixtofour, address.teredo[1] if address.teredo else None)
    return [address, *(one for one in through if one)]


async def _resolve(host: str, port: int) -> list[str]:
    """In a thread that nobody waits for when the time is over: the system's resolver knows no time-out of ours."""
    found: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.set_exception(Unknown(f"{host}: {error}"))

    threading.Thread(target=ask, name="webhook-name", daemon=True).start()
    addresses = [str(one[4][0]) for one in await asyncio.wrap_future(found)]
    if not addresses:
        raise Unknown(host)
    return addresses
