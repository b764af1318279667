"""The portal's addresses, and beside them Wagtail's own endpoint of pages as it comes, below ``/bare/``."""

from django.urls import path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet

from cms import urls

bare = WagtailAPIRouter("bare")
bare.register_endpoint("pages", PagesAPIViewSet)
urlpatterns = [path("bare/", bare.urls), *urls.urlpatterns]
