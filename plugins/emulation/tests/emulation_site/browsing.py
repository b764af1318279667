"""The same site for a browser, with a database in a file and a strict Content-Security-Policy: EMULATION_SITE_DATA."""

import os
from pathlib import Path

from emulation_site.settings import *  # noqa: F403
from emulation_site.settings import MIDDLEWARE as PLAIN

DATA = Path(os.environ["EMULATION_SITE_DATA"])

DEBUG = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "site.sqlite3"}}
MEDIA_ROOT = DATA / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = ["emulation_site.policy.strict", *PLAIN]
