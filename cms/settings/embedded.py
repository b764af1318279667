"""Settings of a running portal: SQLite, media and the secret key are in the data directory (NHIP_DATA_DIR), unless the
environment names a database (DATABASE_URL) and a key (NHIP_SECRET_KEY), which several web processes share.
"""

from pipeline import keys
from pipeline.settings import Settings

from .base import *  # noqa: F403
from .base import env, read_url
from .secret_key import read_secret_key

PIPELINE = Settings.from_env()
DATA_DIR = PIPELINE.data_dir

SECRET_KEY = read_secret_key(env) or keys.read_or_create(DATA_DIR / "django.key").hex()

DATABASES = {
    "default": read_url(
        "DATABASE_URL",
        env.db_url,
        schemes=env.DB_SCHEMES,
        default=f"sqlite:///{PIPELINE.site_database}",
        example="postgres://user:password@host:5432/nhip",
    )
}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A write lock is taken when the transaction starts, so a second writer waits (timeout, in seconds) instead of
    # failing half-way; WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # The site notices within seconds that the database is away, so that readers get an answer and no thread waits long.
    # Each thread has a connection: SITE_THREADS of them in a web process, and twelve more for its probes, its
    # errands, its look for changes, what is scheduled, what is forgotten of signing in, the desk, which pictures are
    # private, whose tokens programs show, what is told to others and what is forgotten of that; and one for each
    # receiver of webhooks while it is sent to.
    DATABASES["default"].setdefault("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] |= {
        "application_name": "nhip",
        "connect_timeout": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
        "keepalives_idle": 30,
    }

MEDIA_ROOT = PIPELINE.media_dir
