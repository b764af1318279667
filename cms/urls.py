"""Every address of the portal; `/_nhip/` belongs to the collector and `cms.statistics.reports.api`, not to Django."""

from django.conf import settings
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cms.core.documents.serving import serve_document
from cms.core.hashed_files import serve_static
from cms.core.media import serve_media
from cms.statistics.reports.counting import ADDRESSES, show_counting

urlpatterns = [
    path("", include("cms.accounts.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/<int:number>/<str:name>", serve_document),
    path("documents/", include(wagtaildocs_urls)),
    path(f"{settings.STATIC_URL.strip('/')}/<path:path>", serve_static),
    path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", serve_media, name="media"),
    path(ADDRESSES["vi"], show_counting, {"language": "vi"}, name="how_we_count"),
    path(ADDRESSES["en"], show_counting, {"language": "en"}, name="how_we_count_en"),
    path("", include(wagtail_urls)),
]

handler400 = "cms.core.errors.bad_request"
handler403 = "cms.core.errors.permission_denied"
handler404 = "cms.core.errors.page_not_found"
handler500 = "cms.core.errors.server_error"
