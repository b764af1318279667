"""Everything below `/api/v2/`."""

from django.urls import path, re_path

from cms.api.changes import show_changes
from cms.api.endpoint import answer_nothing
from cms.api.preview.views import show_preview
from cms.api.router import router
from cms.api.schema.views import show_schema
from cms.api.site import show_site
from cms.api.topics import show_topics

urlpatterns = [
    path("changes/", show_changes, name="api_changes"),
    path("preview/<str:link>/", show_preview, name="api_preview"),
    path("schema/openapi.json", show_schema, name="api_schema"),
    path("site/", show_site, name="api_site"),
    path("topics/", show_topics, name="api_topics"),
    path("", router.urls),
    re_path("", answer_nothing),
]
