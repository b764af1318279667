"""Feeds, sitemaps, topics and what pages tell machines: valid, whole addresses, and only what everybody may read."""

from __future__ import annotations

import datetime
import html
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Locale, Page, PageViewRestriction, Site
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
from wagtail_factories import ImageFactory

from cms.core.models import DepartmentSettings
from cms.found import sitemaps
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage, Topic

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
ROOT = "http://localhost"


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def topic(db: None) -> Topic:
    return Topic.objects.create(name="Công nghiệp – Điện lực")


def get(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, path
    return response


def xml(client: Client, path: str) -> ElementTree.Element:
    return ElementTree.fromstring(get(client, path).content)


@pytest.fixture
def hidden(home: HomePage, write: Any, topic: Topic) -> list[str]:
    """Titles of articles that not everybody may read."""
    write("Bản nháp", topic=topic, live=False)
    other = Page.objects.get(depth=1).add_child(instance=HomePage(title="Khác", slug="khac"))
    Site.objects.create(hostname="khac.example", root_page=other)
    index = other.add_child(instance=NewsIndexPage(title="Tin", slug="tin"))
    index.add_child(instance=NewsPage(title="Bài của trang khác", lead="Tóm tắt.", topic=topic))
    private = home.add_child(instance=NewsIndexPage(title="Nội bộ", slug="noi-bo"))
    private.add_child(instance=NewsPage(title="Bài nội bộ", lead="Tóm tắt.", topic=topic))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    return ["Bản nháp", "Bài của trang khác", "Bài nội bộ", "Nội bộ"]


def test_a_topic_has_an_address_without_diacritics_that_stays(db: None) -> None:
    first = Topic.objects.create(name="Điện lực")
    second = Topic.objects.create(name="Điện-lực!")

    assert (first.slug, second.slug) == ("dien-luc", "dien-luc-2")
    first.name = "Năng lượng"
    first.save()
    assert first.get_absolute_url() == "/chuyen-muc/dien-luc/"


@pytest.mark.parametrize("of_topic", [False, True])
def test_feeds_have_the_latest_articles_with_whole_addresses(
    client: Client, write: Any, topic: Topic, hidden: list[str], of_topic: bool
) -> None:
    article = write("Khởi công <nhà máy> & đường \x0b", topic=topic, author="Thanh Bình")
    write("Không chuyên mục")
    below = f"/chuyen-muc/{topic.slug}" if of_topic else ""
    expected = ["Khởi công <nhà máy> & đường "] if of_topic else ["Không chuyên mục", "Khởi công <nhà máy> & đường "]

    rss = xml(client, f"{below}/rss.xml")
    atom = xml(client, f"{below}/atom.xml")

    assert [item.findtext("title") for item in rss.iter("item")] == expected
    assert [item.findtext(f"{ATOM}title") for item in atom.iter(f"{ATOM}entry")] == expected
    item = list(rss.iter("item"))[-1]
    assert item.findtext("link") == f"{ROOT}/tin-tuc/{article.slug}/"
    assert item.findtext("category") == topic.name
    assert item.findtext("guid") == f"{ROOT}/#{article.pk}"
    own = rss.find(f"channel/{ATOM}link")
    assert own is not None
    assert own.get("href") == f"{ROOT}{below}/rss.xml"
    response = get(client, f"{below}/rss.xml")
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert get(client, f"{below}/atom.xml")["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response["Cache-Control"].startswith("public")
    assert client.head(f"{below}/rss.xml").status_code == 200
    assert client.post(f"{below}/rss.xml").status_code == 405


def test_a_feed_says_when_it_changed_and_takes_few_queries(client: Client, write: Any) -> None:
    write("Một").save_revision().publish()
    get(client, "/rss.xml")
    with CaptureQueriesContext(connection) as queries:
        response = get(client, "/rss.xml")

    assert len(queries) <= 5
    assert "Last-Modified" in response


def test_a_topic_page_lists_its_articles_and_its_feeds(
    client: Client, write: Any, topic: Topic, hidden: list[str]
) -> None:
    for number in range(11):
        write(f"Bài {number}", topic=topic, date=datetime.date(2026, 1, 1 + number), image=ImageFactory())
    write("Không chuyên mục")

    get(client, f"/chuyen-muc/{topic.slug}/")
    with CaptureQueriesContext(connection) as queries:
        page = get(client, f"/chuyen-muc/{topic.slug}/").content.decode()
    second = get(client, f"/chuyen-muc/{topic.slug}/?page=2").content.decode()

    assert len(queries) <= 8
    assert re.findall(r'card__link" href="[^"]*">(.*?)<', page) == [f"Bài {number}" for number in range(10, 1, -1)]
    assert "Bài 0" in second
    assert f'href="/chuyen-muc/{topic.slug}/rss.xml"' in page
    assert f'rel="canonical" href="{ROOT}/chuyen-muc/{topic.slug}/"' in page
    assert f'rel="canonical" href="{ROOT}/chuyen-muc/{topic.slug}/?page=2"' in second
    for title in (*hidden, "Không chuyên mục"):
        assert title not in page
    assert client.get("/chuyen-muc/khong-co/").status_code == 404
    assert client.get(f"/chuyen-muc/{topic.slug}/?page=abc").status_code == 200


def test_the_sitemap_has_every_public_page_and_nothing_else(
    client: Client, home: HomePage, write: Any, topic: Topic, hidden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "AT_ONCE", 2)
    articles = [write(f"Bài {number}", topic=topic) for number in range(3)]

    index = [at.text for at in xml(client, "/sitemap.xml").iter(f"{MAP}loc")]
    assert index == [
        *(f"{ROOT}/sitemap-{part}.xml" for part in (1, 2, 3)),
        f"{ROOT}/sitemap-topics.xml",
        f"{ROOT}/sitemap-news.xml",
    ]
    listed = [at.text for part in (1, 2, 3) for at in xml(client, f"/sitemap-{part}.xml").iter(f"{MAP}loc")]
    assert listed == [f"{ROOT}/", f"{ROOT}/tin-tuc/", *(f"{ROOT}/tin-tuc/{one.slug}/" for one in articles)]
    assert client.get("/sitemap-4.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404
    assert client.get(f"/sitemap-{'9' * 30}.xml").status_code == 404
    assert [at.text for at in xml(client, "/sitemap-topics.xml").iter(f"{MAP}loc")] == [ROOT + topic.get_absolute_url()]


def test_the_news_sitemap_has_two_days(client: Client, write: Any, hidden: list[str]) -> None:
    today = timezone.localdate()
    write("Mới & nóng", date=today)
    write("Cũ", date=today - datetime.timedelta(days=3))
    write("Ngày mai", date=today + datetime.timedelta(days=1))

    news = xml(client, "/sitemap-news.xml")

    assert [at.text for at in news.iter(f"{NEWS}title")] == ["Mới & nóng"]
    assert [at.text for at in news.iter(f"{NEWS}language")] == ["vi"]
    assert "s-maxage" not in client.get("/sitemap-news.xml")["Cache-Control"]  # of its moment


def test_programs_find_their_files(client: Client, site: Site) -> None:
    department = DepartmentSettings.for_site(site)
    department.email, department.phone = "", ""
    department.save()
    assert client.get("/.well-known/security.txt").status_code == 404
    department.email, department.phone = "vanthu@sct.example.gov.vn", "(0277) 385 1234"
    department.save()

    robots = get(client, "/robots.txt").content.decode()
    assert f"Sitemap: {ROOT}/sitemap.xml" in robots
    assert "Disallow: /admin/" in robots
    security = dict(
        line.split(": ", 1) for line in reversed(get(client, "/.well-known/security.txt").content.decode().splitlines())
    )
    assert security["Contact"] == "mailto:vanthu@sct.example.gov.vn"
    assert "Contact: tel:+842773851234" in get(client, "/.well-known/security.txt").content.decode()
    assert security["Canonical"] == f"{ROOT}/.well-known/security.txt"
    assert 0 < (datetime.datetime.fromisoformat(security["Expires"]) - timezone.now()).days < 365
    response = get(client, "/site.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert manifest["name"] == department.name
    for path in (*(icon["src"] for icon in manifest["icons"]), client.get("/favicon.ico")["Location"]):
        assert client.get(path).status_code == 200
    assert get(client, "/rss/").content.decode().count("rss.xml") >= 2


def structured(page: str) -> dict[str, dict[str, Any]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return {data["@type"]: data for data in map(json.loads, found)}


def properties(page: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_an_article_tells_machines_what_it_is(client: Client, site: Site, write: Any, topic: Topic) -> None:
    write("Bài kề")
    title = "Khởi công </script><b> & “nhà máy”"
    article = write(title, topic=topic, image=ImageFactory(), author="Thanh Bình", date=datetime.date(2026, 1, 26))
    article.save_revision().publish()

    page = get(client, article.get_url()).content.decode()

    address = f"{ROOT}/tin-tuc/{article.slug}/"
    assert f'<link rel="canonical" href="{address}">' in page
    told = properties(page)
    assert told["og:title"] == title
    assert told["og:url"] == address
    assert told["og:type"] == "article"
    assert told["og:locale"] == "vi_VN"
    assert told["og:image"].startswith(ROOT + "/media/")
    assert told["article:published_time"] == "2026-01-26T00:00:00+07:00"
    assert told["article:section"] == topic.name
    assert told["twitter:card"] == "summary_large_image"
    data = structured(page)
    assert data["NewsArticle"]["headline"] == title
    assert data["NewsArticle"]["datePublished"] == "2026-01-26T00:00:00+07:00"
    assert data["NewsArticle"]["author"] == {"@type": "Person", "name": "Thanh Bình"}
    assert data["NewsArticle"]["publisher"]["@type"] == "GovernmentOrganization"
    steps = data["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    assert steps[-1]["item"] == address
    assert "</script><b>" not in page
    assert f'href="/chuyen-muc/{topic.slug}/atom.xml"' in page
    assert "hreflang" not in page
    assert f"https://zalo.me/share?url=http%3A%2F%2Flocalhost%2Ftin-tuc%2F{article.slug}%2F" in page
    assert structured(get(client, "/").content.decode()).keys() == {"GovernmentOrganization", "WebSite"}


def test_whole_addresses_are_the_configured_ones(client: Client, site: Site, write: Any, settings: Any) -> None:
    article = write("Bài")
    settings.PUBLIC_URL = "https://sct.example.gov.vn"
    assert (
        'canonical" href="https://sct.example.gov.vn/tin-tuc/bai/"' in get(client, article.get_url()).content.decode()
    )
    settings.PUBLIC_URL = ""
    site.hostname, site.port = "so.example", 443
    site.save()
    assert 'canonical" href="https://so.example/tin-tuc/bai/"' in get(client, "/tin-tuc/bai/").content.decode()


def test_translations_are_told_where_there_are_any(client: Client, home: HomePage, settings: Any) -> None:
    page = home.add_child(instance=PlainPage(title="Giới thiệu"))
    english = Locale.objects.create(language_code="en")
    root = home.copy_for_translation(english)
    root.save_revision().publish()
    page.copy_for_translation(english).save_revision().publish()
    assert "hreflang" not in get(client, page.get_url()).content.decode()

    settings.WAGTAIL_I18N_ENABLED = True
    assert re.findall('hreflang="(..)"', get(client, "/gioi-thieu/").content.decode()) == ["vi", "en"]


def test_a_page_in_both_languages_tells_of_the_other(client: Client, site: Site) -> None:
    page = get(client, "/en/how-we-count/").content.decode()
    assert f'rel="canonical" href="{ROOT}/en/how-we-count/"' in page
    assert re.findall('rel="alternate" hreflang="(..)" href="([^"]*)"', page) == [
        ("vi", f"{ROOT}/cach-chung-toi-dem/"),
        ("en", f"{ROOT}/en/how-we-count/"),
    ]


def test_a_preview_says_nothing_to_machines(admin_client: Client, write: Any) -> None:
    article = write("Bài")
    preview = admin_client.get(f"/admin/pages/{article.pk}/view_draft/", headers={"host": "localhost"})
    assert preview.status_code == 200
    assert "og:title" not in preview.content.decode()
    assert "canonical" not in preview.content.decode()


def test_a_topic_that_gets_another_address_is_found_at_all_its_old_ones(client: Client, topic: Topic) -> None:
    first = topic.slug
    for slug in ("thuong-mai-dien-tu", "cho-va-sieu-thi"):
        topic.slug = slug
        topic.save()

    for old in (first, "thuong-mai-dien-tu"):
        for place in ("", "rss.xml", "atom.xml"):
            answer = client.get(f"/chuyen-muc/{old}/{place}")
            assert (answer.status_code, answer["Location"]) == (301, f"/chuyen-muc/cho-va-sieu-thi/{place}")

    topic.slug = first
    topic.save()
    assert get(client, f"/chuyen-muc/{first}/").status_code == 200
    assert client.get("/chuyen-muc/cho-va-sieu-thi/")["Location"] == f"/chuyen-muc/{first}/"


def test_pages_of_the_plugin_tell_everything_once_and_as_the_portal_does(client: Client, home: HomePage) -> None:
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua", search_description="Các phong trào."))
    day = datetime.date(2026, 1, 26)
    event = index.add_child(instance=EmulationPage(title="Tổng kết", event_date=day, lead="Sở tổng kết."))
    for page in (index, event):
        page_html = get(client, page.url).content.decode()
        for name in ('name="description"', 'property="og:title"', 'property="og:image"', 'name="twitter:card"'):
            assert page_html.count(name) == 1, name
        assert "found/icon-512" in page_html  # the department's emblem, which the plugin does not know
        assert "wagtail_emulation/emulation.css" not in page_html
