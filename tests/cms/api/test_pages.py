"""Lists and single pages: which fields they have, which pages, and how a wrong question is answered."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.models import Locale, Page, Site
from wagtail_emulation.models import (
    AgreementSignatory,
    CitedDirective,
    Commendation,
    EmulationAgreement,
    EmulationIndexPage,
    EmulationPage,
)

from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage, Topic


def titles(answer: Any) -> list[str]:
    return [page["title"] for page in answer["items"]]


@pytest.fixture
def news(write: Any, home: HomePage) -> list[NewsPage]:
    """Three articles, published on the first three days of 2026 in the site's time zone."""
    topic = Topic.objects.create(name="Công nghiệp")
    articles = [
        write("Thi đua yêu nước", topic=topic, author="Thu Hà"),
        write("Phiên chợ hàng Việt", topic=topic),
        write("Tiết kiệm điện"),
    ]
    for number, article in enumerate(articles, start=1):
        at = timezone.make_aware(datetime.datetime(2026, 1, number, 6))  # the evening before in UTC
        NewsPage.objects.filter(pk=article.pk).update(
            first_published_at=at, last_published_at=at + datetime.timedelta(days=30), date=at.date()
        )
    return articles


def test_a_page_has_what_the_contract_says(news: list[NewsPage], ask: Any, site: Site) -> None:
    index = NewsIndexPage.objects.get()

    answer = ask(f"pages/{news[0].pk}/")

    statistics = answer.pop("statistics")
    assert statistics.keys() == {"views", "as_of", "token"}
    link = {"type": "news.NewsPage", "path": "/tin-tuc/phien-cho-hang-viet/"}
    assert answer["next"].items() >= link.items()
    assert [one["title"] for one in answer["related"]] == ["Phiên chợ hàng Việt", "Tiết kiệm điện"]
    assert {name: answer[name] for name in answer if name not in ("next", "related")} == {
        "id": news[0].pk,
        "title": "Thi đua yêu nước",
        "meta": {
            "type": "news.NewsPage",
            "detail_url": f"http://localhost/api/v2/pages/{news[0].pk}/",
            "html_url": "http://localhost/tin-tuc/thi-dua-yeu-nuoc/",
            "path": "/tin-tuc/thi-dua-yeu-nuoc/",
            "slug": "thi-dua-yeu-nuoc",
            "locale": "vi",
            "show_in_menus": False,
            "seo_title": "",
            "search_description": "",
            "first_published_at": "2025-12-31T23:00:00Z",
            "last_published_at": "2026-01-30T23:00:00Z",
            "parent": {
                "id": index.pk,
                "title": "Tin tức",
                "type": "news.NewsIndexPage",
                "path": "/tin-tuc/",
                "html_url": "http://localhost/tin-tuc/",
                "detail_url": f"http://localhost/api/v2/pages/{index.pk}/",
            },
            "breadcrumbs": [
                {"id": site.root_page_id, "title": site.root_page.title, "path": "/"},
                {"id": index.pk, "title": "Tin tức", "path": "/tin-tuc/"},
            ],
            "translations": [],
        },
        "date": "2026-01-01",
        "topic": {"id": news[0].topic_id, "name": "Công nghiệp", "slug": "cong-nghiep"},
        "lead": "Tóm tắt.",
        "image": None,
        "body": [],
        "author": "Thu Hà",
        "previous": None,
    }


def test_every_page_of_a_list_has_the_fields_of_its_own_type(news: list[NewsPage], ask: Any) -> None:
    by_type = {page["meta"]["type"]: page for page in ask("pages/", fields="*", limit=100)["items"]}

    assert "author" in by_type["news.NewsPage"]
    assert "featured" in by_type["home.HomePage"]
    assert "author" not in by_type["home.HomePage"]


def test_translations_are_the_published_ones(news: list[NewsPage], home: HomePage, ask: Any) -> None:
    english = Locale.objects.create(language_code="en")
    of_this = PlainPage(title="Patriotic emulation", locale=english, translation_key=news[0].translation_key)
    translated = home.add_child(instance=of_this)

    assert ask(f"pages/{news[0].pk}/")["meta"]["translations"] == [
        {"id": translated.pk, "locale": "en", "path": "/patriotic-emulation/"}
    ]
    assert titles(ask("pages/", translation_of=news[0].pk)) == ["Patriotic emulation"]
    assert titles(ask("pages/", locale="en")) == ["Patriotic emulation"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param("_", {"id", "meta"}, id="none"),
        pytest.param("_,lead", {"id", "meta", "lead"}, id="one alone"),
        pytest.param("lead,author", {"id", "title", "meta", "statistics", "lead", "author"}, id="added"),
        pytest.param("-statistics,-title", {"id", "meta"}, id="left out"),
        pytest.param(
            "*,-body,-image",
            {"id", "title", "meta", "statistics", "date", "topic", "lead", "author"},
            id="all but some",
        ),
    ],
)
def test_fields_chooses(news: list[NewsPage], ask: Any, fields: str, expected: set[str]) -> None:
    for page in ask("pages/", type="news.NewsPage", fields=fields)["items"]:
        assert page.keys() == expected


def test_fields_picks_from_many_fields(news: list[NewsPage], ask: Any) -> None:
    names = (
        "topic(name)",
        "parent(_,title)",
        "breadcrumbs(_,title)",
        "translations(id)",
        "related(_,id)",
        "next(_,id)",
    )
    page = ask(f"pages/{news[0].pk}/", fields=",".join(("_", *names)))

    assert page["next"] == {"id": news[1].pk}
    assert page["meta"]["breadcrumbs"][1] == {"title": "Tin tức"}


def test_fields_picks_from_a_field(news: list[NewsPage], ask: Any) -> None:
    page = ask(f"pages/{news[0].pk}/", fields="_,topic(_,slug),parent(-html_url,-detail_url,-path)")

    assert page["topic"] == {"slug": "cong-nghiep"}
    assert page["meta"] == {
        "type": "news.NewsPage",
        "parent": {"id": news[0].get_parent().pk, "title": "Tin tức", "type": "news.NewsIndexPage"},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"type": "home.HomePage,news.NewsIndexPage"}, {"Tin tức"}, id="types"),
        pytest.param({"slug": "tin-tuc"}, {"Tin tức"}, id="slug"),
        pytest.param({"topic": "cong-nghiep"}, {"Thi đua yêu nước", "Phiên chợ hàng Việt"}, id="topic"),
        pytest.param({"published_from": "2026-01-02"}, {"Phiên chợ hàng Việt", "Tiết kiệm điện"}, id="from a day"),
        pytest.param({"published_to": "2026-01-02"}, {"Thi đua yêu nước", "Phiên chợ hàng Việt"}, id="to a day"),
        pytest.param({"published_to": "2026-01-01T22:59:59Z"}, {"Thi đua yêu nước"}, id="to a time"),
        pytest.param({"modified_since": "2026-02-02"}, {"Tiết kiệm điện"}, id="modified"),
        pytest.param({"search": "thi dua"}, {"Thi đua yêu nước"}, id="search without diacritics"),
        pytest.param({"search": "THI ĐUA", "topic": "cong-nghiep"}, {"Thi đua yêu nước"}, id="search and filter"),
        pytest.param({"search": "thi dua", "type": "home.HomePage"}, set(), id="search in a type without it"),
        pytest.param({"search": "cho", "published_from": "2026-01-03"}, set(), id="search after a day"),
        pytest.param({"search": "khong co"}, set(), id="nothing found"),
        pytest.param({"slug": "khong-co"}, set(), id="no such slug"),
    ],
)
def test_filters_narrow_a_list(
    news: list[NewsPage], home: HomePage, ask: Any, query: dict[str, str], expected: set[str]
) -> None:
    answer = ask("pages/", limit=100, **query)

    assert set(titles(answer)) - {home.title} == expected
    assert answer["meta"]["total_count"] == len(answer["items"])


def test_the_tree_is_walked_up_and_down(news: list[NewsPage], home: HomePage, ask: Any) -> None:
    index = NewsIndexPage.objects.get()

    assert set(titles(ask("pages/", child_of=index.pk))) == {article.title for article in news}
    assert titles(ask("pages/", child_of="root")) == ["Tin tức"]
    assert len(titles(ask("pages/", descendant_of="root"))) == 4
    assert titles(ask("pages/", ancestor_of=news[0].pk)) == [home.title, "Tin tức"]
    assert titles(ask("pages/", ancestor_of="root")) == []
    assert titles(ask("pages/", descendant_of="root", type="news.NewsPage", search="cho")) == ["Phiên chợ hàng Việt"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"order": "title"}, ["Phiên chợ hàng Việt", "Thi đua yêu nước", "Tiết kiệm điện"]),
        ({"order": "-first_published_at"}, ["Tiết kiệm điện", "Phiên chợ hàng Việt", "Thi đua yêu nước"]),
        ({"order": "author,-date"}, ["Tiết kiệm điện", "Phiên chợ hàng Việt", "Thi đua yêu nước"]),
        ({"order": "id", "search": "tom tat"}, ["Thi đua yêu nước", "Phiên chợ hàng Việt", "Tiết kiệm điện"]),
        ({"search": "tom tat"}, ["Tiết kiệm điện", "Phiên chợ hàng Việt", "Thi đua yêu nước"]),
        ({"order": "id", "limit": "1", "offset": "1"}, ["Phiên chợ hàng Việt"]),
        ({"search": "tom tat", "limit": "1", "offset": "1"}, ["Phiên chợ hàng Việt"]),
        ({"limit": "0"}, []),
        ({"offset": "2000000000"}, []),
    ],
)
def test_a_list_has_an_order_and_a_window(
    news: list[NewsPage], ask: Any, query: dict[str, str], expected: list[str]
) -> None:
    answer = ask("pages/", type="news.NewsPage", **query)

    assert titles(answer) == expected
    assert answer["meta"]["total_count"] == 3


WRONG = [
    ("serch=cho", "serch", "Did you mean search?"),
    ("limit=101", "limit", "from 0 to 100"),
    ("limit=-1", "limit", "whole number"),
    ("limit=²", "limit", "whole number"),
    ("offset=99999999999999999999999", "offset", "whole number"),
    ("offset=", "offset", "whole number"),
    ("type=news.NewsPage&type=home.HomePage", "type", "Give it once."),
    ("type=news.Topic", "type", "Known are"),
    ("type=wagtailcore.Page", "type", "Known are"),
    ("type=auth.User", "type", "Known are"),
    ("child_of=abc", "child_of", "id of a page, or root"),
    ("child_of=0", "child_of", "id of a page, or root"),
    ("descendant_of=9223372036854775808", "descendant_of", "id of a page, or root"),
    ("ancestor_of=987654", "ancestor_of", "There is no page 987654."),
    ("translation_of=", "translation_of", "id of a page"),
    ("locale=xx", "locale", "no locale 'xx'"),
    ("slug=a%00b", "slug", "NUL"),
    ("topic=khong-co", "topic", "There is no topic"),
    ("topic=cong-nghiep&type=home.HomePage", "topic", "has a topic"),
    ("published_from=hom-qua", "published_from", "2026-11-29"),
    ("published_from=2026-02-30", "published_from", "2026-11-29"),
    ("published_to=9999-12-31", "published_to", "2026-11-29"),
    ("published_from=2026-01-01T00:00:00", "published_from", "2026-11-29"),
    ("published_from=0001-01-01T00:00:00%2B14:00", "published_from", "2026-11-29"),
    ("search=", "search", "at least one letter"),
    ("search=%C2%B7", "search", "words"),
    ("search=" + "a+" * 17, "search", "at most 16"),
    ("order=owner", "order", "Known are id, title"),
    ("order=date", "order", "with type="),
    ("order=-", "order", "Known are"),
    ("order=?", "order", "Known are"),
    ("order=--title", "order", "Known are"),
    ("fields=", "fields", "separated by commas"),
    ("fields=a b", "fields", "whitespace"),
    ("fields=lead)", "fields", "')'"),
    ("fields=" + "image(" * 6, "fields", "at most"),
    ("fields=previous", "fields", "detail_url"),
    ("fields=_,titel", "fields", "Did you mean title?"),
    ("fields=meta(path)", "fields", "by its own name, such as path"),
    ("fields=title(x)", "fields", "no fields of its own"),
    ("fields=image(owner)", "fields", "image has no owner; it has alt"),
    ("fields=agreements(signatories(name))", "fields", "not from theirs"),
    ("rich_text_format=db_html", "rich_text_format", "no such parameter"),
    ("site=khac.example", "site", "no such parameter"),
    ("format=api", "format", "no such parameter"),
]


@pytest.mark.parametrize(("query", "parameter", "words"), WRONG, ids=[query[:40] for query, *_ in WRONG])
def test_a_wrong_question_is_refused_by_name(client: Any, site: Site, query: str, parameter: str, words: str) -> None:
    Topic.objects.create(name="Công nghiệp")

    answer = client.get(f"/api/v2/pages/?{query}", headers={"host": "localhost"})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert problem.keys() == {"type", "title", "status", "detail", "errors"}
    assert [error["parameter"] for error in problem["errors"]] == [parameter]
    assert words in problem["errors"][0]["detail"]


def test_every_fault_is_told_at_once(ask: Any, site: Site) -> None:
    problem = ask("pages/", status=400, limit="x", offset="y", nonsense="z")

    assert {error["parameter"] for error in problem["errors"]} == {"limit", "offset", "nonsense"}


@pytest.mark.parametrize("pk", ["0", "987654", "99999999999999999999999999"])
def test_a_page_that_is_not_there(ask: Any, site: Site, pk: str) -> None:
    problem = ask(f"pages/{pk}/", status=404)

    assert problem["title"] == "Not found"


def test_a_live_page_below_one_that_was_taken_down_has_no_parent(home: HomePage, ask: Any) -> None:
    above = home.add_child(instance=PlainPage(title="Ở trên"))
    below = above.add_child(instance=PlainPage(title="Ở dưới"))
    Page.objects.filter(pk=above.pk).update(live=False)

    meta = ask(f"pages/{below.pk}/")["meta"]

    assert meta["parent"] is None
    assert [one["id"] for one in meta["breadcrumbs"]] == [home.pk]


def test_a_page_of_a_type_that_the_site_has_no_more_is_none(home: HomePage, ask: Any) -> None:
    gone = home.add_child(instance=PlainPage(title="Loại đã bỏ"))
    bare = home.add_child(instance=Page(title="Không loại"))
    Page.objects.filter(pk=gone.pk).update(
        content_type=ContentType.objects.create(app_label="home", model="a_type_of_before")
    )

    assert titles(ask("pages/", fields="*")) == [home.title]
    for page in (gone, bare):
        ask(f"pages/{page.pk}/", status=404)


def test_an_emulation_page_has_its_rows(home: HomePage, ask: Any) -> None:
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua", slug="thi-dua"))
    page = EmulationPage(title="Hội nghị", slug="hoi-nghi", event_date="2026-01-05", lead="Sapo", place="Hội trường")
    page.event_kinds = ["signing", "conference"]
    page.agreements = [
        EmulationAgreement(
            year=2026,
            commitments=f'<a linktype="page" id="{index.pk}">x</a>',
            signatories=[AgreementSignatory(name="Phòng A")],
        )
    ]
    page.commendations = [
        Commendation(name="Phòng B", award="Giấy khen"),
        Commendation(recipient_kind="individual", name="Bà C", name_withheld=True, award="Bằng khen"),
    ]
    page.directives = [CitedDirective(number="05-CT/TW", issuer="Bộ Chính trị")]
    index.add_child(instance=page)

    answer = ask(f"pages/{page.pk}/")

    assert answer["event_kinds"] == ["conference", "signing"]
    assert (answer["event_date"], answer["event_end_date"], answer["place"]) == ("2026-01-05", None, "Hội trường")
    assert [(one["year"], one["heading"], one["commitments"]) for one in answer["agreements"]] == [
        (2026, "Giao ước thi đua năm 2026", '<a href="http://localhost/thi-dua/">x</a>')
    ]
    assert [one["name"] for one in answer["agreements"][0]["signatories"]] == ["Phòng A"]
    assert [one["public_name"] for one in answer["commendations"]] == ["Phòng B", "(không công bố tên)"]
    assert answer["directives"][0]["number"] == "05-CT/TW"
    assert answer["image"] is None
