"""Readers and staff find Vietnamese words as they type them, and only what they may see."""

from __future__ import annotations

import datetime
import json
import re
import time
import unicodedata
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, PageViewRestriction, Site
from wagtail_emulation.models import Commendation, EmulationIndexPage, EmulationPage
from wagtail_factories import ImageFactory

from cms.core.scripts import SOURCES, build, built_of
from cms.home.models import HomePage, PlainPage
from cms.news.models import Topic
from cms.search import views
from cms.search.folding import align, clean, fold
from cms.search.snippets import highlight, snippet
from pipeline.collecting.limits import Limit


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (views.SEARCHES, views.TYPING):
        monkeypatch.setattr(limit, "passes", lambda _key, _now: True)


def search(client: Client, words: str = "", **fields: str) -> str:
    response = client.get("/tim-kiem/", {"q": words, **{name.replace("_", "-"): v for name, v in fields.items()}})
    assert response.status_code == 200, words
    return response.content.decode()


def titles(html: str) -> list[str]:
    found = re.findall(r'<h2 class="result__title"><a href="[^"]*">(.*?)</a>', html)
    return [re.sub(r"</?mark>", "", title) for title in found]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Thi đua – Khen thưởng", "thi dua khen thuong", id="diacritics and dashes"),
        pytest.param(unicodedata.normalize("NFD", "ĐIỆN BIÊN"), "dien bien", id="taken apart, capitals"),
        pytest.param("08/QĐ-SCT", "08 qd sct", id="a number of a document"),
        pytest.param("a\0b\u202e<b>", "a b b", id="what is of no word"),
        pytest.param("x" * 3 + "\u0301\u0302", "xxx", id="marks that belong to no letter"),
        pytest.param("ﬁ ① Ⅳ ß", "f 1 i ß", id="one character for each"),
    ],
)
def test_a_text_is_folded_to_small_letters_without_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(align(clean(text))) == len(clean(text))


def test_words_are_marked_in_a_snippet_that_is_safe() -> None:
    text = clean("Lời đầu. " * 40 + "Ký <b>giao ước</b> THI ĐUA & khen thưởng năm 2026. " + "Lời cuối. " * 40)
    shown = snippet(text, ["thi", "dua"])

    assert "<mark>THI ĐUA</mark> &amp; khen" in shown
    assert "&lt;b&gt;" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 400
    assert highlight("<script>", ["script"]) == "&lt;<mark>script</mark>&gt;"
    assert highlight("nghị quyết quy", ["quy"]) == "nghị quyết <mark>quy</mark>"


@pytest.mark.parametrize(
    "typed", ["thi đua", "thi dua", "THI ĐUA", unicodedata.normalize("NFD", "Thi Đua"), '"thi-dua"']
)
def test_an_article_is_found_with_diacritics_or_without(client: Client, write: Any, typed: str) -> None:
    write("Phát động thi đua yêu nước")
    write("Phát động tháng an toàn", body=[("paragraph", "<p>Cụm thi đua số 2 chấm điểm.</p>")])
    write("Thi công đường, đua thuyền")
    write("Nghị quyết")

    html = search(client, typed)

    assert titles(html) == [
        "Phát động thi đua yêu nước",  # in its title
        "Phát động tháng an toàn",  # in its text
        "Thi công đường, đua thuyền",  # the words, apart
    ]
    assert "Có 3 kết quả" in html
    assert "Cụm <mark>thi đua</mark> số 2" in html
    assert 'name="robots" content="noindex' in html


def test_results_are_filtered_by_kind_topic_and_date_and_come_in_pages(
    client: Client, home: HomePage, write: Any
) -> None:
    topic = Topic.objects.create(name="Công nghiệp")
    for number in range(12):
        write(f"Hội nghị {number}", date=datetime.date(2026, 1, 1 + number), topic=topic if number < 3 else None)
    home.add_child(instance=PlainPage(title="Hội nghị và lịch"))

    first = search(client, "hoi nghi")
    assert titles(first)[:2] == ["Hội nghị 11", "Hội nghị 10"]
    assert len(titles(first)) == 10
    assert "q=hoi+nghi&amp;page=2" in first
    assert len(titles(search(client, "hoi nghi", page="2"))) == 3
    assert titles(search(client, "hoi nghi", page="999")) == titles(search(client, "hoi nghi", page="2"))
    assert titles(search(client, "hoi nghi", page="abc")) == titles(first)
    assert titles(search(client, "hoi nghi", loai="plainpage")) == ["Hội nghị và lịch"]
    assert titles(search(client, "hoi nghi", chuyen_muc="cong-nghiep")) == ["Hội nghị 2", "Hội nghị 1", "Hội nghị 0"]
    assert titles(search(client, "hoi nghi", tu="2026-01-11", den="12/01/2026")) == ["Hội nghị 11", "Hội nghị 10"]
    assert titles(search(client, "", tu="2026-01-12", loai="newspage")) == ["Hội nghị 11"]
    refused = search(client, "hoi nghi", tu="2026-02-30")
    assert "Ngày không đúng" in refused
    assert len(titles(refused)) == 10


def test_only_what_everybody_may_read_is_found(client: Client, home: HomePage, write: Any) -> None:
    shown = write("Điều mật hiện")
    draft = write("Điều mật nháp", live=False)
    draft.save_revision()
    taken_down = write("Điều mật gỡ")
    taken_down.unpublish()
    secret = home.add_child(instance=PlainPage(title="Nội bộ"))
    secret.add_child(instance=PlainPage(title="Điều mật nội bộ"))
    PageViewRestriction.objects.create(page=secret, restriction_type=PageViewRestriction.LOGIN)
    root = Page.objects.get(depth=1)
    other = root.add_child(instance=HomePage(title="Trang khác", slug="khac"))
    Site.objects.create(hostname="khac.example", root_page=other)
    other.add_child(instance=PlainPage(title="Điều mật của trang khác"))
    moved = write("Điều mật dời đi")
    shown.title = "Điều mật hiện, bản nháp sau"
    shown.save_revision()

    assert sorted(titles(search(client, "dieu mat"))) == ["Điều mật dời đi", "Điều mật hiện"]
    assert json.loads(client.get("/tim-kiem/goi-y.json?q=dieu+m").content)["suggestions"] == [
        {"title": "Điều mật dời đi", "url": f"/tin-tuc/{moved.slug}/"},
        {"title": "Điều mật hiện", "url": f"/tin-tuc/{shown.slug}/"},
    ]
    moved.move(secret, pos="last-child")
    assert titles(search(client, "dieu mat")) == ["Điều mật hiện"]
    shown.delete()
    assert titles(search(client, "dieu mat")) == []
    assert "Trang khác" not in search(client, "trang khac")


@pytest.mark.parametrize("published", [True, False])
def test_a_withheld_name_is_not_found_whatever_was_before(client: Client, home: HomePage, published: bool) -> None:
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua", slug="thi-dua"))
    row = Commendation(recipient_kind="individual", name="Nguyễn Thị Kín", award="Giấy khen", unit="Phòng Năng lượng")
    page = EmulationPage(
        title="Khen thưởng", slug="khen-thuong", event_date=datetime.date(2026, 1, 26), lead="Lời dẫn."
    )
    page.commendations = [row]
    index.add_child(instance=page)
    page.save_revision().publish()
    assert titles(search(client, "nguyen thi kin")) == ["Khen thưởng"]
    assert [found.pk for found in Page.objects.search("nguyễn thị kín")] == [page.pk]

    page = EmulationPage.objects.get(pk=page.pk)
    kept = page.commendations.get()
    kept.name_withheld = True
    page.commendations = [kept]
    if published:
        page.save_revision().publish()
    else:
        page.save()

    assert titles(search(client, "nguyen thi kin")) == []
    assert "thi+kin" not in search(client, "nguyen thi kim")
    assert titles(search(client, "phong nang luong")) == ["Khen thưởng"]
    if published:
        assert list(Page.objects.search("nguyễn thị kín")) == []


def test_nothing_found_is_said_honestly_with_words_nearby(client: Client, write: Any) -> None:
    write("Phát động thi đua")

    html = search(client, "phat dong thidua <b>")
    assert "Không tìm thấy trang nào" in html
    assert "Không trang nào có: thidua" in html
    assert 'href="?q=phat+dong+thi+dua+b"' not in html  # that finds nothing either
    assert 'href="?q=phat+dong"' not in html  # nor is the letter b on any page
    html = search(client, "phat donk thidua")
    assert 'href="?q=phat+dong+thi+dua"' in html
    assert "<b>" not in search(client, "<b>khong</b>")


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"q": "thi\0dua"}, id="NUL"),
        pytest.param({"q": "x y " * 2_500}, id="10 KB"),
        pytest.param({"q": "đ" * 10_000}, id="one long word"),
        *[
            pytest.param({"q": words}, id=words)
            for words in [
                '"',
                "a AND",
                "NEAR(a b",
                "title:a",
                "a* -b ^c",
                "' OR 1=1 --",
                "a & | ! <-> :* b",
                "\\",
                "%_",
                "{a}: b",
            ]
        ],
        pytest.param(
            {"q": "thi", "page": "9" * 30, "tu": "x\0", "den": "9" * 50, "loai": "'", "chuyen-muc": "\0"}, id="all"
        ),
        pytest.param({"q": "thi", "page": "-1", "loai": "khong-co", "chuyen-muc": "khong-co"}, id="unknown names"),
        pytest.param({"q": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, id="half a pair"),
        pytest.param({}, id="nothing"),
    ],
)
def test_whatever_is_asked_gets_an_answer(client: Client, write: Any, query: dict[str, str]) -> None:
    write("Thi đua")
    assert client.get("/tim-kiem/", query).status_code == 200
    assert client.get("/tim-kiem/goi-y.json", query).status_code == 200
    assert list(Page.objects.search(query.get("q", ""))[:1]) is not None
    assert list(Page.objects.autocomplete(query.get("q", ""))[:1]) is not None


def test_bytes_that_are_no_text_and_other_methods_get_an_answer(client: Client, site: Site) -> None:
    assert client.get("/tim-kiem/?q=%ff%fe&page=%00").status_code == 200
    assert client.head("/tim-kiem/?q=a").status_code == 200
    assert client.post("/tim-kiem/").status_code == 405
    assert Client(headers={"host": "testserver"}).get("/tim-kiem/?q=a").status_code == 200


def test_staff_find_pages_pictures_and_documents_without_diacritics(write: Any, admin_client: Client) -> None:
    page = write("Đề án khuyến công")
    picture = ImageFactory(title="Lễ ký kết")
    document = get_document_model().objects.create(title="Quyết định số 08/QĐ-SCT", file="a.pdf")

    assert [found.pk for found in Page.objects.autocomplete("de an khu")] == [page.pk]
    assert [found.pk for found in Page.objects.search("KHUYEN cong")] == [page.pk]
    assert picture in get_image_model().objects.search("le ky")
    assert document in get_document_model().objects.search("08/qd-sct")
    shown = admin_client.get("/admin/pages/search/", {"q": "khuyen cong"}, headers={"host": "localhost"})
    assert page.title in shown.content.decode()
    chosen = admin_client.get("/admin/choose-page/search/", {"q": "khuyen"}, headers={"host": "localhost"})
    assert page.title in chosen.content.decode()


def test_one_network_searches_as_often_as_people_do(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Limit(rate=0.001, burst=2)
    monkeypatch.setattr(views.SEARCHES, "passes", limit.passes)

    statuses = [client.get("/tim-kiem/?q=a").status_code for _ in range(3)]
    refused = client.get("/tim-kiem/?q=a")
    elsewhere = client.get("/tim-kiem/?q=a", REMOTE_ADDR="203.0.113.9")

    assert statuses == [200, 200, 429]
    assert refused["Retry-After"] == "30"
    assert "Đã tìm quá nhiều lần" in refused.content.decode()
    assert elsewhere.status_code == 200


def test_a_search_takes_few_queries_and_is_kept_nowhere(client: Client, write: Any) -> None:
    for number in range(12):
        write(f"Hội nghị {number}")
    client.get("/tim-kiem/?q=hoi+nghi")
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/tim-kiem/?q=hoi+nghi")

    assert len(queries) <= 9, [query["sql"][:120] for query in queries]
    assert response["Cache-Control"] == "private, no-store"
    assert "data-t=" in response.content.decode()  # the search is counted


def test_the_whole_index_can_be_made_again(client: Client, write: Any) -> None:
    article = write("Tên cũ")
    gone = write("Sẽ ẩn")
    Page.objects.filter(pk=article.pk).update(title="Tên mới", draft_title="Tên mới")
    Page.objects.filter(pk=gone.pk).update(live=False)

    call_command("index_search")

    assert titles(search(client, "ten moi")) == ["Tên mới"]
    assert titles(search(client, "ten cu")) == []
    assert article.pk in [page.pk for page in Page.objects.search("ten moi")]


@pytest.mark.parametrize("source", SOURCES)
def test_the_scripts_are_built(source: str) -> None:
    assert built_of(source).read_text(encoding="utf-8") == build(source), "run: python -m cms.core.scripts"


def test_hostile_words_are_answered_quickly(client: Client, write: Any) -> None:
    write("Thi đua", body=[("paragraph", "<p>" + "a b " * 20_000 + "</p>")])
    began = time.process_time()
    search(client, " ".join("ab" * 8))
    search(client, "aaaaaaaaaaab " * 16)
    assert time.process_time() - began < 2.0


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL ranks in one pass")
def test_of_many_results_staff_get_the_newest_first_and_of_few_the_best(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cms.search.backends import sqlite  # noqa: PLC0415 - not to be imported on PostgreSQL

    best = write("Khuyến công khuyến công khuyến công")
    others = [write(f"Tin tức thứ {number} của khuyến công trong năm nay") for number in range(3)]
    found = Page.objects.search("khuyen cong")
    assert found[0].pk == best.pk
    monkeypatch.setattr(sqlite, "MOST_RANKED", 3)

    assert [page.pk for page in Page.objects.search("khuyen cong")] == [*[page.pk for page in others[::-1]], best.pk]
    assert [page.pk for page in Page.objects.search("khuyen cong thu 2")] == [others[2].pk]
