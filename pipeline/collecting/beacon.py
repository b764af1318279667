"""A request's parts and the time in, one event or a refusal out; touches no socket.

The script posts a beacon; a browser without script asks for a pixel. Another script posts what a reader does on a page
as an act. Each goes through a list of steps, in order: a step refuses the request for its own reason, or adds its part
to the draft. The page comes from the signed token alone; the visitor, the agent and the time come from the envelope.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from math import ceil
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.enrich.agents import Agent, describe_agent
from pipeline.collecting.enrich.campaigns import NO_CAMPAIGN, Campaign, campaign_of
from pipeline.collecting.enrich.channels import channel_of
from pipeline.collecting.enrich.languages import first_language
from pipeline.collecting.enrich.places import UNKNOWN, Place, PlaceOf, places
from pipeline.collecting.enrich.referrers import Origin, OwnNames, origin_of
from pipeline.collecting.enrich.targets import FILES, host_of, path_of, search_of
from pipeline.collecting.enrich.visitors import identify_reader, identify_visitor, networks_of
from pipeline.collecting.limits import Limits
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.errors import BadToken
from pipeline.events import (
    BOT,
    PREVIEW,
    PUBLIC,
    RATE,
    READERS,
    SEEN_STEP_SECONDS,
    STAFF,
    Download,
    Engagement,
    Heartbeat,
    NotFound,
    Outbound,
    PageView,
    ReaderEvent,
    Search,
)
from pipeline.periods import ONLINE_SECONDS, local_date
from pipeline.staff import cookie_name, days_left, value_in
from pipeline.tokens import SEARCH, AnswerToken, PageToken, verify

MAX_BODY_BYTES = 16_384  # the longest token and path, and a long referrer
SENT_TYPE = b"text/plain;charset=UTF-8"  # by every browser
TYPES = (b"text/plain", b"application/json")
# Wagtail's forms that stand before a page: they have no beacon, so that nobody's visit began there.
FORMS = "/_util/", "/documents/authenticate_with_password/"
MAX_ID_CHARS = 40
MAX_LINK_CHARS = 2_000
MAX_SECONDS = 1_800  # of an act: nobody reads one page for longer at a time

SaltFor = Callable[[float], bytes | None]


class Knowledge(NamedTuple):
    """What a collector knows beside a request.

    ``keys`` sign page tokens, the present one first. ``salt_for`` a Unix second: the day's salt, None while there is
    none. ``visitors``: those of the last hours. ``limits``: how much a network may send. ``texts`` and ``campaigns``:
    those of today. ``names``: the site's. ``undated_until``: for how long tokens without an hour are believed, in Unix
    seconds. ``place_of``: where a network is. ``staff_cookie``: the name of the cookie of the site's own staff.
    """

    keys: tuple[bytes, ...]
    salt_for: SaltFor
    visitors: RecentVisitors
    limits: Limits
    names: OwnNames
    undated_until: float
    campaigns: CampaignsToday
    texts: Texts
    place_of: PlaceOf = places()
    staff_cookie: str = cookie_name("")


class Reason(StrEnum):
    """Why a beacon or a pixel is refused: the value of ``X-Nhip`` and of the metric's label, with its HTTP status.

    ``retriable``: the event is surely not stored, so the sender may send it again.
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
    WRONG_TYPE = "wrong-type", 415  # a content type that the script never sends
    TOO_LARGE = "too-large", 413
    MALFORMED = "malformed", 400  # no beacon, or a field with a value that no script sends
    BAD_TOKEN = "bad-token", 403  # not signed with this site's key
    OLD_TOKEN = "old-token", 403  # of a page that was rendered more than a day ago
    OTHER_PATH = "other-path", 403  # the token of another page
    OTHER_SITE = "other-site", 403  # a page of another site
    PREFETCH = "prefetch", 403  # a page that nobody sees yet
    TOO_MANY = "too-many", 429  # more from one network of addresses than an office sends
    NOT_VIEWED = "not-viewed", 403  # a heartbeat of a reader who has viewed nothing, or an act on a page not viewed
    OVERLOADED = "overloaded", 503, True  # too many events wait for the log
    SPOOL_FULL = "spool-full", 503, True  # Kafka is away, and the spool has no room
    NOT_STORED = "not-stored", 503, True  # the log's disk takes nothing: it is full, read-only or damaged
    NOT_DURABLE = "not-durable", 503  # the log did not answer: nobody knows whether it has the event
    STOPPING = "stopping", 503, True  # the collector shuts down


class Dropped(Exception):
    """This request is not counted, for ``reason``. ``page_id``: of its token, if that was believed."""

    page_id = 0

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Envelope(msgspec.Struct, frozen=True):
    """The request around a beacon. ``now`` is Unix milliseconds; the other fields are its headers', or empty.

    ``referer``: the page that asks; where its reader came from is ``Beacon.r``. ``fetched_from``: the header
    Sec-Fetch-Site, by which browsers say themselves whether a page of the same site asks.
    """

    now: int
    ip: str
    host: str = ""
    forwarded_host: str = ""
    fetched_from: str = ""
    origin: str = ""
    referer: str = ""
    cookie: str = ""
    user_agent: str = ""
    accept_language: str = ""
    content_type: bytes = b""
    purpose: str = ""
    unidentified: bool = False


class Beacon(msgspec.Struct, frozen=True):
    """The body: token, path, referrer, kind of navigation, heartbeat; one letter each, to send few bytes.

    ``i``: the display's id; an older script sends none.
    """

    t: str
    p: str
    r: str = ""
    n: Literal["navigate", "reload", "back_forward"] = "navigate"
    h: Literal[0, 1] = 0
    i: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)] = ""


class Act(msgspec.Struct, frozen=True, array_like=True):
    """What a reader did on a page that was counted before: left it for now, or followed its link. The body is an array.

    Token, path, referrer and id as of Beacon; the id is the act's. ``seconds`` that the page was visible and ``depth``,
    how many percent of it were seen, are since the act before. ``link``: a file's path, or another site's origin.
    """

    token: str
    path: str
    referrer: str
    id: Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)]
    seconds: Annotated[int, msgspec.Meta(ge=0, le=MAX_SECONDS)] = 0
    depth: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    link: Annotated[str, msgspec.Meta(max_length=MAX_LINK_CHARS)] = ""


class Draft(msgspec.Struct, gc=False):
    """A request on its way to an event. ``sent`` is the body or the query; the steps fill in the other fields."""

    sent: bytes
    envelope: Envelope
    known: Knowledge
    beacon: Beacon = Beacon(t="", p="")
    act: Act = Act("", "", "", "")
    token: PageToken = PageToken(0, 0, "", "")
    names: OwnNames = OwnNames(frozenset())
    household: str = ""
    customer: str = ""
    agent: Agent = Agent("", "", "", "")
    audience: str = ""
    visitor: int = 0
    reader: int = 0
    suspect: str = ""
    seen_ago: int = 0
    origin: Origin = Origin(internal=False, source="")
    campaign: Campaign = NO_CAMPAIGN
    channel: str = ""
    language: str = ""
    place: Place = UNKNOWN
    visit: bool = False
    target: str = ""


class Told(msgspec.Struct, frozen=True, gc=False):
    """An event, and the display that it tells of: a request that tells of the same one is a repeat. A heartbeat, and a
    view of an older script, tell of none; an act is known by its own id."""

    event: ReaderEvent
    display: int = 0


def parse_beacon(body: bytes, envelope: Envelope, known: Knowledge) -> Told:
    """The event of a posted beacon. Raises Dropped."""
    draft = Draft(body, envelope, known)
    _take(BEACON_STEPS, draft)
    beacon = draft.beacon
    if beacon.h:
        return Told(_heartbeat(draft))
    event = _view(draft, scripted=True) if draft.token.page_id else _answer(draft, scripted=True)
    return Told(event, hash((beacon.i, draft.token.page_id)) if beacon.i else 0)


def parse_pixel(query: bytes, envelope: Envelope, known: Knowledge) -> Told:
    """The view of a page without script. Raises Dropped.

    All readers get the same HTML, so a display is known by its reader: a proxy that asks again sends the same headers.
    """
    draft = Draft(query, envelope, known)
    _take(PIXEL_STEPS, draft)
    display = hash((query, envelope.ip, envelope.user_agent, envelope.referer))
    event = _view(draft, scripted=False) if draft.token.page_id else _answer(draft, scripted=False)
    return Told(event, display)


def parse_act(body: bytes, envelope: Envelope, known: Knowledge) -> Told:
    """The event of a posted act. Raises Dropped."""
    draft = Draft(body, envelope, known)
    _take(ACT_STEPS, draft)
    return Told(_act(draft), hash((draft.act.id, draft.token.page_id)) if draft.act.id else 0)


def _take(steps: Sequence[Callable[[Draft], None]], draft: Draft) -> None:
    try:
        for step in steps:
            step(draft)
    except Dropped as refusal:
        refusal.page_id = draft.token.page_id
        raise


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


def read_act(draft: Draft) -> None:
    """A link leads to a file of the site or to another site; without a link the reader left, after a second or more."""
    try:
        draft.act = act = _decode_act(draft.sent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Dropped(Reason.MALFORMED) from None
    if act.link and not act.link.startswith(FILES) and not host_of(act.link):
        raise Dropped(Reason.MALFORMED)
    if bool(act.link) == bool(act.seconds or act.depth):
        raise Dropped(Reason.MALFORMED)
    draft.beacon = Beacon(t=act.token, p=act.path, r=act.referrer, i=act.id)


def read_query(draft: Draft) -> None:
    try:
        fields = parse_qsl(draft.sent.decode("ascii"), max_num_fields=10)
        draft.beacon = msgspec.convert({"p": "", **dict(reversed(fields))}, Beacon)  # the first of a name holds
    except (ValueError, msgspec.MsgspecError):
        raise Dropped(Reason.MALFORMED) from None


def refuse_other_origin(draft: Draft) -> None:
    """The header Origin names the site of the script."""
    _refuse_other_site(draft, draft.envelope.origin)


def refuse_pixel_of_other_site(draft: Draft) -> None:
    """The header Referer names the page of the pixel; a page that lets no browser send it is of another site."""
    _refuse_other_site(draft, draft.envelope.referer)


def trust_token(draft: Draft) -> None:
    """Take the page from the token, as the CMS signed it."""
    present, *before = draft.known.keys
    try:
        draft.token = verify(draft.beacon.t, present)
    except BadToken:
        for key in before:
            with suppress(BadToken):
                draft.token = verify(draft.beacon.t, key)
                return
        raise Dropped(Reason.BAD_TOKEN) from None


def refuse_old_token(draft: Draft) -> None:
    now = draft.envelope.now / 1000
    hour = draft.token.hour
    if draft.token.is_old(now) if hour else now >= draft.known.undated_until:
        raise Dropped(Reason.OLD_TOKEN)


def refuse_other_path(draft: Draft) -> None:
    """A token is good on its own page only. A preview is shown at the editor's address."""
    if not _is_same_path(draft.beacon.p, draft.token.path) and draft.token.audience != PREVIEW:
        raise Dropped(Reason.OTHER_PATH)


def refuse_pixel_of_other_path(draft: Draft) -> None:
    """The same for a pixel, which knows its page from the header Referer or not at all.

    A front end elsewhere has addresses of its own, and browsers tell us its origin alone.
    """
    referer = draft.envelope.referer
    path = "" if draft.names.have_front_end(referer) else _path(referer)
    if path and not _is_same_path(path, draft.token.path) and draft.token.audience != PREVIEW:
        raise Dropped(Reason.OTHER_PATH)


def refuse_flood(draft: Draft) -> None:
    draft.household, draft.customer = networks_of(draft.envelope.ip)
    if not draft.known.limits.events.passes(draft.customer, draft.envelope.now):
        raise Dropped(Reason.TOO_MANY)


def refuse_heartbeat_without_view(draft: Draft) -> None:
    """After a start, readers of before it are believed: as many of one network as it may have new ones."""
    known, now, reader = draft.known, draft.envelope.now, draft.reader
    if not draft.beacon.h or not reader or known.visitors.last_seen(reader) is not None:
        return
    if not known.visitors.may_keep_open(reader, now) or not known.limits.new_readers.passes(draft.customer, now):
        raise Dropped(Reason.NOT_VIEWED)


def refuse_act_without_view(draft: Draft) -> None:
    """No page was viewed where the site answered that there is none."""
    page_id = draft.token.page_id
    if not page_id or not draft.known.visitors.may_act_on(draft.reader, page_id, draft.envelope.now):
        raise Dropped(Reason.NOT_VIEWED)


# the steps that add


def put_names(draft: Draft) -> None:
    """The site's names, with those of this request. Where the browser says that a page of the same site asks, that page
    has one of them, too."""
    envelope = draft.envelope
    asked = [envelope.host, draft.token.host]
    if envelope.forwarded_host:
        asked.append(
            envelope.forwarded_host.partition(",")[0].strip()
        )  # the first of several proxies heard the browser
    if envelope.fetched_from == "same-origin":
        asked += envelope.origin.partition("//")[2], envelope.referer.partition("//")[2]
    draft.names = draft.known.names.and_asked(asked)


def put_agent(draft: Draft) -> None:
    draft.agent = agent = describe_agent(draft.envelope.user_agent)
    audience = draft.token.audience
    draft.audience = BOT if agent.bot and audience == PUBLIC else audience


def put_staff(draft: Draft) -> None:
    """The site's own people are no public readers, signed in or not: their browsers have a cookie that says so. The
    page's token says public to them too, since all readers get the same page. A cookie that is not believed is none."""
    known, cookies = draft.known, draft.envelope.cookie
    if cookies and draft.token.audience == PUBLIC:
        value = value_in(cookies, known.staff_cookie)
        if value and days_left(value, known.keys, draft.envelope.now / 1000):
            draft.audience = STAFF


def put_visitor(draft: Draft) -> None:
    """It stays 0 for readers who ask not to be followed (DNT, Global Privacy Control), or while the day has no salt."""
    envelope = draft.envelope
    salt = None if envelope.unidentified else draft.known.salt_for(envelope.now / 1000)
    if salt is None:
        return
    site, household, agent = draft.token.site, draft.household, envelope.user_agent
    draft.visitor = identify_visitor(salt, site=site, household=household, user_agent=agent)
    draft.reader = identify_reader(site=site, household=household, user_agent=agent, audience=draft.audience)


def put_suspicion(draft: Draft) -> None:
    """More views of a page, or more new readers, than one network has are stored, and in no public number."""
    if draft.beacon.h or draft.audience != PUBLIC:
        return
    known, now, customer = draft.known, draft.envelope.now, draft.customer
    if not known.limits.page_views.passes((customer, draft.token.page_id), now):
        draft.suspect = RATE
    elif draft.reader and known.visitors.last_seen(draft.reader) is None:
        draft.suspect = "" if known.limits.new_readers.passes(customer, now) else READERS
    if draft.suspect:
        draft.audience = BOT


def put_suspicion_of_act(draft: Draft) -> None:
    """The same for more acts on a page."""
    key = draft.customer, draft.token.page_id
    if draft.audience == PUBLIC and not draft.known.limits.page_acts.passes(key, draft.envelope.now):
        draft.suspect, draft.audience = RATE, BOT


def put_last_seen(draft: Draft) -> None:
    """Midnight gives a reader another number: say of the first event after it that the reader is none more.

    A suspect view makes no reader known, so that no heartbeat can follow it; nor does an answer that is no page.
    """
    visitors, now, reader = draft.known.visitors, draft.envelope.now, draft.reader
    if draft.suspect or not reader or not draft.token.page_id:
        return
    last = visitors.last_seen(reader)
    if (
        last is not None
        and 0 < now - last < ONLINE_SECONDS * 1000
        and local_date(last / 1000) != local_date(now / 1000)
    ):
        draft.seen_ago = ceil((now - last) / (SEEN_STEP_SECONDS * 1000))
    visitors.note(reader, now)
    if not draft.beacon.h:
        visitors.note_page(reader, draft.token.page_id, now)


def put_origin(draft: Draft) -> None:
    """A heartbeat has no source, since its view had one."""
    if not draft.beacon.h:
        draft.origin = origin_of(draft.beacon.r, draft.names)


def put_campaign(draft: Draft) -> None:
    """From the query of the page's own address, which its beacon and its pixel have in the header Referer.

    The address of any other page says nothing of this view.
    """
    page = draft.envelope.referer
    if draft.beacon.h or (campaign := campaign_of(page)) == NO_CAMPAIGN:
        return
    if origin_of(page, draft.names).internal and _is_same_path(_path(page), draft.token.path):
        draft.campaign = campaign


def put_channel(draft: Draft) -> None:
    """A page that leads to itself does not say where its reader came from; its campaign does."""
    if not draft.beacon.h:
        origin, campaign = draft.origin, draft.campaign
        internal = origin.internal and (campaign == NO_CAMPAIGN or not _leads_to_itself(draft))
        draft.channel = channel_of(origin.source, internal=internal, campaign=campaign)


def put_bounds_on_campaigns(draft: Draft) -> None:
    """Only a reader's view makes a campaign known; what else comes in its name is under ``other``."""
    if draft.campaign != NO_CAMPAIGN:
        known, now, customer = draft.known.campaigns, draft.envelope.now, draft.customer
        is_readers = draft.audience == PUBLIC
        draft.campaign = known.admit(draft.campaign, network=customer, now_ms=now, may_be_new=is_readers)


def put_language(draft: Draft) -> None:
    if not draft.beacon.h:
        draft.language = first_language(draft.envelope.accept_language)


def put_place(draft: Draft) -> None:
    if not draft.beacon.h:
        draft.place = draft.known.place_of(draft.household)


def put_visit(draft: Draft) -> None:
    """A visit begins with a view whose reader came from elsewhere.

    A page that was loaded again, or whose referrer is itself, does not say where its reader came from: a front that
    checks browsers reloads it, a form for a password leads back to it, from its own address after a wrong one. Then a
    visit begins with the first view of a visitor in a while. Who opened the same page seconds ago is on that visit.
    """
    _judge_visit(draft, says_whence=draft.beacon.n == "navigate" and not _leads_to_itself(draft))


def put_visit_of_pixel(draft: Draft) -> None:
    """The same for a pixel, which says nothing without a referrer, since many readers get the same page."""
    says_whence = draft.origin.internal or bool(draft.origin.source)
    _judge_visit(draft, says_whence=says_whence and draft.beacon.n == "navigate" and not _leads_to_itself(draft))


def put_target(draft: Draft) -> None:
    """The file or the host that a link leads to."""
    link = draft.act.link
    if link.startswith(FILES):
        draft.target = _take_text(draft, "file", path_of(link))
    elif link:
        draft.target = _take_text(draft, "host", host_of(link))


BEACON_STEPS = (
    refuse_wrong_type,
    refuse_too_large,
    read_body,
    trust_token,
    refuse_old_token,
    put_names,
    refuse_other_origin,
    refuse_other_path,
    refuse_flood,
    put_agent,
    put_staff,
    put_visitor,
    refuse_heartbeat_without_view,
    put_suspicion,
    put_origin,
    put_campaign,
    put_channel,
    put_bounds_on_campaigns,
    put_language,
    put_place,
    put_visit,
    put_last_seen,
)
PIXEL_STEPS = (
    refuse_prefetch,
    refuse_too_large,
    read_query,
    trust_token,
    refuse_old_token,
    put_names,
    refuse_pixel_of_other_site,
    refuse_pixel_of_other_path,
    refuse_flood,
    put_agent,
    put_staff,
    put_visitor,
    put_suspicion,
    put_origin,
    put_campaign,
    put_channel,
    put_bounds_on_campaigns,
    put_language,
    put_place,
    put_visit_of_pixel,
    put_last_seen,
)
ACT_STEPS = (
    refuse_wrong_type,
    refuse_too_large,
    read_act,
    trust_token,
    refuse_old_token,
    put_names,
    refuse_other_origin,
    refuse_other_path,
    refuse_flood,
    put_agent,
    put_staff,
    put_visitor,
    refuse_act_without_view,
    put_suspicion_of_act,
    put_origin,
    put_campaign,
    put_channel,
    put_bounds_on_campaigns,
    put_language,
    put_place,
    put_target,
)


# the event


def _view(draft: Draft, *, scripted: bool) -> PageView:
    token, agent, campaign = draft.token, draft.agent, draft.campaign
    return PageView(
        at=draft.envelope.now,
        site=token.site,
        page_id=token.page_id,
        locale=token.locale,
        path=token.path,
        audience=draft.audience,
        visitor=draft.visitor,
        visit=draft.visit,
        source=draft.origin.source,
        channel=draft.channel,
        campaign=campaign.name,
        campaign_source=campaign.source,
        campaign_medium=campaign.medium,
        browser=agent.browser,
        os=agent.os,
        device=agent.device,
        language=draft.language,
        country=draft.place.country,
        province=draft.place.province,
        bot=agent.bot,
        bot_kind=agent.bot_kind,
        bot_operator=agent.bot_operator,
        scripted=scripted,
        suspect=draft.suspect,
        seen_ago=draft.seen_ago,
    )


def _heartbeat(draft: Draft) -> Heartbeat:
    return Heartbeat(
        at=draft.envelope.now,
        site=draft.token.site,
        page_id=draft.token.page_id,
        audience=draft.audience,
        visitor=draft.visitor,
        seen_ago=draft.seen_ago,
    )


def _answer(draft: Draft, *, scripted: bool) -> Search | NotFound:
    """The link to a page that is not there may be on the site itself; its path is in no field but ``target``."""
    token, fields = draft.token, _done(draft) | {"scripted": scripted}
    if isinstance(token, AnswerToken) and token.answer == SEARCH:
        return Search(**fields, target=_take_text(draft, "search", search_of(token.words)))
    fields["path"] = ""
    if draft.origin.internal:
        fields["source"] = token.host
    return NotFound(**fields, target=_take_text(draft, "path", path_of(token.path)))


def _act(draft: Draft) -> Engagement | Download | Outbound:
    act, fields = draft.act, _done(draft) | {"scripted": True}
    if not act.link:
        return Engagement(**fields, seconds=act.seconds, depth=act.depth)
    if act.link.startswith(FILES):
        return Download(**fields, target=draft.target)
    return Outbound(**fields, target=draft.target)


def _done(draft: Draft) -> dict[str, Any]:
    """What the events of what a reader did have in common."""
    token, agent = draft.token, draft.agent
    return {
        "at": draft.envelope.now,
        "site": token.site,
        "page_id": token.page_id,
        "locale": token.locale,
        "path": token.path,
        "audience": draft.audience,
        "visitor": draft.visitor,
        "source": draft.origin.source,
        "channel": draft.channel,
        "campaign": draft.campaign.name,
        "campaign_source": draft.campaign.source,
        "campaign_medium": draft.campaign.medium,
        "browser": agent.browser,
        "os": agent.os,
        "device": agent.device,
        "language": draft.language,
        "country": draft.place.country,
        "province": draft.place.province,
        "bot": agent.bot,
        "bot_kind": agent.bot_kind,
        "bot_operator": agent.bot_operator,
        "suspect": draft.suspect,
    }


def _take_text(draft: Draft, kind: str, text: str) -> str:
    """``text``, or what stands for the many. Bots bring in no new one."""
    network = "" if draft.audience == BOT else draft.customer
    return draft.known.texts.take(kind, text, network=network, now_ms=draft.envelope.now)


_decode = msgspec.json.Decoder(Beacon).decode
_decode_act = msgspec.json.Decoder(Act).decode


def _is_same_path(sent: str, signed: str) -> bool:
    """As the site's router sees them, which decodes an address: ``/tin%2Dtuc/`` is ``/tin-tuc/``."""
    return sent == signed or unquote(sent) == unquote(signed)


def _refuse_other_site(draft: Draft, page: str) -> None:
    """Believe the browser, which knows the name under which it has the page; else compare ``page`` with our names.

    A front end elsewhere is known by its origin alone, whatever browsers say of it.
    """
    fetched_from = draft.envelope.fetched_from
    if fetched_from == "same-origin" or (page and draft.names.have_front_end(page)):
        return
    if fetched_from == "cross-site" or (page and not origin_of(page, draft.names).internal):
        raise Dropped(Reason.OTHER_SITE)


def _judge_visit(draft: Draft, *, says_whence: bool) -> None:
    visitors, now, reader = draft.known.visitors, draft.envelope.now, draft.reader
    if draft.beacon.h or draft.beacon.n == "back_forward" or visitors.has_just_opened(reader, draft.token.page_id, now):
        return
    draft.visit = not draft.origin.internal if says_whence else not visitors.came_lately(reader, now)


def _leads_to_itself(draft: Draft) -> bool:
    path = _path(draft.beacon.r)
    return draft.origin.internal and (_is_same_path(path, draft.token.path) or path.startswith(FORMS))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
