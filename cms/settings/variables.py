"""The environment variables that the site reads by itself, and README's table of them."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pipeline.settings import SiteNames
from pipeline.variables import Row, Variable, as_address, as_amount, as_count, rows

PROVIDERS = ("youtube", "vimeo")
PREVIEW_PLACE = "{link}"


def as_providers(text: str) -> tuple[str, ...]:
    """Comma-separated names of ``PROVIDERS``."""
    names = tuple(part.strip() for part in text.split(","))
    if not set(names) <= set(PROVIDERS):
        raise ValueError(f"want names of {', '.join(PROVIDERS)}, separated by commas")
    return names


@dataclass(frozen=True)
class PageSettings:
    """How long pages are kept, and where."""

    memory_megabytes: Annotated[
        int,
        Variable(
            "NHIP_PAGE_MEMORY_MEGABYTES",
            as_amount,
            "memory for pages in a process, 1,400 articles; 1/4 more for the API; 0: none",
        ),
    ] = 32
    cdn_seconds: Annotated[
        int,
        Variable(
            "NHIP_CDN_SECONDS", as_amount, "seconds for which a cache before the site, such as a CDN, may keep a page"
        ),
    ] = 5
    purge_url: Annotated[
        str,
        Variable("NHIP_PURGE_URL", as_address, "that cache, if it takes PURGE requests, such as `http://varnish:6081`"),
    ] = ""


NEVER = "never"


def as_days(text: str) -> int | None:
    """Days from 0 up; None for "never"."""
    try:
        return None if text == NEVER else as_amount(text)
    except ValueError:
        raise ValueError(f"want a whole number of days from 0 up, or: {NEVER}") from None


@dataclass(frozen=True)
class SignInSettings:
    """Second factor and sessions of the admin."""

    second_factor_days: Annotated[
        int | None,
        Variable(
            "NHIP_SECOND_FACTOR_DAYS",
            as_days,
            "days without second factor for who may publish; `never`: not asked for",
        ),
    ] = 7
    idle_minutes: Annotated[
        int,
        Variable(
            "NHIP_SESSION_IDLE_MINUTES",
            as_count,
            "minutes without work after which a user is signed out: a working day",
        ),
    ] = 480


@dataclass(frozen=True)
class ReportSettings:
    """Programs that ask about traffic."""

    questions_per_minute: Annotated[
        int,
        Variable(
            "NHIP_REPORT_QUESTIONS_PER_MINUTE",
            as_amount,
            "questions a minute of one API token, in each process; 0: any number",
        ),
    ] = 60


def as_switch(text: str) -> bool:
    """`1` or `0`."""
    if text not in ("0", "1"):
        raise ValueError("want 1 or 0")
    return text == "1"


@dataclass(frozen=True)
class ApiSettings:
    """The site for other front ends."""

    requests_per_minute: Annotated[
        int,
        Variable(
            "NHIP_API_REQUESTS_PER_MINUTE",
            as_amount,
            "requests a minute of an address (IPv6: /56) to `/api/`; 0: no limit",
        ),
    ] = 1_200
    v3: Annotated[
        bool,
        Variable(
            "NHIP_API_V3",
            as_switch,
            "`1`: pages at `/api/v3/` too, in the form of Wagtail's preview of its API v3, which may change",
            shown="0",
        ),
    ] = False


def as_sender(text: str) -> str:
    """A mail address, with a name before it if wanted."""
    name, address = parseaddr(text)
    if "@" not in address.strip("@") or any(character in text for character in "\r\n"):
        raise ValueError("want a mail address, such as: Sở Công Thương <cong@example.gov.vn>")
    return formataddr((name, address))


@dataclass(frozen=True)
class WorkflowSettings:
    """Reviews of pages: deadlines, mails, how long drafts are kept."""

    review_days: Annotated[
        int,
        Variable(
            "NHIP_REVIEW_DAYS", as_amount, "working days for each stage of the approval of a page; 0: no deadline"
        ),
    ] = 2
    mail_from: Annotated[
        str,
        Variable(
            "NHIP_MAIL_FROM",
            as_sender,
            "sender of mails, `Sở Công Thương <cong@example.gov.vn>`",
            shown="nhip@ the public host",
        ),
    ] = ""
    draft_days: Annotated[
        int | None,
        Variable(
            "NHIP_DRAFT_DAYS",
            as_days,
            "days for which old versions of pages are kept",
            shown=NEVER,
        ),
    ] = None


FEWEST_AUDIT_DAYS = 30


def as_audit_days(text: str) -> int | None:
    """Days; None for "never". A slip of a key must not clear a log that nobody can write again."""
    days = as_days(text)
    if days is not None and days < FEWEST_AUDIT_DAYS:
        raise ValueError(f"want a whole number of days from {FEWEST_AUDIT_DAYS} up, or: {NEVER}")
    return days


@dataclass(frozen=True)
class AuditSettings:
    """Who did what in the admin."""

    days: Annotated[
        int | None,
        Variable("NHIP_AUDIT_DAYS", as_audit_days, "days for which the audit log is kept", shown=NEVER),
    ] = None


@dataclass(frozen=True)
class EmbedSettings:
    """Whom the server asks for the players of films."""

    embeds: Annotated[
        tuple[str, ...],
        Variable(
            "NHIP_EMBEDS", as_providers, "whose films pages show: `youtube`, `vimeo`, by commas", shown="none: links"
        ),
    ] = ()


@dataclass(frozen=True)
class WebhookSettings:
    """Events of pages, sent to other programs."""

    days: Annotated[
        int,
        Variable(
            "NHIP_WEBHOOK_DAYS",
            as_count,
            "days for which a webhook is tried again; a receiver that fails as long is switched off",
        ),
    ] = 3
    kept_days: Annotated[
        int,
        Variable("NHIP_WEBHOOK_KEPT_DAYS", as_count, "days for which the admin shows what was sent"),
    ] = 30
    inner: Annotated[
        bool,
        Variable(
            "NHIP_WEBHOOK_INNER",
            as_switch,
            "`1`: webhooks may go to addresses of the own network, and by http",
            shown="0",
        ),
    ] = False


def as_preview_address(text: str) -> str:
    """An address with a place for the link."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or PREVIEW_PLACE not in text:
        raise ValueError(f"want an address with {PREVIEW_PLACE}, such as https://app.example.vn/preview?link={{link}}")
    return text


@dataclass(frozen=True)
class PreviewSettings:
    """Links by which a front end elsewhere shows a draft."""

    url: Annotated[
        str,
        Variable(
            "NHIP_PREVIEW_URL",
            as_preview_address,
            "where a front end shows drafts, `https://app.example.vn/see?link={link}`",
            shown="none",
        ),
    ] = ""
    hours: Annotated[int, Variable("NHIP_PREVIEW_HOURS", as_count, "hours for which the link to a draft is good")] = 48


ROWS = (
    *rows(SiteNames),
    Row("NHIP_ADMIN_PASSWORD", "random, shown once", "password of the user `admin`, for the first start only"),
    Row("NHIP_SECRET_KEY", "made once, in `django.key`", "signs sessions and forms, at least 32 characters"),
    Row("DATABASE_URL", "SQLite in the data directory", "the CMS database, `postgres://user:password@host:5432/nhip`"),
    *rows(SignInSettings),
    *rows(PageSettings),
    *rows(ApiSettings),
    *rows(ReportSettings),
    *rows(EmbedSettings),
    *rows(WorkflowSettings),
    *rows(AuditSettings),
    *rows(WebhookSettings),
    *rows(PreviewSettings),
    Row("EMAIL_URL", "none: no mail is sent", "mail server, `smtp://user:password@host:port`"),
)
