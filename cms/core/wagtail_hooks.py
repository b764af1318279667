"""What the portal adds to every page of the admin."""

from __future__ import annotations

from typing import Any

import wagtail.admin.rich_text.editors.draftail.features as draftail
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.rich_text.converters.html_to_contentstate import InlineStyleElementHandler
from wagtail.query import PageQuerySet
from wagtail_emulation import sections

from cms.core.documents.listing import DocumentList
from cms.core.documents.publicity import refuse_private
from cms.core.editing import views
from cms.core.surroundings import public


@hooks.register("insert_global_admin_js")
def start_fields() -> SafeString:
    """Before the fields of the page, which it starts."""
    return format_html('<script src="{}"></script>', static("core/js/start-fields.js"))


@hooks.register("insert_global_admin_js")
def send_once() -> SafeString:
    """Forms that save themselves."""
    return format_html('<script src="{}" defer></script>', static("core/js/autosave.js"))


@hooks.register("insert_global_admin_js")
def serve_everybody() -> SafeString:
    """Those who hear a screen, and those who have no mouse."""
    scripts = ((static(f"core/js/{name}.js"),) for name in ("names", "focus"))
    return format_html_join("", '<script src="{}" defer></script>', scripts)


@hooks.register("insert_global_admin_css")
def change_looks() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("core/css/admin.css"))


@hooks.register(sections.HOOK)
def without_private(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """The plugin's lists ask as the portal's do."""
    return public(pages, request)


@hooks.register("before_serve_document")
def give_public_documents(document: Any, request: HttpRequest) -> None:
    refuse_private(document, request)


@hooks.register("register_admin_urls")
def list_documents() -> list[URLPattern]:
    """Before Wagtail's own of the same addresses."""
    return [
        path("documents/", DocumentList.as_view()),
        path("documents/results/", DocumentList.as_view(results_only=True)),
    ]


@hooks.register("insert_global_admin_js")
def tell_lengths() -> SafeString:
    """After the fields: how long their texts are, and what is missing."""
    return format_html(
        '<script src="{}" defer data-namesakes="{}" data-paste="{}"></script>',
        static("core/js/lengths.js"),
        reverse("nhip_namesakes"),
        reverse("nhip_paste"),
    )


@hooks.register("insert_global_admin_css")
def dress_the_editor() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("core/css/editing.css"))


@hooks.register("register_admin_urls")
def urls_of_the_editor() -> list[URLPattern]:
    return [
        path("nhip/paste/", views.paste, name="nhip_paste"),
        path("nhip/namesakes/", views.namesakes, name="nhip_namesakes"),
    ]


@hooks.register("register_rich_text_features")
def register_underline(features: Any) -> None:
    """Wagtail 8 has none. Texts from word processors underline what a number or a name is about."""
    features.register_editor_plugin(
        "draftail",
        "underline",
        draftail.InlineStyleFeature({"type": "UNDERLINE", "label": "U", "description": _("Gạch chân")}),
    )
    features.register_converter_rule(
        "contentstate",
        "underline",
        {
            "from_database_format": {"u": InlineStyleElementHandler("UNDERLINE")},
            "to_database_format": {"style_map": {"UNDERLINE": "u"}},
        },
    )
