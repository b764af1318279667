"""Settings of the product with Django's own cache in the place of the page memory: the same pages, the same server.

The order of the middleware is that of Django's documentation; a compressed page is kept compressed.
"""

from cms.settings.embedded import *  # noqa: F403
from cms.settings.embedded import MIDDLEWARE

MIDDLEWARE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    # without PublicPages, whose max-age=0 would keep pages out of Django's cache
    *(name for name in MIDDLEWARE if name != "cms.web.public_pages.PublicPages"),
    "django.middleware.cache.FetchFromCacheMiddleware",
]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
