"""Settings of every mode of the portal; the module of a mode adds the database, the key and the media."""

import os
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from cms.core import embeds
from cms.core.pictures.limits import MAX_PIXELS, MAX_UPLOAD_BYTES
from cms.settings.variables import (
    ApiSettings,
    AuditSettings,
    EmbedSettings,
    PageSettings,
    PreviewSettings,
    ReportSettings,
    SignInSettings,
    WebhookSettings,
    WorkflowSettings,
)
from pipeline.errors import ConfigurationError
from pipeline.process.headers import EVERY, PAGE
from pipeline.settings import Settings, SiteNames
from pipeline.staff import cookie_name
from pipeline.variables import read_fields

env = environ.Env()


def read_url(
    name: str, parse: Callable[..., Any], *, schemes: Container[str], default: str, example: str
) -> dict[str, Any]:
    """Parse a URL in the environment into Django's settings. Raises ConfigurationError that names the variable."""
    try:
        if urlsplit(env.str(name, default=default)).scheme in schemes:
            return dict(parse(name, default=default))
    except ValueError:  # a port that is none, half an address of IPv6
        pass
    raise ConfigurationError(f"{name}: want a URL such as {example}", variable=name)


def read_mail_url() -> dict[str, Any]:
    """EMAIL_URL as Django's settings. Raises ConfigurationError."""
    example = "smtp://user:password@host:587"
    mail = read_url("EMAIL_URL", env.email_url, schemes=env.EMAIL_SCHEMES, default="dummymail://", example=example)
    if not f"{mail.get('EMAIL_HOST_USER')}{mail.get('EMAIL_HOST_PASSWORD')}".isascii():
        raise ConfigurationError(
            "EMAIL_URL: want a user and a password of ASCII letters, since Python's smtplib sends no others; "
            f"such as: {example}",
            variable="EMAIL_URL",
        )
    return mail


DEBUG = False

_names = SiteNames.from_env()
PUBLIC_URL = _names.base_url  # of whole addresses; empty: as each site's settings have it
BASE_URL = PUBLIC_URL or f"http://127.0.0.1:{env.int('PORT', default=Settings.port)}"
ALLOWED_HOSTS = [*_names.hosts]

INSTALLED_APPS = [
    "cms.core",
    "cms.accounts",
    "cms.home",
    "cms.news",
    "cms.search",
    "cms.found",
    "cms.statistics",
    "cms.statistics.reports.tokens",
    "cms.handbook",
    "cms.workflow",
    "cms.announcing",
    "cms.audit",
    "cms.api",
    "cms.api.preview",
    "cms.demo",
    "wagtail_emulation",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "cms.accounts.users.UsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "cms.web.public_pages.PublicPages",
    "cms.web.safe_answers.SafeAnswers",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cms.accounts.uncounted.StaffCookie",
    "cms.accounts.middleware.SlowedDown",
    "cms.accounts.middleware.IdleSignOut",
    "cms.accounts.middleware.SecondFactor",
    "cms.audit.recording.Recording",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cms.core.nfc.ComposedForms",
    "cms.core.unbroken.UnbrokenNumbers",
    "cms.core.routing.PageRouting",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

# No process keeps a fact that another may change, such as Wagtail's site root paths: what is remembered for readers is
# the page memory's, which notices every change.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Signing in: docs/decisions/0024-signing-in.md. `cms.accounts` counts the tries of all processes in the database.
SIGN_IN = SignInSettings(**read_fields(SignInSettings, os.environ))
AUTHENTICATION_BACKENDS = ["cms.accounts.backends.CountedTries"]
SESSION_ENGINE = "cms.accounts.sessions"
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds for which a mailed link is good
EMAIL_TIMEOUT = 10  # seconds
# The library's own waiting grows without end and is an account's, so that a stranger could lock its owner out.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# Where passwords are compared, which takes half a second each: these have a thread of their own.
PASSWORD_PATHS = ("/admin/login/", "/_util/authenticate_with_password/", "/documents/authenticate_with_password/")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "cms.accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "cms.accounts.passwords.GuessablePasswordValidator"},
]

REPORTS = ReportSettings(**read_fields(ReportSettings, os.environ))
WEBHOOKS = WebhookSettings(**read_fields(WebhookSettings, os.environ))
PREVIEWS = PreviewSettings(**read_fields(PreviewSettings, os.environ))

# Language, time and numbers. Templates group numbers (1.327) where people read them (intcomma, number_format);
# USE_THOUSAND_SEPARATOR would also group an id in an attribute.
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))]
LOCALE_PATHS = [Path(__file__).parent.parent / "locale"]  # before the catalogues of Wagtail and Django
FORMAT_MODULE_PATH = ["cms.core.formats"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

# Static files and media
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
# The site gives them; no other user of the machine needs them.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": {"BACKEND": "cms.core.storage.UniqueNames"},
    "staticfiles": {"BACKEND": "cms.core.hashed_files.HashedFiles"},
}

# Pages in memory, and in caches between the site and its readers. Whoever has one of these cookies may be known to the
# site; nothing below these paths is the same for everybody.
PAGES = PageSettings(**read_fields(PageSettings, os.environ))
PAGE_MEMORY_BYTES = PAGES.memory_megabytes * 1024 * 1024
PUBLIC_CACHE_CONTROL = f"public, max-age=0, s-maxage={PAGES.cdn_seconds}"

# The site for other front ends. Its answers are the same for everybody, and no cookie or token changes them.
API = ApiSettings(**read_fields(ApiSettings, os.environ))
API_PATH = "/api/"
API_V3_PATH = f"{API_PATH}v3/"
API_MEMORY_BYTES = PAGE_MEMORY_BYTES // 4
FRONT_ENDS = Settings.from_env().front_ends

if PAGES.purge_url:
    WAGTAILFRONTENDCACHE = {
        "default": {
            "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
            "LOCATION": PAGES.purge_url,
        }
    }
# With TLS, browsers take a cookie of such a name from this very host alone, by https, for all of its paths: neither
# another name below the same domain nor somebody on the wire can plant one. On http://127.0.0.1 they take none.
BEHIND_TLS = BASE_URL.startswith("https://")
_prefix = "__Host-" if BEHIND_TLS else ""
SESSION_COOKIE_NAME = f"{_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_prefix}csrftoken"
MESSAGES_COOKIE_NAME = f"{_prefix}messages"
MESSAGE_STORAGE = "cms.core.messages.Messages"
BROWSER_COOKIE_NAME = "__Secure-nhip_browser" if BEHIND_TLS else "nhip_browser"  # for the path of signing in alone
PRIVATE_COOKIES = (SESSION_COOKIE_NAME, MESSAGES_COOKIE_NAME)
STAFF_COOKIE_NAME = cookie_name(BASE_URL)  # says nothing that a page depends on
ADMIN_PATH = "/admin/"
# Searches are limited by who asks, and hardly two are the same.
SEARCH_PATH = "/tim-kiem/"
# What became of the site is of the moment, and a draft is for whoever has its link.
NEVER_KEPT_PATHS = ("/api/v2/changes/", "/api/v2/preview/")
PRIVATE_PATHS = (ADMIN_PATH, "/documents/", SEARCH_PATH, STATIC_URL, MEDIA_URL, *NEVER_KEPT_PATHS)

# Headers for safety are in pipeline/process/headers.py. The product's server says these; Django does under its own.
# Wagtail shows previews in a frame of the same origin.
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = EVERY["x-content-type-options"] == "nosniff"
SECURE_REFERRER_POLICY = EVERY["referrer-policy"]
SECURE_CROSS_ORIGIN_OPENER_POLICY = PAGE["cross-origin-opener-policy"]
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Behind a proxy with TLS, cookies never travel in the clear and browsers use https alone. The server decides whether a
# request came by https: uvicorn believes X-Forwarded-Proto from NHIP_TRUSTED_PROXIES only, while Django with
# SECURE_PROXY_SSL_HEADER would believe it from anybody. With CSRF_TRUSTED_ORIGINS, forms work behind a proxy that is
# not trusted yet.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = BEHIND_TLS
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BEHIND_TLS else []
CSRF_FAILURE_VIEW = "cms.core.errors.form_refused"
LOGIN_URL = "wagtailadmin_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"

# No mail is sent unless EMAIL_URL names a server (smtp://user:password@host:port); without one an administrator resets
# a forgotten password.
vars().update(read_mail_url())
AUDIT = AuditSettings(**read_fields(AuditSettings, os.environ))
REVIEWS = WorkflowSettings(**read_fields(WorkflowSettings, os.environ))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = REVIEWS.mail_from or f"nhip@{urlsplit(BASE_URL).hostname}"
WAGTAIL_PASSWORD_RESET_ENABLED = bool(env.str("EMAIL_URL", default=""))

# Wagtail
OTP_TOTP_ISSUER = WAGTAIL_SITE_NAME = "Nhịp"
WAGTAILADMIN_USER_LOGIN_FORM = "cms.accounts.forms.PasswordForm"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_CONTENT_LANGUAGES = [("vi", _("Tiếng Việt"))]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # of days, weeks and months of every number: nobody chooses another
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_FRONTEND_LOGIN_URL = "/admin/login/"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "cms.search.backends", "SEARCH_CONFIG": "simple"}}
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "cms.core.documents.upload.DocumentForm"
WAGTAILAPI_RICH_TEXT_FORMAT = "html"
WAGTAILAPI_LIMIT_MAX = 100
WAGTAILIMAGES_IMAGE_FORM_BASE = "cms.core.pictures.upload.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "heic", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_IMAGE_PIXELS = MAX_PIXELS
WAGTAILIMAGES_MAX_UPLOAD_SIZE = MAX_UPLOAD_BYTES
# Mails about a stage are for its reviewers; superusers keep the machine.
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
RENDITIONS_AHEAD = True  # of pages that are saved or published, in a thread of the process
# Neither the editors' browsers nor the server ask another host.
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
EMBEDS = EmbedSettings(**read_fields(EmbedSettings, os.environ)).embeds
WAGTAILEMBEDS_FINDERS = embeds.finders(EMBEDS)
FRAME_SOURCES = embeds.frames(EMBEDS)
