"""What a page tells machines: its address, a preview for those who share it, and structured data (schema.org).

Everything is of the published page and of the department's settings; a draft's preview says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from wagtail.images.models import SourceImageIOError
from wagtail.images.shortcuts import get_rendition_or_not_found
from wagtail.models import Page

from cms.core.described import Described
from cms.core.models import DepartmentSettings
from cms.core.sites import find_site
from cms.core.surroundings import public, surroundings_of
from cms.found.addresses import absolute, address_of, root_url
from cms.found.articles import moment_of
from cms.news.models import NewsPage, Topic

PREVIEW = "fill-1200x630|format-jpeg|jpegquality-80"  # what networks show beside a link
LONGEST_DESCRIPTION = 300
DATES = ("date", "event_date")
# JSON in HTML: a title can't end the script that it is in.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True)
class Picture:
    address: str
    width: int
    height: int
    alt: str
    is_own: bool = True  # and not the department's emblem


@dataclass(frozen=True)
class Metadata:
    canonical: str
    title: str
    site_name: str
    description: str
    kind: str  # of Open Graph
    picture: Picture
    published: str
    modified: str
    section: str
    locale: str
    translations: list[tuple[str, str]]
    feeds: list[tuple[str, str, str]]  # title, address, type
    data: list[SafeString] = field(default_factory=list)


def describe(page: Page | Described, request: HttpRequest, *, number: int = 1, topic: Topic | None = None) -> Metadata:
    """``number``: of a listing that has several pages, which one this is."""
    department = DepartmentSettings.for_request(request) if find_site(request) else DepartmentSettings()
    is_article = isinstance(page, Page) and any(getattr(page, name, None) for name in DATES)
    published, modified = _times(page) if isinstance(page, Page) and is_article else ("", "")
    own_topic = topic or getattr(page, "topic", None)
    own_picture = picture_of(page, request) if isinstance(page, Page) else None
    told = Metadata(
        canonical=_canonical(page, request, number),
        title=getattr(page, "seo_title", "") or page.title,
        site_name=department.name,
        description=description_of(page),
        kind="article" if is_article else "website",
        picture=own_picture or _emblem(request),
        published=published,
        modified=modified,
        section=own_topic.name if own_topic else "",
        locale={"vi": "vi_VN", "en": "en_US"}.get(page.locale.language_code, page.locale.language_code),
        translations=_translations(page, request),
        feeds=_feeds(own_topic, department),
    )
    if isinstance(page, Page) and told.canonical:
        about = _department(department, request)
        articles = [_article(page, told, about)] if is_article else []
        return replace(told, data=[to_script(one) for one in (*articles, *_place(page, told, about, request))])
    return told


def description_of(page: Page | Described) -> str:
    text = getattr(page, "search_description", "") or getattr(page, "lead", "") or getattr(page, "intro", "") or ""
    return Truncator(" ".join(strip_tags(str(text)).split())).chars(LONGEST_DESCRIPTION)


def picture_of(page: Page, request: HttpRequest) -> Picture | None:
    image = getattr(page, "image", None) or getattr(page, "first_image", None)
    if image is None:
        return None
    try:
        rendition = get_rendition_or_not_found(image, PREVIEW)
    except (SourceImageIOError, OSError, ValueError):
        return None
    if not rendition.pk:
        return None  # the file is gone
    return Picture(
        absolute(rendition.url, request), rendition.width, rendition.height, image.default_alt_text or page.title
    )


def to_script(data: Mapping[str, Any]) -> SafeString:
    """JSON that may stand in a script of type application/ld+json, which browsers never run."""
    return mark_safe(json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False).translate(_ESCAPES))


def _canonical(page: Page | Described, request: HttpRequest, number: int) -> str:
    address = address_of(page, request) if isinstance(page, Page) else absolute(page.path, request) if page.path else ""
    return f"{address}?page={number}" if address and number > 1 else address


def _times(page: Page) -> tuple[str, str]:
    if isinstance(page, NewsPage):
        published = moment_of(page).isoformat(timespec="seconds")
    else:
        published = page.first_published_at.isoformat(timespec="seconds") if page.first_published_at else ""
    changed = page.last_published_at
    return published, max(changed.isoformat(timespec="seconds"), published) if changed else published


def _article(page: Any, told: Metadata, department: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": page.title[:110],
        "description": told.description,
        "mainEntityOfPage": told.canonical,
        "inLanguage": page.locale.language_code,
        "publisher": department,
        "author": {"@type": "Person", "name": page.author} if getattr(page, "author", "") else department,
    }
    if told.picture.is_own:
        found["image"] = [told.picture.address]
    if told.published:
        found |= {"datePublished": told.published, "dateModified": told.modified}
    if told.section:
        found["articleSection"] = told.section
    return found


def _place(page: Page, told: Metadata, department: Mapping[str, Any], request: HttpRequest) -> list[Mapping[str, Any]]:
    """The home page says whose site it is; any other where it is."""
    around = surroundings_of(request)
    if around is None:
        return []
    if page.pk == around.root.pk:
        search = absolute(reverse("search"), request)
        action = {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        }
        site = {"@type": "WebSite", "name": told.site_name, "url": told.canonical, "potentialAction": action}
        return [department, site]
    above = [one for one in around.trail if one.live and one.pk != page.pk]
    steps = [(one.title, address_of(one, request)) for one in above] + [(page.title, told.canonical)]
    return [_steps(steps)]


def _steps(steps: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(steps, start=1)
        ],
    }


def _department(department: DepartmentSettings, request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "GovernmentOrganization",
        "name": department.name,
        "url": f"{root_url(request)}/",
        "logo": absolute(static("found/icon-512.png"), request),
    }
    if department.parent_body:
        found["parentOrganization"] = {"@type": "GovernmentOrganization", "name": department.parent_body}
    contact = {"telephone": department.phone, "email": department.email, "address": department.address}
    return found | {name: value for name, value in contact.items() if value}


def _emblem(request: HttpRequest) -> Picture:
    return Picture(absolute(static("found/icon-512.png"), request), 512, 512, "", is_own=False)


def _translations(page: Page | Described, request: HttpRequest) -> list[tuple[str, str]]:
    """Of a site in several languages (WAGTAIL_I18N_ENABLED): this page's published translations, itself included."""
    if isinstance(page, Described):
        return [(language, absolute(path, request)) for language, path in page.translations]
    if not getattr(settings, "WAGTAIL_I18N_ENABLED", False):
        return []
    pages = public(page.get_translations(inclusive=True).live(), request).select_related("locale")
    found = [(one.locale.language_code, address_of(one, request)) for one in pages]
    return found if len(found) > 1 else []


def _feeds(topic: Topic | None, department: DepartmentSettings) -> list[tuple[str, str, str]]:
    kinds = (("rss", "application/rss+xml", "RSS"), ("atom", "application/atom+xml", "Atom"))
    feeds = [(f"{department.name} ({label})", reverse(name), kind) for name, kind, label in kinds]
    if topic and topic.slug:
        feeds += [
            (f"{topic.name} ({label})", reverse(f"topic_{name}", args=[topic.slug]), kind)
            for name, kind, label in kinds
        ]
    return feeds
