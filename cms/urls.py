"""Every address of the portal; `/_nhip/` belongs to the collector and `cms.statistics.reports.api`, not to Django."""

from django.conf import settings
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cms.core.department.views import show_colours
from cms.core.documents.serving import serve_document
from cms.core.hashed_files import serve_static
from cms.core.media import serve_media
from cms.statistics.reports.counting import ADDRESSES, show_counting

urlpatterns = [
    path("", include("cms.accounts.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path(f"{settings.API_PATH.strip('/')}/v2/", include("cms.api.urls")),
    *([path(settings.API_V3_PATH.lstrip("/"), include("cms.api.v3.urls"))] if settings.API.v3 else []),
    path("documents/<int:number>/<str:name>", serve_document),
    path("documents/", include(wagtaildocs_urls)),
    path(f"{settings.STATIC_URL.strip('/')}/<path:path>", serve_static),
    path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", serve_media, name="media"),
    re_path(r"^giao-dien/(?P<version>\d{1,3})-(?P<colour>[0-9a-f]{6})-(?P<mark>[0-9a-f]{6})\.css$", show_colours),
    path(ADDRESSES["vi"], show_counting, {"language": "vi"}, name="how_we_count"),
    path(ADDRESSES["en"], show_counting, {"language": "en"}, name="how_we_count_en"),
    path(settings.SEARCH_PATH.lstrip("/"), include("cms.search.urls")),
    path("", include("cms.found.urls")),
    path("", include(wagtail_urls)),
]

handler400 = "cms.api.http.refusals.bad_request"
handler403 = "cms.api.http.refusals.permission_denied"
handler404 = "cms.api.http.refusals.page_not_found"
handler500 = "cms.api.http.refusals.server_error"
