"""The campaign that a page's address names in ``utm_campaign``, ``utm_source`` and ``utm_medium``.

Anybody can write anything there, so little of it is believed: names are short, in small letters, and none that looks as
if it were of a person is kept.
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus

CACHED_NAMES = 1024
MAX_ADDRESS_CHARS = 4096  # browsers send no more than the origin of a longer one (Referrer Policy, 3.2)
MAX_SENT_CHARS = 600  # as it is written in an address, where a Vietnamese letter may take nine
MAX_NAME_CHARS = 60
MAX_DIGITS_RUNNING = 5
MAX_DIGITS = 8
OTHER = "other"


class Campaign(NamedTuple):
    """Empty for what the address does not say; OTHER for what is not kept."""

    name: str
    source: str
    medium: str

    def veiled(self) -> "Campaign":
        """Only which of them the address says."""
        return Campaign(*[OTHER if part else "" for part in self])


NO_CAMPAIGN = Campaign("", "", "")


def campaign_of(address: str) -> Campaign:
    """The campaign in the query of ``address``; the first of a name holds."""
    if "utm_" not in address or len(address) > MAX_ADDRESS_CHARS:
        return NO_CAMPAIGN
    query = address.partition("#")[0].partition("?")[2]
    return _kept_campaign(query) if len(query) <= MAX_SENT_CHARS else _campaign_in(query)


def _campaign_in(query: str) -> Campaign:
    said: dict[str, str] = {}
    for field in query.split("&"):
        if field.startswith("utm_"):
            name, _, value = field.partition("=")
            said.setdefault(name, value)
    return Campaign(*[_bounded(said.get(field, "")) for field in ("utm_campaign", "utm_source", "utm_medium")])


_kept_campaign = lru_cache(maxsize=CACHED_NAMES)(_campaign_in)


def _bounded(sent: str) -> str:
    return _name(sent) if len(sent) <= MAX_SENT_CHARS else OTHER


@lru_cache(maxsize=CACHED_NAMES)
def _name(sent: str) -> str:
    """Compared as people read it: one form of each letter, one space between words."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", unquote_plus(sent)).lower())
    text = " ".join("".join([letter if letter.isprintable() else " " for letter in text]).split())
    return OTHER if _is_of_a_person(text) else text[:MAX_NAME_CHARS].rstrip()


def _is_of_a_person(text: str) -> bool:
    """An address for mail, or as many digits as telephones, papers and accounts have; a day has eight."""
    digits = running = 0
    for letter in text:
        running = running + 1 if letter.isdigit() else 0
        digits += letter.isdigit()
        if running > MAX_DIGITS_RUNNING or letter == "@":
            return True
    return digits > MAX_DIGITS
