"""The signed page token: the CMS says which page this is, and the collector believes only that.

Text form: base64url(JSON of the fields) "." base64url(keyed BLAKE2b of the first part, 16 bytes), no padding.
A token is good for a day, so that a page that was taken down stops counting.
The key is shared by the CMS and the collectors (``NHIP_BEACON_KEY``, or ``beacon.key`` in the data directory).
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest

import msgspec

from pipeline.errors import BadToken
from pipeline.events import PUBLIC

MAC_BYTES = 16
NOT_FOUND = "not_found"
SEARCH = "search"
DAY_HOURS = 24  # a page in a cache still counts for a day, and one that was taken down does not for longer
MAX_TOKEN_CHARS = 6000  # for paths of 4,000 letters, some sixteen of Wagtail's longest slugs


class PageToken(msgspec.Struct, frozen=True, array_like=True):
    """A page as the CMS published it; ``audience`` is public, staff (a signed-in reader) or preview.

    ``host``: the name of the Wagtail site that it belongs to. ``hour``: when it was signed (``hour_of``); 0 in tokens
    from before they had one.
    """

    site: int
    page_id: int
    locale: str
    path: str
    audience: str = PUBLIC
    host: str = ""
    hour: int = 0

    def is_old(self, now: float) -> bool:
        """Whether it was signed more than a day before Unix time ``now``."""
        return hour_of(now) - self.hour > DAY_HOURS


class AnswerToken(PageToken, frozen=True, array_like=False):
    """What the site answered at ``path`` instead of a page of its own: ``page_id`` is 0.

    ``answer``: NOT_FOUND, or SEARCH with the ``words`` that were searched for. Its form is an object, which a collector
    that does not know it can't take for a page.
    """

    answer: str = NOT_FOUND
    words: str = ""


def hour_of(at: float) -> int:
    """The hour that Unix time ``at`` (seconds) lies in, counted from 1970."""
    return int(at // 3600)


_encoder = msgspec.json.Encoder()
_pages = msgspec.json.Decoder(PageToken)
_answers = msgspec.json.Decoder(AnswerToken)


def sign(token: PageToken, *, key: bytes) -> str:
    """Raises ValueError if it would be longer than ``verify`` takes."""
    payload = _encode(to_json(token)).decode("ascii")
    text = f"{payload}.{_mac(payload, key=key).decode('ascii')}"
    if len(text) > MAX_TOKEN_CHARS:
        raise ValueError(f"a token of more than {MAX_TOKEN_CHARS} letters")
    return text


def to_json(token: PageToken) -> bytes:
    """Without a signature."""
    return _encoder.encode(token)


def from_json(data: bytes) -> PageToken:
    """What ``to_json`` made. Raises MsgspecError."""
    return _answers.decode(data) if data.startswith(b"{") else _pages.decode(data)


@lru_cache(maxsize=4096)
def verify(text: str, key: bytes) -> PageToken:
    """Return the token in ``text``. Raises BadToken if it is malformed or was signed with another key.

    Give the key by position: the cache takes twice as long to look up a keyword argument.
    """
    if len(text) > MAX_TOKEN_CHARS:
        raise BadToken("token too long")
    payload, _, mac = text.partition(".")
    try:
        if not compare_digest(_mac(payload, key=key), mac.encode("ascii")):
            raise BadToken("signature does not match")
        return from_json(_decode(payload))
    except (binascii.Error, UnicodeError, ValueError, msgspec.MsgspecError) as error:
        raise BadToken("not a token") from error


def _mac(payload: str, *, key: bytes) -> bytes:
    return _encode(blake2b(payload.encode("ascii"), digest_size=MAC_BYTES, key=key, person=b"nhip-page-token").digest())


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
