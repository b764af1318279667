from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest
from django.test import Client, RequestFactory
from wagtail.models import Page, Site
from wagtail.models.sites import get_site_for_hostname

from cms.core.models import DepartmentSettings
from cms.core.sites import choose_site, find_site
from cms.home.models import HomePage, PlainPage
from cms.statistics.models import StatisticsSettings

HOSTS = ("a.example", "b.example", "c.example")
PORTS = (80, 8000)


def wagtails_choice(host: str, port: int) -> Site | None:
    try:
        return get_site_for_hostname(host, port)
    except Site.DoesNotExist:
        return None


@pytest.mark.parametrize("default", [("b.example", 80), ("b.example", 81), ("a.example", 80), ("d.example", 80), None])
def test_a_host_gets_the_site_that_wagtail_would_choose(home: HomePage, default: tuple[str, int] | None) -> None:
    others = [("a.example", 80), ("a.example", 8000), ("a.example", 81), ("b.example", 80)]
    for some in chain.from_iterable(combinations(others, size) for size in range(len(others) + 1)):
        Site.objects.all().delete()
        Site.objects.bulk_create(
            Site(hostname=host, port=port, root_page=home, is_default_site=(host, port) == default)
            for host, port in {*some, *([default] if default else [])}
        )
        sites = list(Site.objects.all())
        for host in HOSTS:
            for port in PORTS:
                assert choose_site(sites, host, port) == wagtails_choice(host, port), (some, default, host, port)


def test_wagtail_finds_site_addresses_and_settings_on_the_request(
    home: HomePage, django_assert_num_queries: Any
) -> None:
    site_of_home = home.get_site()
    DepartmentSettings.for_site(site_of_home)
    StatisticsSettings.for_site(site_of_home)
    request = RequestFactory().get("/", headers={"host": "localhost"})
    with django_assert_num_queries(1):
        site = find_site(request)

    with django_assert_num_queries(0):
        assert Site.find_for_request(request) == site == site_of_home
        assert home.get_url(request) == "/"
        assert DepartmentSettings.for_request(request).site_id == StatisticsSettings.for_request(request).site_id


def test_root_paths_are_in_the_order_of_wagtail(home: HomePage) -> None:
    below = home.add_child(instance=PlainPage(title="Phòng ban"))
    for number, root in enumerate((home, below, home, below)):
        Site.objects.create(hostname=f"{9 - number}.example", root_page=root)
    request = RequestFactory().get("/", headers={"host": "localhost"})

    find_site(request)

    assert request._wagtail_cached_site_root_paths == Site.get_site_root_paths()  # type: ignore[attr-defined]


def test_a_site_without_settings_gets_them_when_they_are_asked_for(home: HomePage) -> None:
    DepartmentSettings.objects.all().delete()
    request = RequestFactory().get("/", headers={"host": "localhost"})
    find_site(request)

    assert DepartmentSettings.for_request(request).name == "Sở Công Thương"


def test_what_another_process_changes_is_seen_by_the_next_request(home: HomePage, write: Any, client: Client) -> None:
    """No signal and no cache tells this process of a home page with another slug; its addresses stay right."""
    article = write("Bài")
    assert client.get(article.url, headers={"host": "localhost"}).status_code == 200

    for page in Page.objects.filter(depth__gt=1):
        Page.objects.filter(pk=page.pk).update(url_path=page.url_path.replace("/home/", "/trang-nha/", 1))
    Page.objects.filter(pk=home.pk).update(slug="trang-nha")

    html = client.get(article.url, headers={"host": "localhost"}).content.decode()
    assert 'data-t="' in html
    assert 'href=""' not in html
    assert 'class="nav__link nav__link--within" href="/tin-tuc/"' in html
