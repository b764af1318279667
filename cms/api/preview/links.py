"""Links: who made one has signed that it opens the latest draft of one page, until its time is over.

A link goes with its page, with NHIP_SECRET_KEY, and when its editors revoke the links of the page.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from wagtail.models import Page

from cms.api.preview.models import PreviewNumber, a_number
from cms.settings.variables import PREVIEW_PLACE

PURPOSE = "nhip.preview"
LONGEST = 200  # letters


class NoLink(Exception):
    """Nobody signed this, or its page is gone."""


class Over(Exception):
    """It was good once: its time is over, or it was revoked."""


def make_link(page: Page) -> str:
    """The signed part of an address; letters, digits and ``-_~``."""
    row, _made = PreviewNumber.objects.get_or_create(page_id=page.pk)
    return _signer().sign(f"{page.pk}-{row.number}")


def read_link(link: str) -> Page:
    """The page as it was saved last, in its own type; published or not. Raises NoLink, Over."""
    try:
        signed = (
            _signer().unsign(link, max_age=timedelta(hours=settings.PREVIEWS.hours)) if len(link) <= LONGEST else ""
        )
    except SignatureExpired as error:
        raise Over from error
    except (BadSignature, ValueError) as error:
        raise NoLink from error
    page_id, _dash, number = signed.partition("-")
    row = PreviewNumber.objects.filter(page_id=int(page_id)).select_related("page").first() if page_id else None
    if row is None or row.page.specific_class is None:
        raise NoLink
    if row.number != number:
        raise Over
    draft: Page = row.page.get_latest_revision_as_object()
    return draft


def revoke_links(page: Page) -> None:
    """All that were made for the page."""
    PreviewNumber.objects.filter(page_id=page.pk).update(number=a_number())


def address_of(link: str) -> str:
    """Where the front end shows it; empty if no setting says so."""
    return str(settings.PREVIEWS.url).replace(PREVIEW_PLACE, quote(link, safe=""))


def _signer() -> TimestampSigner:
    return TimestampSigner(sep="~", salt=PURPOSE)
