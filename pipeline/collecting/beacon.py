"""A request's parts and the time in, one event or a refusal out; touches no socket.

A script posts a beacon; a browser without script asks for a pixel. Each goes through a list of steps, in order: a step
refuses the request for its own reason, or adds what it knows to the draft. Nothing is believed about the page but the
signed token; the visitor, the agent and the source come from the envelope.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from pipeline.collecting.enrich.agents import Agent, describe_agent
from pipeline.collecting.enrich.referrers import Origin, is_own_origin, origin_of
from pipeline.collecting.enrich.visitors import identify_visitor
from pipeline.errors import BadToken
from pipeline.events import BOT, PREVIEW, PUBLIC, Heartbeat, PageView
from pipeline.tokens import PageToken, verify

MAX_BODY_BYTES = 8192
SENT_TYPE = b"text/plain;charset=UTF-8"  # by every browser
TYPES = (b"text/plain", b"application/json")

SaltFor = Callable[[float], bytes | None]


class Reason(StrEnum):
    """Why a beacon is refused: the value of ``X-Nhip`` and of the metric's label, with the HTTP status.

    ``retriable``: surely not stored, so the sender may send it again.
    """

    status: int
    retriable: bool

    def __new__(cls, name: str, status: int, retriable: bool = False) -> "Reason":
        reason = str.__new__(cls, name)
        reason._value_ = name
        reason.status = status
        reason.retriable = retriable
        return reason

    WRONG_METHOD = "wrong-method", 405
    WRONG_TYPE = "wrong-type", 415
    TOO_LARGE = "too-large", 413
    MALFORMED = "malformed", 400
    BAD_TOKEN = "bad-token", 403
    OTHER_PATH = "other-path", 403
    OTHER_SITE = "other-site", 403
    PREFETCH = "prefetch", 403
    OVERLOADED = "overloaded", 503, True
    SPOOL_FULL = "spool-full", 503, True
    NOT_DURABLE = "not-durable", 503
    STOPPING = "stopping", 503, True


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


class Draft(msgspec.Struct, gc=False):
    """A request on its way to an event: ``sent`` (body or query), envelope and keys first, the rest step by step."""

    sent: bytes
    envelope: Envelope
    key: bytes
    salt_for: SaltFor
    beacon: Beacon = Beacon(t="", p="")
    token: PageToken = PageToken(0, 0, "", "")
    agent: Agent = Agent("", "", "", "")
    audience: str = ""
    visitor: int = 0
    origin: Origin = Origin(internal=False, source="")


def parse_beacon(body: bytes, envelope: Envelope, *, key: bytes, salt_for: SaltFor) -> PageView | Heartbeat:
    """The event of a posted beacon. Raises Dropped."""
    draft = Draft(body, envelope, key, salt_for)
    for step in BEACON_STEPS:
        step(draft)
    return _heartbeat(draft) if draft.beacon.h else _view(draft, scripted=True)


def parse_pixel(query: bytes, envelope: Envelope, *, key: bytes, salt_for: SaltFor) -> PageView:
    """The view of a page without script. Raises Dropped."""
    draft = Draft(query, envelope, key, salt_for)
    for step in PIXEL_STEPS:
        step(draft)
    return _view(draft, scripted=False)


# the steps that refuse


def refuse_wrong_type(draft: Draft) -> None:
    given = draft.envelope.content_type
    if given != SENT_TYPE and given.partition(b";")[0].strip().lower() not in TYPES:
        raise Dropped(Reason.WRONG_TYPE)


def refuse_prefetch(draft: Draft) -> None:
    purpose = draft.envelope.purpose
    if "prefetch" in purpose or "prerender" in purpose:
        raise Dropped(Reason.PREFETCH)


def refuse_too_large(draft: Draft) -> None:
    if len(draft.sent) > MAX_BODY_BYTES:
        raise Dropped(Reason.TOO_LARGE)


def read_body(draft: Draft) -> None:
    try:
        draft.beacon = _decode(draft.sent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Dropped(Reason.MALFORMED) from None


def read_query(draft: Draft) -> None:
    try:
        query = draft.sent.decode("ascii")
        fields = {name: values[0] for name, values in parse_qs(query, max_num_fields=10).items()}
        draft.beacon = msgspec.convert({"p": "", **fields}, Beacon)
    except (ValueError, msgspec.MsgspecError):
        raise Dropped(Reason.MALFORMED) from None


def refuse_other_origin(draft: Draft) -> None:
    """A script of another site says so in the header Origin."""
    envelope = draft.envelope
    if envelope.origin and not is_own_origin(envelope.origin, own_host=envelope.host):
        raise Dropped(Reason.OTHER_SITE)


def refuse_other_referer(draft: Draft) -> None:
    """A pixel on a page of another site says so in the header Referer."""
    envelope = draft.envelope
    if envelope.referer and not origin_of(envelope.referer, own_host=envelope.host).internal:
        raise Dropped(Reason.OTHER_SITE)


def trust_token(draft: Draft) -> None:
    """The page as the CMS signed it."""
    try:
        draft.token = verify(draft.beacon.t, key=draft.key)
    except BadToken:
        raise Dropped(Reason.BAD_TOKEN) from None


def refuse_other_path(draft: Draft) -> None:
    """The page's token on another page; a preview appears at the editor's address."""
    if draft.beacon.p != draft.token.path and draft.token.audience != PREVIEW:
        raise Dropped(Reason.OTHER_PATH)


def refuse_other_referer_path(draft: Draft) -> None:
    """The same for a pixel, whose page is known by its referrer or not at all."""
    path = _path(draft.envelope.referer)
    if path and path != draft.token.path and draft.token.audience != PREVIEW:
        raise Dropped(Reason.OTHER_PATH)


# the steps that add


def put_agent(draft: Draft) -> None:
    draft.agent = agent = describe_agent(draft.envelope.user_agent)
    audience = draft.token.audience
    draft.audience = BOT if agent.bot and audience == PUBLIC else audience


def put_visitor(draft: Draft) -> None:
    """0 for readers who ask not to be followed (DNT, Global Privacy Control), and while the day has no salt."""
    envelope = draft.envelope
    salt = None if envelope.unidentified else draft.salt_for(envelope.now / 1000)
    if salt is None:
        draft.visitor = 0
    else:
        draft.visitor = identify_visitor(salt, site=draft.token.site, ip=envelope.ip, user_agent=envelope.user_agent)


def put_origin(draft: Draft) -> None:
    draft.origin = origin_of(draft.beacon.r, own_host=draft.envelope.host)


BEACON_STEPS = (
    refuse_wrong_type,
    refuse_too_large,
    read_body,
    refuse_other_origin,
    trust_token,
    refuse_other_path,
    put_agent,
    put_visitor,
    put_origin,
)
PIXEL_STEPS = (
    refuse_prefetch,
    refuse_too_large,
    read_query,
    refuse_other_referer,
    trust_token,
    refuse_other_referer_path,
    put_agent,
    put_visitor,
    put_origin,
)


# the event


def _view(draft: Draft, *, scripted: bool) -> PageView:
    token, agent, origin = draft.token, draft.agent, draft.origin
    return PageView(
        at=draft.envelope.now,
        site=token.site,
        page_id=token.page_id,
        locale=token.locale,
        path=token.path,
        audience=draft.audience,
        visitor=draft.visitor,
        visit=not origin.internal and draft.beacon.n == "navigate",
        source=origin.source,
        browser=agent.browser,
        os=agent.os,
        device=agent.device,
        bot=agent.bot,
        scripted=scripted,
    )


def _heartbeat(draft: Draft) -> Heartbeat:
    return Heartbeat(
        at=draft.envelope.now,
        site=draft.token.site,
        page_id=draft.token.page_id,
        audience=draft.audience,
        visitor=draft.visitor,
    )


_decode = msgspec.json.Decoder(Beacon).decode


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
