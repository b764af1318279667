"""Whatever keyboard a text came from, it is kept in one spelling."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import is_normalized, normalize

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.test import Client
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Site

from cms.core.models import DepartmentSettings
from cms.core.nfc import compose
from cms.news.models import NewsPage, Topic

TITLE = "Thi đua yêu nước ở Nghệ An: ệ, ữ, ở"
LOOSE = normalize("NFD", TITLE)

pytestmark = pytest.mark.django_db


def is_composed(*values: Any) -> bool:
    return all(is_normalized("NFC", str(value)) for value in values)


def test_pages_snippets_settings_pictures_and_documents_are_kept_composed(write: Any, site: Site) -> None:
    assert not is_normalized("NFC", LOOSE)
    body = [{"type": "paragraph", "value": f"<p>{LOOSE}</p>"}, {"type": "heading", "value": LOOSE}]
    table = {
        "caption": LOOSE,
        "columns": [{"type": "text", "heading": LOOSE}],
        "rows": [{"values": [LOOSE]}],
    }
    body.append({"type": "table", "value": {"table": table}})  # type: ignore[dict-item]
    page = write(LOOSE, author=LOOSE, seo_title=LOOSE, body=json.dumps(body))
    page.lead = LOOSE
    draft = page.save_revision()

    kept = NewsPage.objects.get(pk=page.pk)
    assert kept.title == TITLE
    assert is_composed(kept.author, kept.seo_title, json.dumps(list(kept.body.raw_data), ensure_ascii=False))
    assert kept.body[2].value["table"].caption == TITLE
    draft.refresh_from_db()
    assert is_composed(json.dumps(draft.content, ensure_ascii=False))
    assert draft.as_object().lead == TITLE

    topic = Topic.objects.create(name=LOOSE)
    settings = DepartmentSettings.for_site(site)
    settings.address = LOOSE
    settings.save()
    image = get_image_model().objects.create(title=LOOSE, description=LOOSE, file=get_test_image_file())
    document = get_document_model().objects.create(title=LOOSE, file=ContentFile(b"1", name="a.txt"))
    assert [topic.name, settings.address, image.title, image.description, document.title] == [TITLE] * 5
    assert isinstance(image.file, ImageFile) or image.file


def test_a_form_is_composed_before_it_is_checked(admin_client: Client) -> None:
    Topic.objects.create(name=TITLE[:60])

    answer = admin_client.post(
        reverse("wagtailsnippets_news_topic:add"), {"name": LOOSE}, headers={"host": "localhost"}
    )

    assert answer.status_code == 200  # the form again, with its complaint
    assert "errors" in answer.content.decode()
    assert Topic.objects.count() == 1


def test_a_password_is_what_was_typed(client: Client) -> None:
    User.objects.create_user("bien-tap", password=LOOSE)
    user = User.objects.get(username="bien-tap")

    assert user.check_password(LOOSE)
    answer = client.post("/admin/login/", {"username": "bien-tap", "password": LOOSE}, headers={"host": "localhost"})
    assert answer.wsgi_request.POST["password"] == LOOSE


def test_what_is_composed_stays_the_same_object() -> None:
    text = TITLE + " và nữa"
    assert compose(text) is text
    assert compose({"a": [LOOSE, 1, None]}) == {"a": [TITLE, 1, None]}
