from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.models import PageViewRestriction
from wagtail_factories import ImageFactory

from cms.home.models import HomePage
from cms.news.models import Neighbours, NewsIndexPage, NewsPage, Topic, for_cards, published


def day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def read(client: Client, article: NewsPage) -> str:
    response = client.get(article.get_url(), headers={"host": "localhost"})
    assert response.status_code == 200
    return response.content.decode()


def test_an_article_shows_its_date_lead_and_views(client: Client, write: Any) -> None:
    article = write("Chợ đêm", date=day(5))

    html = read(client, article)

    assert '<time datetime="2026-11-05">05/11/2026</time>' in html
    assert "Tóm tắt." in html
    assert f'data-page-views="{article.pk}"' in html


def test_the_picture_comes_with_alternative_text_caption_and_credit(client: Client, write: Any, parse: Any) -> None:
    image = ImageFactory(title="cho.jpg", description="Chợ đêm nhìn từ cổng", file__width=1000)
    article = write("Chợ đêm", image=image, image_caption="Chợ đêm.", image_credit="Văn phòng Sở")

    html = read(client, article)

    (picture,) = [tag for tag in parse(html).all("img") if tag["alt"]]
    assert picture["alt"] == "Chợ đêm nhìn từ cổng"
    assert picture["srcset"]
    assert picture.get("loading") != "lazy"
    assert "Chợ đêm. <" in html
    assert "Ảnh: Văn phòng Sở" in html


@pytest.mark.parametrize(
    ("block", "markup"),
    [
        pytest.param(("heading", "Vì sao & thế nào"), "<h2>Vì sao &amp; thế nào</h2>", id="heading"),
        pytest.param(("paragraph", "<p>Một đoạn.</p>"), "<p>Một đoạn.</p>", id="paragraph"),
        pytest.param(
            ("quote", {"text": "Câu nói", "source": "Người nói"}),
            '<figcaption class="quote__source">Người nói</figcaption>',
            id="quote",
        ),
        pytest.param(("quote", {"text": "<script>", "source": ""}), "&lt;script&gt;", id="markup in a quote"),
    ],
)
def test_a_body_block_is_shown_as_its_kind(client: Client, write: Any, block: tuple[str, Any], markup: str) -> None:
    assert markup in read(client, write("Bài", body=[block]))


def test_of_what_an_editors_browser_sends_only_known_elements_are_kept() -> None:
    sent = {
        "entityMap": {"0": {"type": "LINK", "mutability": "MUTABLE", "data": {"url": "javascript:alert(1)"}}},
        "blocks": [
            {
                "key": "a",
                "type": "unstyled",
                "depth": 0,
                "text": "<script>alert(1)</script>",
                "inlineStyleRanges": [{"offset": 0, "length": 3, "style": "SCRIPT"}],
                "entityRanges": [{"key": 0, "offset": 0, "length": 8}],
            }
        ],
    }
    html = ContentstateConverter(["bold", "link"]).to_database_format(json.dumps(sent))

    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "javascript:" not in html


def neighbours(article: NewsPage) -> Neighbours:
    return article.neighbours(RequestFactory().get("/"))


def test_before_and_after_follow_the_dates(write: Any) -> None:
    late, early, middle = write("Sau", date=day(9)), write("Trước", date=day(1)), write("Giữa", date=day(5))

    assert (neighbours(middle).previous, neighbours(middle).next) == (early, late)
    assert (neighbours(early).previous, neighbours(late).next) == (None, None)


def test_articles_of_one_day_follow_each_other_without_a_loop(write: Any) -> None:
    first, second, third = (write(f"Bài {number}", date=day(3)) for number in range(3))

    assert [neighbours(article).previous for article in (third, second, first)] == [second, first, None]
    assert [neighbours(article).next for article in (first, second, third)] == [second, third, None]


def test_related_articles_share_the_topic_first(write: Any) -> None:
    energy = Topic.objects.create(name="Năng lượng")
    article = write("Bài", date=day(1), topic=energy)
    same = write("Cùng mục, cũ", date=day(2), topic=energy)
    others = [write(f"Mục khác {number}", date=day(number)) for number in (7, 8, 9)]

    assert neighbours(article).related == [same, others[2], others[1]]


def test_without_a_topic_the_latest_articles_are_related(write: Any) -> None:
    energy = Topic.objects.create(name="Năng lượng")
    article = write("Bài", date=day(5))
    others = [write(f"Bài {number}", date=day(number), topic=energy) for number in (1, 2, 3, 8)]

    assert neighbours(article).related == [others[3], others[2], others[1]]
    assert (neighbours(article).previous, neighbours(article).next) == (others[2], others[3])


def test_drafts_and_private_articles_are_nobodys_neighbours(write: Any) -> None:
    article = write("Bài", date=day(5))
    write("Nháp", date=day(4), live=False)
    PageViewRestriction.objects.create(page=write("Nội bộ", date=day(6)), restriction_type="login")

    assert neighbours(article) == Neighbours(previous=None, next=None, related=[])


def test_an_article_that_is_not_saved_yet_is_previewed_as_the_youngest(write: Any, news_index: NewsIndexPage) -> None:
    today, tomorrow = write("Hôm nay", date=day(5)), write("Mai", date=day(6))
    article = NewsPage(title="Mới", date=day(5), path=news_index.path + "0009", depth=news_index.depth + 1)

    assert neighbours(article) == Neighbours(previous=today, next=tomorrow, related=[tomorrow, today])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by its statistics")
def test_lists_of_articles_come_from_an_index_and_are_not_sorted(home: HomePage, write: Any) -> None:
    request = RequestFactory().get("/")
    article = write("Bài", topic=Topic.objects.create(name="Năng lượng"))
    siblings = published(NewsPage.objects.sibling_of(article), request)
    lists = {
        "of the site": published(NewsPage.objects.descendant_of(home), request),
        "of the index": published(NewsPage.objects.child_of(article.get_parent()), request),
        "of a topic": siblings.filter(topic=article.topic_id),
        "before": siblings.filter(date__lte=article.date),
    }

    plans = {name: for_cards(articles)[:7].explain() for name, articles in lists.items()}

    assert [name for name, plan in plans.items() if "news_latest" not in plan or "ORDER BY" in plan] == []
