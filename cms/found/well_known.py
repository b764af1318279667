"""The files that programs look for at known addresses."""

from __future__ import annotations

import datetime
import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from cms.core.models import DepartmentSettings
from cms.core.sites import find_site
from cms.found.addresses import absolute

GOOD_FOR = datetime.timedelta(days=180)  # RFC 9116 2.5.5: less than a year
ONE_DAY = "public, max-age=86400"


def show_robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in (settings.ADMIN_PATH, settings.SEARCH_PATH, "/_util/")),
        "",
        f"Sitemap: {absolute(reverse('sitemap'), request)}",
        f"Sitemap: {absolute(reverse('sitemap_news'), request)}",
    ]
    return _text(lines)


def show_security(request: HttpRequest) -> HttpResponse:
    """RFC 9116; there is none until the department's settings name a way to reach it."""
    if find_site(request) is None:
        raise Http404(request.path)
    department = DepartmentSettings.for_request(request)
    contacts = [f"mailto:{department.email}"] if department.email else []
    contacts += [f"tel:{phone}"] if (phone := _abroad(department.phone)) else []
    if not contacts:
        raise Http404(request.path)
    until = (timezone.now() + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    response = _text(
        [
            *(f"Contact: {contact}" for contact in contacts),
            f"Expires: {until.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: vi, en",
            f"Canonical: {absolute(reverse('security'), request)}",
        ]
    )
    response["Cache-Control"] = ONE_DAY  # it has a date in it, so that no process keeps it
    return response


def show_manifest(request: HttpRequest) -> HttpResponse:
    name = DepartmentSettings.for_request(request).name if find_site(request) else ""
    found = {
        "name": name,
        "short_name": name[:30],
        "lang": "vi",
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#0e3a61",
        "icons": [
            {"src": static(f"found/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in (192, 512)
        ]
        + [{"src": static("core/img/emblem.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return HttpResponse(json.dumps(found, ensure_ascii=False), content_type="application/manifest+json")


def show_icon(_request: HttpRequest, name: str) -> HttpResponse:
    """The icons that browsers ask for without having been told of them."""
    return HttpResponseRedirect(static(f"found/{name}"))


def _abroad(phone: str) -> str:
    """(0277) 385 1234 → +842773851234: RFC 3966 asks for the whole number."""
    digits = "".join(letter for letter in phone if letter.isdigit() or letter == "+")
    return f"+84{digits[1:]}" if digits.startswith("0") else digits


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
