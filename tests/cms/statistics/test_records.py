"""What the CMS tells of its pages is the same whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from cms.news.models import Topic
from cms.statistics.records import CmsRecords

pytestmark = pytest.mark.django_db


def test_pages_are_told_of_in_the_language_of_the_site(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    article = write("Mùa vàng", author="Lan", topic=Topic.objects.create(name="Công nghiệp"))
    with translation.override("en"):
        facts = CmsRecords().page_facts()[article.pk]
    assert (facts.title, facts.author, facts.category) == ("Mùa vàng", "Lan", "Công nghiệp")
    assert (facts.unit, facts.page_type) == ("Tin tức", "Bài viết")
    assert not facts.deleted


def test_of_a_deleted_page_its_title_is_still_known(write: Any) -> None:
    article = write("Trang cũ")
    page = article.pk
    article.delete()
    facts = CmsRecords().page_facts()[page]
    assert (facts.title, facts.deleted) == ("Trang cũ", True)
