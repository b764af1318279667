"""The staff cookie: "this browser is one of this site's staff, whose views are not counted". It says nothing else.

The CMS gives it to browsers in which somebody has signed in to the admin, and the collector believes it without asking
anybody. Text form: the last day on which it is good, in days since 1970, ``.``, and base64url(keyed BLAKE2b of that
day, 16 bytes). All browsers that got it on the same day have the same one, so it tells nobody from another.
The key is that of page tokens (``NHIP_BEACON_KEY``); neither is good as the other.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import blake2b
from hmac import compare_digest

KEEP_DAYS = 400  # browsers keep no cookie for longer
DAY_SECONDS = 86_400
MAC_BYTES = 16
MAX_CHARS = 40


def cookie_name(base_url: str) -> str:
    """Behind TLS, browsers take a cookie of such a name from this very host alone."""
    return "__Host-nhip_staff" if base_url.startswith("https://") else "nhip_staff"


def sign_staff(*, key: bytes, now: float) -> str:
    """The cookie's value, good for KEEP_DAYS from Unix time ``now``."""
    day = str(_day(now) + KEEP_DAYS)
    return f"{day}.{_mac(day, key)}"


def days_left(value: str, keys: Iterable[bytes], now: float) -> int:
    """For how many days from Unix time ``now`` it is good; 0 for one that has expired, or is none of these keys."""
    day, dot, mac = value.partition(".")
    if not dot or len(value) > MAX_CHARS or not value.isascii() or not day.isdigit():
        return 0
    if not any(compare_digest(_mac(day, key), mac) for key in keys):
        return 0
    return max(0, int(day) - _day(now))


def value_in(cookies: str, name: str) -> str:
    """The value of the cookie ``name`` in a header Cookie, cut to one letter more than is believed; empty if none."""
    cookies = f"; {cookies}"
    before = f"; {name}="
    at = cookies.find(before)
    if at < 0:
        return ""
    start = at + len(before)
    return cookies[start : start + MAX_CHARS + 1].partition(";")[0]


def _day(at: float) -> int:
    return int(at // DAY_SECONDS)


def _mac(day: str, key: bytes) -> str:
    digest = blake2b(day.encode(), digest_size=MAC_BYTES, key=key, person=b"nhip-staff").digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
