"""Which answer has which headers for the safety of whoever reads it, said once.

====================================  ================================================================================
every answer, also uvicorn's own      ``EVERY``; over TLS ``strict_transport`` too
an HTML page of the site, its errors  ``PAGE``; with the Ministry's measuring turned on, that host too
an HTML page of the admin, previews   ``ADMIN``
JSON and text                         ``DATA``
a static file, the beacon's script,   ``SHARED``: pages of other origins may use it, such as a headless front end
  the pixel
an uploaded picture                   ``PICTURE``
a document                            ``DOCUMENT``; one that no browser shows in its own viewer, ``DOWNLOAD``
====================================  ================================================================================

The server says ``EVERY`` and HSTS (``pipeline/process/server.py``). Each endpoint adds those of its kind; what Django
answers gets them in ``cms/web/safe_answers.py``. The proxy's own answers have them from ``deploy/caddy/Caddyfile``.
"""

from __future__ import annotations

from pipeline.settings import SiteNames

Headers = dict[str, str]
Fields = tuple[tuple[bytes, bytes], ...]

ONE_YEAR = 365 * 24 * 60 * 60
TWO_YEARS = 2 * ONE_YEAR  # the preload lists ask for one at least

POLICY = "content-security-policy"
HSTS = "strict-transport-security"

# Nothing of the product asks for them; what a page of ours shows of others must not either.
POWERFUL = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
)

EVERY: Headers = {
    "x-content-type-options": "nosniff",
    # The pixel reads its page's path from the referrer; other sites learn nothing, not even from whom a reader comes.
    "referrer-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in POWERFUL),
}


def policy(**sources: str) -> str:
    """A Content-Security-Policy: ``img_src="'self' data:"``. A directive without sources is left out."""
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in sources.items() if value)


_NOTHING = {"default_src": "'none'", "base_uri": "'none'", "form_action": "'none'"}
_OWN = {
    "default_src": "'none'",
    "script_src": "'self'",
    "style_src": "'self'",
    "img_src": "'self'",
    "font_src": "'self'",
    "connect_src": "'self'",
    "media_src": "'self'",
    "manifest_src": "'self'",
    "object_src": "'none'",
    "base_uri": "'none'",
    "form_action": "'self'",
    "frame_ancestors": "'self'",  # the admin shows pages in a frame
}
_OF_OURS = {"cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin"}

PAGE: Headers = {POLICY: policy(**_OWN), **_OF_OURS}
# Wider than a page's where Wagtail 8.0.1 needs it; no script in a page runs (docs/decisions/0025-headers-and-files.md).
ADMIN: Headers = {
    POLICY: policy(
        **_OWN
        | {
            # The one handler that Jcrop sets, `return;`, to find out whether there is touch.
            "script_src_attr": "'unsafe-hashes' 'sha256-i+qr4lq34KgNHiW62lWi9aInEBwiEOrfCzaNPCvkqD8='",
            "style_src_elem": "'self' 'unsafe-inline'",  # React's, in the toolbars of text fields
            "img_src": "'self' data: blob:",  # icons in Wagtail's stylesheets; a picture before it is uploaded
            "frame_src": "'self'",  # the preview
        }
    ),
    **_OF_OURS,
}
DATA: Headers = {POLICY: policy(**_NOTHING, frame_ancestors="'none'"), "cross-origin-resource-policy": "same-origin"}
SHARED: Headers = {"cross-origin-resource-policy": "cross-origin"}
# A drawing (SVG) has styles in it.
PICTURE: Headers = {POLICY: policy(**_NOTHING, style_src="'unsafe-inline'", frame_ancestors="'self'") + "; sandbox"}
# Chromium's viewer of PDF shows nothing in a sandbox.
DOCUMENT: Headers = {
    POLICY: policy(**_NOTHING, style_src="'unsafe-inline'", frame_ancestors="'self'"),
    "cross-origin-resource-policy": "same-origin",
}
DOWNLOAD: Headers = {
    POLICY: policy(**_NOTHING, frame_ancestors="'none'") + "; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


def widened(kind: Headers, **sources: str) -> Headers:
    """``kind``, whose pages may load from these sources too: ``frame_src="https://…"``; empty for none."""
    directives = dict(directive.split(" ", 1) for directive in kind[POLICY].split("; "))
    for name, more in sources.items():
        if more:
            directive = name.replace("_", "-")
            directives[directive] = f"{directives.get(directive, '')} {more}".strip()
    return kind | {POLICY: "; ".join(f"{name} {value}" for name, value in directives.items())}


def strict_transport(names: SiteNames) -> str:
    """The value of Strict-Transport-Security (RFC 6797); empty if none is wanted, or if the site is not behind TLS."""
    if not names.base_url.startswith("https://"):
        return ""
    return {
        "none": "",
        "host": f"max-age={ONE_YEAR}",
        "subdomains": f"max-age={ONE_YEAR}; includeSubDomains",
        "preload": f"max-age={TWO_YEARS}; includeSubDomains; preload",
    }[names.transport]


def _in_bytes(headers: Headers) -> Fields:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


# As ASGI has them; made once, since a collector answers thousands of times a second.
DATA_FIELDS = _in_bytes(DATA)
SHARED_FIELDS = _in_bytes(SHARED)
