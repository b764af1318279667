from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from wagtail.models import Page, PageViewRestriction
from wagtail.url_routing import RouteResult

from cms.core.routing import route
from cms.core.surroundings import outside, surroundings_of
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage


def request_of(path: str) -> Any:
    return RequestFactory().get(path, headers={"host": "localhost"})


@pytest.fixture
def tree(home: HomePage, write: Any) -> None:
    write("Bài", slug="bai")
    write("Nháp", slug="nhap", live=False)
    about = home.add_child(instance=PlainPage(title="Giới thiệu", slug="gioi-thieu"))
    about.add_child(instance=PlainPage(title="Lịch sử", slug="lich-su"))
    draft = home.add_child(instance=PlainPage(title="Chưa đăng", slug="chua-dang", live=False))
    draft.add_child(instance=PlainPage(title="Đã đăng", slug="da-dang"))


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("/", "home", id="home"),
        pytest.param("/tin-tuc/", "tin-tuc", id="child"),
        pytest.param("/tin-tuc/bai/", "bai", id="grandchild"),
        pytest.param("/tin-tuc//bai/", "bai", id="two slashes"),
        pytest.param("/chua-dang/da-dang/", "da-dang", id="published below a draft"),
        pytest.param("/chua-dang/", None, id="draft"),
        pytest.param("/tin-tuc/nhap/", None, id="draft article"),
        pytest.param("/gioi-thieu/bai/", None, id="below another page"),
        pytest.param("/bai/", None, id="without its parent"),
        pytest.param("/tin-tuc/bai/lich-su/", None, id="nothing below an article"),
        pytest.param("/khong/lich-su/", None, id="unknown parent"),
        pytest.param("/TIN-TUC/", None, id="capitals"),
        pytest.param("/home/", None, id="slug of the home page"),
    ],
)
def test_an_address_leads_where_wagtail_would_lead(path: str, found: str | None) -> None:
    ours, wagtails = route(request_of(path)), Page.route_for_request(request_of(path), path)

    assert (ours[0].slug if ours else None) == found
    assert (ours and tuple(ours)) == (wagtails and tuple(wagtails))
    assert ours is None or type(ours[0]) is type(wagtails[0])


def test_a_page_type_with_a_route_of_its_own_takes_over(
    home: HomePage, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("Bài", slug="bai")
    monkeypatch.setattr(NewsIndexPage, "route", lambda page, _request, rest: RouteResult(page, args=tuple(rest)))

    result = route(request_of("/tin-tuc/bai/2026/"))

    assert result is not None
    assert isinstance(result[0], NewsIndexPage)
    assert result[1] == ("bai", "2026")


@pytest.mark.parametrize("private", ["home", "gioi-thieu", "lich-su"])
def test_a_private_page_and_all_below_it_ask_for_a_login(tree: None, client: Client, private: str) -> None:
    about = PlainPage.objects.get(slug="gioi-thieu")
    alias = about.create_alias(parent=Page.objects.get(slug="home"), update_slug="ban-sao", recursive=True)
    restricted = Page.objects.get(slug=private, url_path__startswith="/home/", alias_of=None)
    PageViewRestriction.objects.create(page=restricted, restriction_type=PageViewRestriction.LOGIN)

    answers = {path: client.get(path, headers={"host": "localhost"}).status_code for path in (about.url, alias.url)}
    below = client.get(f"{about.url}lich-su/", headers={"host": "localhost"})
    below_alias = client.get(f"{alias.url}lich-su/", headers={"host": "localhost"})

    assert below.status_code == below_alias.status_code == 302
    assert below["Location"].startswith("/admin/login/")
    assert set(answers.values()) == ({200} if private == "lich-su" else {302})


def test_a_page_that_is_deleted_while_it_is_asked_for_is_not_found(tree: None) -> None:
    request = request_of("/gioi-thieu/")
    surroundings_of(request)
    Page.objects.get(slug="gioi-thieu").delete()

    assert route(request) is None


@pytest.mark.django_db
def test_an_address_deeper_than_any_tree_leads_nowhere_and_asks_for_no_more_than_a_tree_has(
    home: HomePage, django_assert_max_num_queries: Any
) -> None:
    request = request_of("/" + "a/" * 31_000)

    with django_assert_max_num_queries(3) as asked:
        assert route(request) is None
    assert max(len(query["sql"]) for query in asked.captured_queries) < 20_000


@pytest.mark.django_db
def test_an_alias_of_a_private_page_is_in_no_list(home: HomePage, write: Any) -> None:
    article = write("Nội bộ", slug="noi-bo")
    article.create_alias(parent=article.get_parent(), update_slug="bi-danh")
    PageViewRestriction.objects.create(page=article, restriction_type="login")

    html = Client().get("/tin-tuc/").content.decode()

    assert "Nội bộ" not in html
    assert "bi-danh" not in Client().get("/").content.decode()


@pytest.mark.django_db
def test_thousands_of_private_sections_can_be_left_out(home: HomePage, write: Any) -> None:
    article = write("Bài")
    sections = [f"{home.path}Z{number:03d}" for number in range(1000)] + [
        f"{home.path}ZZZZ{number:04d}" for number in range(2000)
    ]

    assert article.page_ptr in outside(Page.objects.all(), sections)
    without = set(outside(Page.objects.all(), [*sections, article.path]))
    assert article.page_ptr not in without
    assert home.page_ptr in without
