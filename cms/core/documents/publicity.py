"""Which documents everybody may have: those that something public links.

Wagtail's index of references knows what the stored content of pages, snippets and settings links; drafts are revisions,
which it leaves out. So a document is private until the page that links it is published, and again when the page is
taken down. A collection with restrictions of its own says by these who may have its documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.models import DraftStateMixin, Page, ReferenceIndex
from wagtail.permissions import policy_registry
from wagtail_emulation.sections import outside, private_sections


def refuse_private(document: AbstractDocument, request: HttpRequest) -> None:
    """Raises Http404 if the sender may not have it: whether it exists is nobody's business."""
    if not may_have(request, document):
        raise Http404(document.filename)


def may_have(request: HttpRequest, document: AbstractDocument) -> bool:
    """By a page that the sender may read, by its collection's restrictions, or by an editor's rights."""
    if document.collection.get_view_restrictions():
        return True  # Wagtail asks
    linking = _linking([document.pk])[document.pk]
    if any(not isinstance(one, Page) or _may_read(request, one) for one in linking):
        return True
    return _is_editors(request, document)


def public_documents(ids: Several[int]) -> set[int]:
    """Of these, the documents that every stranger may have."""
    linked = _linking(ids)
    restricted = {
        document.pk
        for document in get_document_model().objects.filter(pk__in=ids).select_related("collection")
        if document.collection.get_view_restrictions()
    }
    everyones = {page.pk for page in _public(linked.values())}
    return {
        number
        for number, linking in linked.items()
        if number not in restricted and any(not isinstance(one, Page) or one.pk in everyones for one in linking)
    }


def _public(linking: Iterable[Iterable[Any]]) -> Iterator[Page]:
    pages = {one.pk for several in linking for one in several if isinstance(one, Page)}
    yield from outside(Page.objects.filter(pk__in=pages), private_sections())


def _linking(ids: Several[int]) -> dict[int, list[Any]]:
    """What links each of these documents and is published."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(get_document_model()),
        to_object_id__in=[str(number) for number in ids],
    ).values_list("base_content_type", "object_id", "to_object_id")
    sources: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for content_type, source, document in references.distinct():
        sources[content_type][source].add(int(document))
    found: dict[int, list[Any]] = {number: [] for number in ids}
    for content_type, documents in sources.items():
        model = ContentType.objects.get_for_id(content_type).model_class()
        if model is None:
            continue
        there = model._default_manager.filter(pk__in=list(documents))
        if issubclass(model, DraftStateMixin):
            there = there.filter(live=True)
        for one in there:
            for document in documents[str(one.pk)]:
                found[document].append(one)
    return found


def _may_read(request: HttpRequest, page: Page) -> bool:
    return all(restriction.accept_request(request) for restriction in page.get_view_restrictions())


def _is_editors(request: HttpRequest, document: AbstractDocument) -> bool:
    rights = policy_registry.get_by_type(type(document))
    return bool(
        request.user.has_perm("wagtailadmin.access_admin")
        and rights.user_has_any_permission_for_instance(request.user, ["choose", "change", "delete"], document)
    )
