"""Who is offered reports, and the bound on an editor's own pages: as many as one question can hold, beside what is
chosen on the screen."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.models import Site

from cms.statistics.reports.permissions import MOST_PAGES, Scope
from cms.workflow.roles import NAMES, Role
from pipeline.reports.question import read_question

TODAY = date(2026, 11, 29)


def test_a_question_holds_as_many_pages_as_an_editor_may_have() -> None:
    pages = tuple(range(10_000_000 - MOST_PAGES, 10_000_000))
    chosen = ["is", "source", ["x" * 200] * 20]
    question = read_question(
        {"metrics": ["views"], "date_range": "7d", "filters": [*Scope(False, pages).filters, chosen]}, today=TODAY
    )
    assert len(question.filters.parts) == 2


def test_an_author_is_offered_reports_once_there_is_a_page_of_theirs(site: Site, write: Any) -> None:
    author = get_user_model().objects.create_user("tac-gia")
    author.groups.add(Group.objects.get(name=NAMES[Role.AUTHOR]))
    client = Client(headers={"host": "localhost"})
    client.force_login(author)
    page = write("Bài của người khác")

    assert "/admin/reports/traffic/" not in client.get("/admin/").content.decode()
    page.owner = author
    page.save()
    assert "/admin/reports/traffic/" in client.get("/admin/").content.decode()
    assert client.get("/admin/reports/traffic/", follow=True).status_code in {200, 503}
