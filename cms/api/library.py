"""`images/` and `documents/`: what something published shows; a draft's are nobody's yet.

Wagtail's index of references knows what the stored content of pages, snippets and settings names; drafts are revisions,
which it leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from wagtail.documents.api.v2.views import DocumentsAPIViewSet
from wagtail.images.api.v2.views import ImagesAPIViewSet
from wagtail.models import DraftStateMixin, Page, ReferenceIndex, get_page_models

from cms.api.endpoint import Endpoint, django_request, respond
from cms.api.parameters import LIMIT, OFFSET, Parameter, read_parameters
from cms.api.problems import Fault, bad_request, not_found
from cms.api.reading import Reading, of_everybody, readable
from cms.api.renditions import EVERYWHERE, NAMES, specs_of
from cms.api.selection import LONGEST, NAME, Asked, parse_names, pick
from cms.api.shapes.base import Components, Schema, an_object
from cms.api.shapes.links import document_properties, write_document
from cms.api.shapes.pictures import focal_point_of, image_properties, write_renditions

PER_LIST = 20
ORDERS = ("id", "-id", "title", "-title")


def _order(text: str) -> str:
    if text not in ORDERS:
        raise ValueError(f"Give one of {', '.join(ORDERS)}.")
    return text


FIELDS = Parameter(NAME, "Which fields: -renditions leaves out, _,title gives these alone", str, longest=LONGEST)
ORDER = Parameter("order", "By what", _order, {"enum": list(ORDERS)})
LISTING = (ORDER, FIELDS, LIMIT, OFFSET)
ALWAYS = ("id", "type")
IN_META = ("type", "detail_url")


class LibraryEndpoint(Endpoint):
    kind: str  # as addresses have it; the library empties `name`
    fields: Mapping[str, Sequence[str]]  # beside those in meta; and what `fields=name(…)` may pick from

    def write(self, one: Any, reading: Reading) -> dict[str, Any]:
        raise NotImplementedError

    def listing_view(self, request: Request) -> HttpResponse:
        asked = django_request(request)
        given = read_parameters(asked.GET, LISTING)
        found = self.get_everyones(asked).order_by(given.get("order", "id"), "pk")
        start, limit = given.get("offset", 0), given.get("limit", PER_LIST)
        reading = Reading(asked)
        asked_for = self._read_names(given.get(NAME))
        items = [self._describe(one, reading, asked_for) for one in found[start : start + limit]] if limit else []
        return respond({"meta": {"total_count": found.count()}, "items": items})

    def detail_view(self, request: Request, pk: int) -> HttpResponse:
        asked = django_request(request)
        asked_for = self._read_names(read_parameters(asked.GET, (FIELDS,)).get(NAME))
        found = self.get_everyones(asked).filter(pk=pk).first()
        if found is None:
            raise not_found("There is nothing of this id that everybody may have.")
        return respond(self._describe(found, Reading(asked), asked_for))

    def get_everyones(self, request: HttpRequest) -> QuerySet[Any]:
        return everyones(self.model, request)  # type: ignore[attr-defined]

    def _read_names(self, text: str | None) -> Asked:
        """Raises Problem."""
        asked = parse_names(text) if text is not None else ()
        for name, _negated, below in asked:
            if name in ("*", "_"):
                continue
            if name not in (*ALWAYS, *IN_META, *self.fields):
                known = ", ".join((*ALWAYS, *IN_META[1:], *self.fields))
                raise bad_request(Fault(NAME, f"There is no field {name[:40]}. Known are {known}."))
            parts = self.fields.get(name, ())
            for part, _part_negated, deeper in below or ():
                if deeper or (part not in ("*", "_") and part not in parts):
                    said = f"it has {', '.join(parts)}" if parts else "it has no fields of its own"
                    raise bad_request(Fault(NAME, f"{name} has no {part[:40]}; {said}."))
        return asked

    def _describe(self, one: Any, reading: Reading, asked: Asked) -> dict[str, Any]:
        whole = {
            **self.write(one, reading),
            "type": type_of(type(one)),
            "detail_url": reading.detail_url(self.kind, one.pk),
        }
        picked = {"id": whole["id"], "type": whole["type"]} | pick(whole, asked)
        below = {name: parts for name, negated, parts in asked if parts and not negated}
        written = {name: pick(value, below.get(name, ())) for name, value in picked.items() if name not in IN_META}
        return {**written, "meta": {name: picked[name] for name in IN_META if name in picked}}


def write_image(image: Any, reading: Reading) -> dict[str, Any]:
    """With the renditions that were made of it, since a picture alone does not say where it is shown."""
    found: dict[str, Any] = {}
    for several in EVERYWHERE:
        for name, rendition in write_renditions(image, several, reading, made_only=True).items():
            found.setdefault(name, rendition)
    return {
        "id": image.pk,
        "title": image.title,
        "alt": image.default_alt_text,
        "width": image.width,
        "height": image.height,
        "focal_point": focal_point_of(image),
        "renditions": found,
    }


class ImagesEndpoint(LibraryEndpoint, ImagesAPIViewSet):
    kind = "images"
    fields: Mapping[str, Sequence[str]] = {
        **dict.fromkeys(("title", "alt", "width", "height"), ()),
        "focal_point": ("x", "y"),
        "renditions": NAMES,
    }

    def write(self, one: Any, reading: Reading) -> dict[str, Any]:
        return write_image(one, reading)

    def get_everyones(self, request: HttpRequest) -> QuerySet[Any]:
        with_renditions = Prefetch(
            "renditions",
            queryset=self.model.get_rendition_model().objects.filter(filter_spec__in=specs_of()),
            to_attr="prefetched_renditions",
        )
        return super().get_everyones(request).prefetch_related(with_renditions)


class DocumentsEndpoint(LibraryEndpoint, DocumentsAPIViewSet):
    kind = "documents"
    fields: Mapping[str, Sequence[str]] = {name: () for name in document_properties() if name != "id"}

    def write(self, one: Any, reading: Reading) -> dict[str, Any]:
        return write_document(one, reading)


def everyones(model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """The images or documents that everybody may have: in no private collection, and shown by something published."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(model), to_object_id=Cast(OuterRef("pk"), CharField())
    )
    pages = [found.pk for found in ContentType.objects.get_for_models(*_page_models()).values()]
    by_page = readable(request).order_by().annotate(name=Cast("pk", CharField())).values("name")
    shown = Q(Exists(references.filter(base_content_type__in=pages, object_id__in=by_page)))
    others = references.exclude(base_content_type__in=pages)
    for draftable in _draftable():
        drafts = draftable._default_manager.filter(live=False).annotate(name=Cast("pk", CharField())).values("name")
        others = others.exclude(base_content_type=ContentType.objects.get_for_model(draftable), object_id__in=drafts)
    shown |= Q(Exists(others))
    return of_everybody(model._default_manager.filter(shown))


def _page_models() -> list[type[Model]]:
    return [Page, *get_page_models()]


def _draftable() -> list[type[Any]]:
    """The models beside pages that have drafts."""
    return [model for model in apps.get_models() if issubclass(model, DraftStateMixin) and not issubclass(model, Page)]


def type_of(model: type[Model]) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


def item_schema(endpoint: type[LibraryEndpoint], components: Components, *, is_part: bool = False) -> Schema:
    """Of one image or document as its endpoint has it; ``is_part``: with the fields that were asked for."""
    text: Schema = {"type": "string"}
    meta = an_object(
        {"type": {"const": type_of(endpoint.model), **text}, "detail_url": text},  # type: ignore[attr-defined]
        optional=("detail_url",) if is_part else (),
    )
    if endpoint is DocumentsEndpoint:
        properties: Mapping[str, Schema] = document_properties()
    else:
        own = {name: one for name, one in image_properties(components).items() if name not in ("caption", "credit")}
        properties = {"title": text, **own}
    optional = [name for name in properties if is_part and name not in ALWAYS]
    return an_object({**properties, "meta": meta}, optional=optional)
