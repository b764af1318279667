"""Makes the renditions that only the API names, together with those that a page's template shows."""

from __future__ import annotations

import sys

from django.http import HttpRequest
from wagtail.models import Page

from cms.core.pictures import ahead


def make_ahead() -> None:
    """Call this once, in ``ready()``."""
    if make_renditions not in ahead.BESIDE:
        ahead.BESIDE.append(make_renditions)


def make_renditions(page: Page) -> None:
    """Write ``page``, published or a draft, as the API would, and keep nothing of it."""
    # The API is loaded when there is something to make, and not in every process and command.
    from cms.api.pages import write_pages  # noqa: PLC0415
    from cms.api.reading import Reading  # noqa: PLC0415
    from cms.api.selection import Selection  # noqa: PLC0415

    if not page.full_url:
        return
    request = HttpRequest()
    request.META.update(page._get_dummy_headers())
    request.path = request.path_info = "/"
    write_pages([page], Selection(), Reading(request, is_preview=True, most_made=sys.maxsize))
