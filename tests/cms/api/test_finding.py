"""`pages/find/`: an address of the site, as people and old links write it, leads to its page."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from json_schema import faults_in
from pytest_django import DjangoAssertNumQueries
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction, Site

from cms.api.finding import MOST_REDIRECTS
from cms.api.schema.contributions import openapi
from cms.home.models import HomePage, PlainPage

pytestmark = pytest.mark.django_db

Ask = Callable[..., Any]


def below(parent: Page, slug: str, **more: Any) -> PlainPage:
    page: PlainPage = parent.add_child(instance=PlainPage(title=slug.title(), slug=slug, **more))
    return page


@pytest.fixture
def page(home: HomePage) -> PlainPage:
    return below(below(home, "gioi-thieu"), "co-cau")


@pytest.fixture
def find(ask: Ask) -> Ask:
    """The answer to a path, which must be as the document says."""

    def find(path: str, **more: Any) -> Any:
        found = ask("pages/find/", path=path, **more)
        operation = openapi()["paths"]["/api/v2/pages/find/"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert faults_in(found, schema, openapi()) == []
        return found

    return find


def test_a_page_is_found_at_its_path_as_its_own_address_has_it(client: Client, ask: Ask, page: PlainPage) -> None:
    answer = client.get("/api/v2/pages/find/", {"path": "/gioi-thieu/co-cau/"}, headers={"host": "localhost"})
    detail = ask(f"pages/{page.pk}/")
    assert answer.status_code == 200
    assert answer.json() == detail
    assert answer["Content-Location"] == detail["meta"]["detail_url"]


def test_the_root_page_is_at_a_slash(find: Ask, home: HomePage) -> None:
    assert find("/")["id"] == home.pk


@pytest.mark.parametrize(
    "path",
    [
        "/gioi-thieu/co-cau",
        "//gioi-thieu//co-cau//",
        "/gioi%2Dthieu/co%2dcau/",
        "/gioi-thieu/co-cau/?utm_source=zalo",
        "/gioi-thieu/co-cau/#phan-2",
        unicodedata.normalize("NFD", "/gioi-thieu/co-cau/"),
    ],
)
def test_it_is_taken_as_people_write_it(find: Ask, page: PlainPage, path: str) -> None:
    found = find(path)
    assert found["id"] == page.pk
    assert "redirected" not in found["meta"]


def test_large_letters_lead_to_the_page_as_a_redirect_does(find: Ask, page: PlainPage) -> None:
    found = find("/Gioi-Thieu/CO-CAU/", fields="_,title")
    assert (found["id"], found["title"]) == (page.pk, page.title)
    assert found["meta"]["redirected"] == {
        "from": "/Gioi-Thieu/CO-CAU/",
        "to": "/gioi-thieu/co-cau/",
        "permanent": True,
    }


OLD = "/tin/đổi-mới"


@pytest.mark.parametrize(
    "path", [OLD, f"{OLD}/", quote(OLD), unicodedata.normalize("NFD", OLD), quote(unicodedata.normalize("NFD", OLD))]
)
def test_a_redirect_of_the_portal_is_followed_however_its_address_is_written(
    find: Ask, page: PlainPage, path: str
) -> None:
    Redirect.add_redirect(OLD, redirect_to=page, is_permanent=False)
    found = find(path)
    assert found["id"] == page.pk
    assert found["meta"]["redirected"]["to"] == "/gioi-thieu/co-cau/"
    assert found["meta"]["redirected"]["permanent"] is False


def test_an_address_of_this_site_in_a_redirect_is_followed_to_its_page(find: Ask, page: PlainPage) -> None:
    Redirect.add_redirect("/mot", redirect_to="http://localhost/hai/")
    Redirect.add_redirect("/hai", redirect_to="/gioi-thieu/co-cau/", is_permanent=False)
    redirected = find("/mot/")["meta"]["redirected"]
    assert redirected == {"from": "/mot/", "to": "/gioi-thieu/co-cau/", "permanent": False}


@pytest.mark.parametrize(
    "link", ["https://chinhphu.vn/a?b=1", "http://localhost.evil.example/x/", "http://localhost/documents/3/a.pdf"]
)
def test_a_redirect_out_of_the_tree_of_pages_is_told(find: Ask, site: Site, link: str) -> None:
    Redirect.add_redirect("/ra", redirect_to=link, is_permanent=False)
    assert find("/ra/") == {"redirect": {"to": link, "permanent": False}}


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "//evil.example/x", "/\\evil.example", "data:text/html,x", "/a\r\nX-Evil: 1", "x", ""],
)
def test_a_redirect_that_no_front_end_should_follow_is_none(ask: Ask, site: Site, link: str) -> None:
    Redirect.objects.create(old_path="/ra", redirect_link=link)

    ask("pages/find/", path="/ra", status=404)
    assert ask("site/")["redirects"] == []


def test_a_redirect_with_a_query_goes_before_one_without(find: Ask, page: PlainPage, home: HomePage) -> None:
    Redirect.add_redirect("/default.aspx", redirect_to=home)
    Redirect.add_redirect("/default.aspx?id=7", redirect_to=page)
    assert find("/default.aspx?id=7")["id"] == page.pk
    assert find("/default.aspx?id=8")["id"] == home.pk


def test_the_sites_own_redirect_goes_before_that_of_every_site_and_another_sites_is_none(
    ask: Ask, find: Ask, page: PlainPage, home: HomePage, site: Site
) -> None:
    other = Site.objects.create(hostname="other.example", root_page=below(home.get_parent(), "khac"))
    Redirect.add_redirect("/cu", redirect_to=home)
    Redirect.add_redirect("/cu", redirect_to=page, site=site)
    Redirect.add_redirect("/khac", redirect_to=page, site=other)
    assert find("/cu")["id"] == page.pk
    ask("pages/find/", path="/khac", status=404)


def test_redirects_in_a_circle_end(ask: Ask, site: Site) -> None:
    Redirect.add_redirect("/mot", redirect_to="/hai")
    Redirect.add_redirect("/hai", redirect_to="/mot")
    assert str(MOST_REDIRECTS) in ask("pages/find/", path="/mot", status=404)["detail"]


def test_what_not_everybody_may_read_is_not_there_by_path_or_by_redirect(
    ask: Ask, home: HomePage, page: PlainPage
) -> None:
    draft = below(home, "nhap", live=False)
    private = below(home, "rieng")
    inside = below(private, "trong")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    elsewhere = below(home.get_parent(), "khac")  # of no site
    Redirect.add_redirect("/khac", redirect_to=elsewhere)
    for hidden in (draft, private, inside):
        path = f"/{hidden.url_path.removeprefix(home.url_path)}"
        Redirect.add_redirect(f"/cu-{hidden.slug}", redirect_to=hidden)
        for asked in (path, path.upper(), f"/cu-{hidden.slug}/"):
            refused = ask("pages/find/", path=asked, status=404)
            assert hidden.title not in str(refused)
    ask("pages/find/", path="/khac/", status=404)


def test_a_page_of_another_site_that_a_redirect_leads_to_is_told_and_not_shown(
    find: Ask, site: Site, home: HomePage
) -> None:
    root = below(home.get_parent(), "khac")
    Site.objects.create(hostname="other.example", root_page=root)
    Redirect.add_redirect("/sang", redirect_to=below(root, "bai"))
    assert find("/sang/") == {"redirect": {"to": "http://other.example/bai/", "permanent": True}}


@pytest.mark.parametrize(
    "path",
    ["", "gioi-thieu", "https://localhost/", "/" + "x" * 2_000, "/\0", "/a\0b/", "/%00/"],
)
def test_what_is_no_address_is_refused_in_words(ask: Ask, site: Site, path: str) -> None:
    refused = ask("pages/find/", path=path, status=400)
    assert refused["errors"][0]["parameter"] == "path"


@pytest.mark.parametrize(
    "path",
    [
        "/khong-co/",
        "//[",
        "/%",
        "/%ff/",
        "/..",
        "/a;b",
        "/" + "x/" * 99,
        "/a?b#c?d",
        "/\ud7ff",
        "//evil.example",
    ],
)
def test_what_is_not_there_is_not_found_and_never_a_fault(ask: Ask, site: Site, path: str) -> None:
    assert ask("pages/find/", path=path, status=404)["status"] == 404


def test_a_path_is_needed_and_other_parameters_are_refused(ask: Ask, site: Site) -> None:
    assert ask("pages/find/", status=400)["errors"][0]["parameter"] == "path"
    assert ask("pages/find/", status=400, path="/", html_path="/")["errors"][0]["parameter"] == "html_path"


def test_a_deeper_page_takes_no_more_queries(
    find: Ask, home: HomePage, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries: Any
) -> None:
    near = below(home, "gan")
    far: Page = home
    for number in range(12):
        far = below(far, f"cap-{number}")
    with django_assert_max_num_queries(8) as taken:
        assert find("/gan/")["id"] == near.pk
    path = f"/{far.url_path.removeprefix(home.url_path)}"
    with django_assert_num_queries(len(taken.captured_queries)):
        assert find(path)["id"] == far.pk
