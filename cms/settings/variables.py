"""The environment variables that the site reads by itself, and README's table of them."""

from dataclasses import dataclass
from typing import Annotated

from pipeline.settings import SiteNames
from pipeline.variables import Row, Variable, as_address, as_amount, as_count, rows

PROVIDERS = ("youtube", "vimeo")


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
            "memory for rendered pages in each process, 1,400 articles; 0: none",
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


@dataclass(frozen=True)
class EmbedSettings:
    """Whom the server asks for the players of films."""

    embeds: Annotated[
        tuple[str, ...],
        Variable(
            "NHIP_EMBEDS", as_providers, "whose films pages show: `youtube`, `vimeo`, by commas", shown="none: links"
        ),
    ] = ()


ROWS = (
    *rows(SiteNames),
    Row("NHIP_ADMIN_PASSWORD", "random, shown once", "password of the user `admin`, for the first start only"),
    Row("NHIP_SECRET_KEY", "made once, in `django.key`", "signs sessions and forms, at least 32 characters"),
    Row("DATABASE_URL", "SQLite in the data directory", "the CMS database, `postgres://user:password@host:5432/nhip`"),
    *rows(SignInSettings),
    *rows(PageSettings),
    *rows(ReportSettings),
    *rows(EmbedSettings),
    Row("EMAIL_URL", "none: no mail is sent", "mail server, `smtp://user:password@host:port`"),
)
