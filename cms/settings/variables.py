"""The environment variables that the site reads by itself, and README's table of them."""

from dataclasses import dataclass
from typing import Annotated

from pipeline.settings import SiteNames
from pipeline.variables import Row, Variable, as_address, as_amount, rows


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


ROWS = (
    *rows(SiteNames),
    Row("NHIP_ADMIN_PASSWORD", "random, shown once", "password of the user `admin`, for the first start only"),
    Row("NHIP_SECRET_KEY", "made once, in `django.key`", "signs sessions and forms, at least 32 characters"),
    Row("DATABASE_URL", "SQLite in the data directory", "the CMS database, `postgres://user:password@host:5432/nhip`"),
    *rows(PageSettings),
    Row("EMAIL_URL", "none: no mail is sent", "mail server, `smtp://user:password@host:port`"),
)
