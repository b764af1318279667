"""Settings for tests: SQLite in memory, temporary media, a key that protects nothing, no data directory.

NHIP_TEST_DATABASE_URL runs the same tests on another database; on PostgreSQL in a copy of the one that it names.
"""

import atexit
import shutil
import tempfile

from .base import *  # noqa: F403
from .base import env

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

DATABASES = {"default": env.db_url("NHIP_TEST_DATABASE_URL", default="sqlite://:memory:")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}

MEDIA_ROOT = tempfile.mkdtemp(prefix="nhip-media-")
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)

# A thread of its own would have another database in memory, and outlive its test.
RENDITIONS_AHEAD = False

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
