"""How many queries an answer takes of twenty thousand pages: as many as of a few."""

from __future__ import annotations

from typing import Any

import pytest
from copies import copy_article
from counting_queries import count

from cms.announcing.noticing import announce
from cms.news.models import NewsPage

MANY = 20_000


@pytest.mark.usefixtures("all_renditions_at_once")
def test_no_answer_takes_more_of_20_000_pages_than_of_a_few(article: NewsPage, ask: Any) -> None:
    path, index = article.get_url(), article.get_parent().pk
    asked: list[tuple[str, dict[str, Any]]] = [
        ("pages/", {}),
        ("pages/", {"limit": 100, "fields": "*"}),
        ("pages/", {"child_of": index, "order": "-date", "type": "news.NewsPage", "fields": "lead,image,breadcrumbs"}),
        ("pages/", {"descendant_of": "root", "order": "title", "offset": 2}),
        ("pages/", {"published_from": "2020-01-01", "modified_since": "2020-01-01"}),
        ("pages/", {"search": "bai"}),
        (f"pages/{article.pk}/", {}),
        ("pages/find/", {"path": path}),
        ("site/", {}),
        ("images/", {}),
        ("images/", {"fields": "_,title,renditions(_,full)"}),
        ("topics/", {}),
        ("pages/", {"event_date_from": "2020-01-01", "event_date_to": "2030-01-01"}),
        ("changes/", {"limit": 100}),
    ]
    announce()
    few = [count(ask, address, **query) for address, query in asked]
    copy_article(article, MANY)
    while announce():
        pass

    many = [count(ask, address, **query) for address, query in asked]

    assert ask("pages/")["meta"]["total_count"] > MANY
    assert [
        (*question, number) for question, number, before in zip(asked, many, few, strict=True) if number > before
    ] == []
