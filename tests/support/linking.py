"""Public pages that link a document, which makes it public too."""

from __future__ import annotations

import json
from typing import Any

from wagtail.models import Site

from cms.home.models import PlainPage


def publish_link(document: Any, *, live: bool = True) -> PlainPage:
    """A page of the site, published or a draft, whose text links ``document``."""
    text = f'<p>Xem <a linktype="document" id="{document.pk}">tài liệu</a>.</p>'
    body = json.dumps([{"type": "paragraph", "value": text}])
    root = Site.objects.get(is_default_site=True).root_page
    page: PlainPage = root.add_child(instance=PlainPage(title=f"Trang {document.pk}", body=body, live=live))
    return page
