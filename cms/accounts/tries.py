"""How often may be tried: passwords, codes and page passwords. Several processes share the count in the CMS database.

Each limit is a bucket of ``burst`` tries, which gets one back every ``every`` seconds (GCRA: a bucket is one time, and
a single statement moves it on). A try is charged before the password is compared and given back if it was right, so
that tries at the same moment can't pass together. A refused try is not charged.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from django.db import connection, transaction
from django.http import HttpRequest

from cms.accounts import browsers
from cms.accounts.keys import name_of
from cms.accounts.models import Tries
from pipeline.collecting.enrich.visitors import IPV6_CUSTOMER_BYTES


@dataclass(frozen=True)
class Limit:
    name: str
    burst: int
    every: float  # seconds


# An office behind one address makes its mistakes together; a stranger there gets 8,640 tries a day at all accounts.
FROM_NETWORK = Limit("network", 100, 10.0)
AT_ACCOUNT_FROM_NETWORK = Limit("account-network", 10, 60.0)
# Many networks at one account: nobody is refused for what others do, but each network gets less.
AT_ACCOUNT = Limit("account", 50, 60.0)
UNDER_ATTACK = Limit("account-network-attacked", 3, 300.0)
# A browser in which this account has signed in before has tries of its own, which no stranger can use up.
FROM_KNOWN_BROWSER = Limit("browser", 10, 60.0)
# Whoever is asked for a code knows the password already: 20 codes, then 20 an hour, from everywhere together.
CODES = Limit("codes", 20, 180.0)
CODES_FROM_KNOWN_BROWSER = Limit("codes-browser", 10, 60.0)
RESETS_FROM_NETWORK = Limit("reset-network", 10, 60.0)
RESETS = Limit("reset", 3, 600.0)


class TooManyTries(Exception):
    """``wait``: seconds until the next try is taken."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many tries; the next in {wait:.0f} s")
        self.wait = math.ceil(wait)


@dataclass
class Charged:
    """Tries that were charged; ``give_back`` if they were right."""

    buckets: list[tuple[str, float]] = field(default_factory=list)

    def give_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for key, every in self.buckets:
                cursor.execute("UPDATE accounts_tries SET until = until - %s WHERE key = %s", [every, key])


def charge_password(request: HttpRequest, account: str) -> Charged:
    """One try at the password of ``account``, or of a private page. Raises TooManyTries."""
    account = account.casefold()
    browser = browsers.known(request, account)
    if browser:
        return _charge((FROM_KNOWN_BROWSER, account, browser))
    network = network_of(request)
    with transaction.atomic():
        charged = _charge((FROM_NETWORK, network))
        attacked = not _is_taken(AT_ACCOUNT, (account,), charged)
        there = UNDER_ATTACK if attacked else AT_ACCOUNT_FROM_NETWORK
        charged.buckets += _charge((there, account, network)).buckets
    return charged


def charge_code(request: HttpRequest, account: str) -> Charged:
    """One try at a code of the second factor. Raises TooManyTries."""
    account = account.casefold()
    browser = browsers.known(request, account)
    return _charge((CODES_FROM_KNOWN_BROWSER, account, browser) if browser else (CODES, account))


def charge_reset(request: HttpRequest, address: str) -> Charged:
    """One mail with a link for a new password. Raises TooManyTries."""
    return _charge((RESETS_FROM_NETWORK, network_of(request)), (RESETS, address.casefold()))


def forget_old() -> None:
    """Remove what allows everything again."""
    Tries.objects.filter(until__lt=time.time()).delete()


def network_of(request: HttpRequest) -> str:
    """An IPv4 address, or the network that an IPv6 address is of."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped or address.version == 4:
        return str(mapped or address)
    return str(ip_network((address, 8 * IPV6_CUSTOMER_BYTES), strict=False))


@contextmanager
def counting(charged: Charged) -> Iterator[None]:
    """Give the tries back if the block fails for another reason than a wrong answer."""
    try:
        yield
    except BaseException:
        charged.give_back()
        raise


def _charge(*buckets: tuple[Limit | str, ...]) -> Charged:
    """All of them or none. Raises TooManyTries."""
    charged = Charged()
    with transaction.atomic():
        for limit, *parts in buckets:
            assert isinstance(limit, Limit)
            if not _is_taken(limit, tuple(map(str, parts)), charged):
                raise TooManyTries(_wait(limit, tuple(map(str, parts))))
    return charged


# One statement, so that processes which charge at the same moment do so one after another.
CHARGE = """
INSERT INTO accounts_tries (key, until) VALUES (%(key)s, %(now)s + %(every)s)
ON CONFLICT (key) DO UPDATE
SET until = (CASE WHEN accounts_tries.until > %(now)s THEN accounts_tries.until ELSE %(now)s END) + %(every)s
WHERE accounts_tries.until <= %(latest)s
RETURNING until
"""


def _is_taken(limit: Limit, parts: tuple[str, ...], charged: Charged) -> bool:
    key, now = name_of("tries", limit.name, *parts), time.time()
    given: dict[str, str | float] = {
        "key": key,
        "now": now,
        "every": limit.every,
        "latest": now + (limit.burst - 1) * limit.every,
    }
    with connection.cursor() as cursor:
        cursor.execute(CHARGE, given)
        taken = cursor.fetchone() is not None
    if taken:
        charged.buckets.append((key, limit.every))
    return taken


def _wait(limit: Limit, parts: tuple[str, ...]) -> float:
    until = Tries.objects.filter(key=name_of("tries", limit.name, *parts)).values_list("until", flat=True).first()
    return max(1.0, (until or 0.0) - (limit.burst - 1) * limit.every - time.time())
