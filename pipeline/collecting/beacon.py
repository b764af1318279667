"""Request parts and the time in, one event or a refusal out; touches no socket.

``parse_beacon`` reads what the script posts, ``parse_pixel`` what a browser without script asks for. Both believe
nothing but the signed token about the page, and take the visitor, the agent and the source from the envelope.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from pipeline.collecting.enrich.agents import describe_agent
from pipeline.collecting.enrich.referrers import origin_of
from pipeline.collecting.enrich.visitors import identify_visitor
from pipeline.errors import BadToken
from pipeline.events import BOT, PREVIEW, PUBLIC, Heartbeat, PageView
from pipeline.tokens import PageToken, verify

MAX_BODY_BYTES = 8192
TYPES = (b"text/plain", b"application/json")

SaltFor = Callable[[float], bytes | None]


class Reason(StrEnum):
    """Why a beacon is refused: the value of ``X-Nhip`` and of the metric's label."""

    WRONG_METHOD = "wrong-method"
    WRONG_TYPE = "wrong-type"
    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    BAD_TOKEN = "bad-token"
    OTHER_PATH = "other-path"
    OTHER_SITE = "other-site"
    PREFETCH = "prefetch"
    OVERLOADED = "overloaded"
    SPOOL_FULL = "spool-full"
    NOT_DURABLE = "not-durable"
    STOPPING = "stopping"


STATUS = {
    Reason.WRONG_METHOD: 405,
    Reason.WRONG_TYPE: 415,
    Reason.TOO_LARGE: 413,
    Reason.MALFORMED: 400,
    Reason.BAD_TOKEN: 403,
    Reason.OTHER_PATH: 403,
    Reason.OTHER_SITE: 403,
    Reason.PREFETCH: 403,
    Reason.OVERLOADED: 503,
    Reason.SPOOL_FULL: 503,
    Reason.NOT_DURABLE: 503,
    Reason.STOPPING: 503,
}

# Surely not stored, so that whoever sent it may send it again.
RETRIABLE = frozenset({Reason.OVERLOADED, Reason.SPOOL_FULL, Reason.STOPPING})


class Dropped(Exception):
    """This request counts nothing, for ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Envelope(msgspec.Struct, frozen=True):
    """What surrounds a beacon. ``now`` is Unix milliseconds; the rest is what the headers said, or empty."""

    now: int
    ip: str
    host: str = ""
    origin: str = ""
    referer: str = ""
    user_agent: str = ""
    content_type: bytes = b""
    purpose: str = ""
    unidentified: bool = False


class Beacon(msgspec.Struct, frozen=True):
    """The body: token, path, referrer, kind of navigation, heartbeat; one letter each, since every byte is sent."""

    t: str
    p: str
    r: str = ""
    n: Literal["navigate", "reload", "back_forward"] = "navigate"
    h: Literal[0, 1] = 0


_decoder = msgspec.json.Decoder(Beacon)


def parse_beacon(body: bytes, envelope: Envelope, *, key: bytes, salt_for: SaltFor) -> PageView | Heartbeat:
    """The event of a posted beacon. Raises Dropped."""
    if envelope.content_type.partition(b";")[0].strip().lower() not in TYPES:
        raise Dropped(Reason.WRONG_TYPE)
    if len(body) > MAX_BODY_BYTES:
        raise Dropped(Reason.TOO_LARGE)
    try:
        beacon = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Dropped(Reason.MALFORMED) from None
    if envelope.origin and not origin_of(envelope.origin, own_host=envelope.host).internal:
        raise Dropped(Reason.OTHER_SITE)
    token = _trust(beacon.t, path=beacon.p, key=key)
    if beacon.h:
        return _heartbeat(token, envelope, salt_for)
    return _view(token, envelope, salt_for, referrer=beacon.r, navigation=beacon.n, scripted=True)


def parse_pixel(query: bytes, envelope: Envelope, *, key: bytes, salt_for: SaltFor) -> PageView:
    """The view of a page without script. Raises Dropped."""
    if "prefetch" in envelope.purpose or "prerender" in envelope.purpose:
        raise Dropped(Reason.PREFETCH)
    if len(query) > MAX_BODY_BYTES:
        raise Dropped(Reason.TOO_LARGE)
    try:
        fields = {name: values[0] for name, values in parse_qs(query.decode("ascii"), max_num_fields=10).items()}
        beacon = msgspec.convert({"p": "", **fields}, Beacon)
    except (ValueError, msgspec.MsgspecError):
        raise Dropped(Reason.MALFORMED) from None
    if envelope.referer and not origin_of(envelope.referer, own_host=envelope.host).internal:
        raise Dropped(Reason.OTHER_SITE)
    token = _trust(beacon.t, path=_path(envelope.referer) or None, key=key)
    return _view(token, envelope, salt_for, referrer=beacon.r, navigation=beacon.n, scripted=False)


def _trust(text: str, *, path: str | None, key: bytes) -> PageToken:
    """The page as the CMS signed it, shown at ``path`` if that is known; a preview is shown at the editor's address."""
    try:
        token = verify(text, key=key)
    except BadToken:
        raise Dropped(Reason.BAD_TOKEN) from None
    if path is not None and path != token.path and token.audience != PREVIEW:
        raise Dropped(Reason.OTHER_PATH)
    return token


def _view(
    token: PageToken, envelope: Envelope, salt_for: SaltFor, *, referrer: str, navigation: str, scripted: bool
) -> PageView:
    agent = describe_agent(envelope.user_agent)
    origin = origin_of(referrer, own_host=envelope.host)
    return PageView(
        at=envelope.now,
        site=token.site,
        page_id=token.page_id,
        locale=token.locale,
        path=token.path,
        audience=_audience(token, agent.bot),
        visitor=_visitor(token, envelope, salt_for),
        visit=not origin.internal and navigation == "navigate",
        source=origin.source,
        browser=agent.browser,
        os=agent.os,
        device=agent.device,
        bot=agent.bot,
        scripted=scripted,
    )


def _heartbeat(token: PageToken, envelope: Envelope, salt_for: SaltFor) -> Heartbeat:
    return Heartbeat(
        at=envelope.now,
        site=token.site,
        page_id=token.page_id,
        audience=_audience(token, describe_agent(envelope.user_agent).bot),
        visitor=_visitor(token, envelope, salt_for),
    )


def _audience(token: PageToken, bot: str) -> str:
    return BOT if bot and token.audience == PUBLIC else token.audience


def _visitor(token: PageToken, envelope: Envelope, salt_for: SaltFor) -> int:
    """0 for readers who ask not to be followed (DNT, Global Privacy Control), and while the day has no salt."""
    salt = None if envelope.unidentified else salt_for(envelope.now / 1000)
    if salt is None:
        return 0
    return identify_visitor(salt, site=token.site, ip=envelope.ip, user_agent=envelope.user_agent)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
