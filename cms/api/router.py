"""The endpoints of Wagtail's API v2, under the names that Wagtail gives them."""

from __future__ import annotations

from wagtail.api.v2.router import WagtailAPIRouter

from cms.api.finding import FindingPages
from cms.api.library import DocumentsEndpoint, ImagesEndpoint

router = WagtailAPIRouter("wagtailapi_v2")
router.register_endpoint("pages", FindingPages)
router.register_endpoint("images", ImagesEndpoint)
router.register_endpoint("documents", DocumentsEndpoint)
