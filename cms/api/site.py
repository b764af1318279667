"""`site/`: what a front end shows around every page, in one answer: the department, its menu and footer, redirects,
locales, and what the numbers of visits are called.

Only what the portal itself shows to everybody: no account of staff, no page that not everybody may read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from wagtail.contrib.redirects.models import Redirect
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import Locale

from cms.api.endpoint import as_problem, respond
from cms.api.following import may_be_followed, private_addresses, redirects_of
from cms.api.parameters import read_parameters
from cms.api.problems import render
from cms.api.reading import Reading, of_everybody, readable
from cms.api.renditions import Spelt
from cms.api.shapes.base import Components, Schema, an_object, nullable
from cms.api.shapes.pictures import Picture, focal_point_of, write_renditions
from cms.core.department.blocks import AccountBlock
from cms.core.models import DepartmentSettings
from cms.core.templatetags.navigation_tags import MenuEntry, footer_columns, main_menu
from cms.statistics.models import StatisticsSettings

MOST_REDIRECTS = 5_000  # more are followed by pages/find/ alone

# As templates show them, so that the renditions are there.
EMBLEM = Spelt("full", ("max-192x192|format-webp",), ())
LABEL = Spelt("full", ("max-240x120|format-webp",), ())
LOGO = Spelt("full", ("max-320x128|format-webp",), ())

# As <nhip-statistics> has them: pipeline/collecting/script/nhip.js.
TEXTS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "title": "Thống kê truy cập",
        "online": "Đang truy cập",
        "today": "Hôm nay",
        "week": "Trong tuần",
        "month": "Tháng hiện tại",
        "total": "Tổng lượt truy cập",
        "views": "Lượt xem",
        "as_of": "Số liệu lúc",
    },
    "en": {
        "title": "Visitor statistics",
        "online": "Online now",
        "today": "Today",
        "week": "This week",
        "month": "This month",
        "total": "Total visits",
        "views": "Views",
        "as_of": "As of",
    },
}


def show_site(request: HttpRequest) -> HttpResponse:
    try:
        read_parameters(request.GET, ())
        return respond(read_site(request))
    except Exception as error:
        return render(as_problem(error))  # which raises what is none of the sender's doing


def read_site(request: HttpRequest) -> dict[str, Any]:
    """The site that answers to the request's host. Raises Problem if none does."""
    reading = Reading(request)
    department = DepartmentSettings.for_request(request)
    pictures = _Pictures(department, reading)
    context = {"request": request}
    menu = main_menu(context)
    return {
        "id": reading.site_id,
        "name": department.name,
        "parent_body": department.parent_body,
        "html_url": reading.html_url(reading.around.root),
        "locale": reading.locale_of(reading.around.root),
        "locales": _locales(),
        "emblem": pictures.write(department.emblem_id, EMBLEM, alt=department.name),
        "colours": {"main": department.colour, "mark": department.mark_colour},
        "contact": {
            "address": department.address,
            "phone": department.phone,
            "email": department.email,
            "map_url": department.map_url,
        },
        "accounts": [{"network": one.value["network"], "url": one.value["url"]} for one in department.accounts],
        "menu": _entries(menu, reading),
        "footer": {
            "columns": [
                {"title": column.title, "links": _entries(column.entries, reading)}
                for column in footer_columns(context, menu)
            ],
            "note": department.footer_note,
        },
        "partners": [
            {"name": one["name"], "url": one["url"], "logo": pictures.write(one.get("logo"), LOGO, alt=one["name"])}
            for one in _partners(department)
        ],
        "measuring": _measuring(department, pictures),
        "redirects": _redirects(request, reading),
        "statistics": {
            "unit": StatisticsSettings.for_request(request).unit,
            "script": reading.absolute("/_nhip/nhip.js"),
            "texts": TEXTS,
        },
    }


class _Pictures:
    """Those of the settings, with the renditions that pages show, in two queries; without private ones."""

    def __init__(self, department: DepartmentSettings, reading: Reading) -> None:
        logos = [partner.get("logo") for partner in _partners(department)]
        wanted = {pk for pk in (department.emblem_id, department.measuring_label_id, *logos) if pk}
        specs = [one.spec for named in (EMBLEM, LABEL, LOGO) for one in named.filters]
        images = get_image_model().objects.prefetch_renditions(*specs)
        found: Iterable[AbstractImage] = of_everybody(images.filter(pk__in=wanted)) if wanted else ()
        self._images = {image.pk: image for image in found}
        self._reading = reading

    def write(self, pk: int | None, named: Spelt, *, alt: str) -> dict[str, Any] | None:
        image = self._images.get(pk or 0)
        if image is None:
            return None
        return {
            "id": image.pk,
            "alt": alt,
            "width": image.width,
            "height": image.height,
            "focal_point": focal_point_of(image),
            "renditions": write_renditions(image, [named], self._reading),
        }


def _partners(department: DepartmentSettings) -> list[dict[str, Any]]:
    """As they are stored, so that none takes a query."""
    return [item["value"] for item in department.partners.raw_data]


def _entries(entries: Sequence[MenuEntry], reading: Reading) -> list[dict[str, Any]]:
    """``path``: None for what leads out of the site."""
    return [
        {
            "title": entry.title,
            "url": reading.absolute(entry.url),
            "path": _path_of(entry.url, reading),
            "below": _entries(entry.below, reading),
        }
        for entry in entries
    ]


def _path_of(url: str, reading: Reading) -> str | None:
    if url.startswith("/") and not url.startswith("//"):
        return url
    return url.removeprefix(reading.base_url) if url.startswith(f"{reading.base_url}/") else None


def _locales() -> list[dict[str, Any]]:
    names = dict(settings.WAGTAIL_CONTENT_LANGUAGES)
    codes = Locale.objects.order_by("language_code").values_list("language_code", flat=True)
    return [{"code": code, "name": str(names.get(code, code))} for code in codes]


def _measuring(department: DepartmentSettings, pictures: _Pictures) -> dict[str, Any] | None:
    measuring = department.measuring
    if measuring is None:
        return None
    return {
        "script": measuring.script,
        "tracker": measuring.tracker,
        "site_id": measuring.site_id,
        "label": pictures.write(department.measuring_label_id, LABEL, alt=""),
        "url": department.measuring_url,
    }


def _redirects(request: HttpRequest, reading: Reading) -> list[dict[str, Any]]:
    """Those of this site, its own before those of every site; none to or from where not everybody may read.

    Wagtail makes one of each page that moves, so an old path may name a section that is private.
    """
    mine = Redirect.objects.filter(redirects_of(request))
    rows = list(mine.order_by("old_path", "pk")[:MOST_REDIRECTS])
    targets = mine.exclude(redirect_page=None).values("redirect_page")
    pages = {page.pk: page for page in readable(request).filter(pk__in=targets).only("url_path")} if rows else {}
    is_private = private_addresses(request) if rows else None
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda one: one.site_id is not None):
        page = pages.get(row.redirect_page_id)
        to = row.redirect_link
        if page is not None:
            to = reading.path_of(page).rstrip("/") + (row.redirect_page_route_path or "/")
        if page is not None or (not row.redirect_page_id and may_be_followed(to)):
            if is_private and (is_private(row.old_path) or is_private(to)):
                continue
            found[row.old_path] = {"from": row.old_path, "to": to, "permanent": row.is_permanent}
    return sorted(found.values(), key=lambda one: str(one["from"]))


def site_schema(components: Components) -> Schema:
    text: Schema = {"type": "string"}
    colour: Schema = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
    picture = nullable(Picture(()).schema(components))
    entry = components.ref(
        "MenuEntry",
        lambda: an_object(
            {
                "title": text,
                "url": text,
                "path": {"type": ["string", "null"], "description": "Null for what leads out of the site"},
                "below": {"type": "array", "items": {"$ref": "#/components/schemas/MenuEntry"}},
            }
        ),
    )
    several = {"type": "array", "items": entry}
    words = components.ref("StatisticsTexts", lambda: an_object(dict.fromkeys(TEXTS["vi"], text)))
    return components.ref(
        "Site",
        lambda: an_object(
            {
                "id": {"type": "integer", "description": "For <nhip-statistics site>, where no token says it"},
                "name": text,
                "parent_body": text,
                "html_url": text,
                "locale": text,
                "locales": {"type": "array", "items": an_object({"code": text, "name": text})},
                "emblem": picture,
                "colours": an_object({"main": colour, "mark": colour}),
                "contact": an_object(dict.fromkeys(("address", "phone", "email", "map_url"), text)),
                "accounts": {
                    "type": "array",
                    "items": an_object({"network": {"enum": [name for name, _ in AccountBlock.NETWORKS]}, "url": text}),
                },
                "menu": several,
                "footer": an_object(
                    {"columns": {"type": "array", "items": an_object({"title": text, "links": several})}, "note": text}
                ),
                "partners": {"type": "array", "items": an_object({"name": text, "url": text, "logo": picture})},
                "measuring": nullable(
                    an_object({"script": text, "tracker": text, "site_id": text, "label": picture, "url": text})
                ),
                "redirects": {
                    "type": "array",
                    "description": f"At most {MOST_REDIRECTS}; pages/find/ follows all of them",
                    "items": an_object({"from": text, "to": text, "permanent": {"type": "boolean"}}),
                },
                "statistics": an_object(
                    {
                        "unit": {"enum": ["visits", "views"]},
                        "script": text,
                        "texts": an_object({"vi": words, "en": words}),
                    }
                ),
            }
        ),
    )
