"""A document is for staff until a page that links it is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from linking import publish_link
from wagtail.documents import get_document_model
from wagtail.models import CollectionViewRestriction, PageViewRestriction

from cms.core.documents.publicity import public_documents


@pytest.fixture
def document(db: None, settings: Any, tmp_path: Path) -> Any:
    settings.MEDIA_ROOT = tmp_path
    return get_document_model().objects.create(title="Thông tư", file=ContentFile(b"Nguyen van", "thong-tu.txt"))


@pytest.fixture
def staff(admin_user: Any, settings: Any) -> Client:
    settings.SIGN_IN = type(settings.SIGN_IN)(second_factor_days=None)
    client = Client()
    client.force_login(admin_user)
    return client


def status(client: Client, document: Any) -> int:
    answer = client.get(document.url, headers={"host": "localhost"})
    if answer.streaming:
        answer.getvalue()
    return answer.status_code


def is_public(document: Any) -> bool:
    """As readers find it, and as the listing says."""
    found = status(Client(), document) == 200
    assert (document.pk in public_documents([document.pk])) is found
    return found


def test_it_becomes_public_with_the_page_that_links_it_and_private_again(document: Any, staff: Client) -> None:
    assert status(Client(), document) == 404
    assert status(staff, document) == 200

    page = publish_link(document, live=False)
    page.save_revision()
    assert not is_public(document)

    page.get_latest_revision().publish()
    assert is_public(document)

    page.refresh_from_db()
    page.unpublish()
    assert not is_public(document)


def test_a_draft_of_a_public_page_publishes_nothing(document: Any) -> None:
    other = get_document_model().objects.create(title="Khác", file=ContentFile(b"Khac", "khac.txt"))
    page = publish_link(other)
    page.body = publish_link(document, live=False).body
    draft = page.save_revision()
    assert not is_public(document)
    assert is_public(other)

    draft.publish()
    assert is_public(document)
    assert not is_public(other)


def test_pages_and_collections_with_restrictions_decide_by_these(document: Any) -> None:
    page = publish_link(document)
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    reader = Client()
    reader.force_login(get_user_model()._default_manager.create_user("doc-gia"))
    assert not is_public(document)
    assert status(reader, document) == 200

    restriction.delete()
    CollectionViewRestriction.objects.create(
        collection=document.collection, restriction_type=CollectionViewRestriction.LOGIN
    )
    assert status(Client(), document) == 302
    assert document.pk not in public_documents([document.pk])


def test_the_listing_and_the_chooser_say_which_are_public(document: Any, staff: Client) -> None:
    listing, chooser = "/admin/documents/", "/admin/documents/chooser/"
    for path in (listing, chooser, "/admin/documents/results/", "/admin/documents/chooser/results/"):
        shown = staff.get(path)
        text = shown.json()["html"] if path == chooser else shown.content.decode()
        assert "Chỉ cán bộ" in text
    publish_link(document)
    assert "Mọi người" in staff.get(listing).content.decode()
    assert "Mọi người" in staff.get("/admin/documents/chooser/results/").content.decode()
