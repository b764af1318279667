"""The part of `make bench` that measures pages: its crowd loses nothing, its goals are met or missed as measured."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from load import Tally
from product import Product, copy_data

from benchmarks.child import measured_by
from benchmarks.pages.changing import Seen
from benchmarks.pages.figures import Cold, Together, Warm, change_figures, cold_figures, together_figures, warm_figures
from benchmarks.pages.measure import count_until, find_articles, plain_wagtail
from benchmarks.pages.readers import Crowd
from benchmarks.pages.rendering import Template
from benchmarks.plain_wagtail import ARTICLE_PATH, MENU
from benchmarks.report import Figure


@pytest.fixture(scope="module")
def product(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with Product(copy_data(first_start, tmp_path_factory.mktemp("pages"))) as product:
        yield product


def test_a_crowd_gets_pages_sends_their_beacons_and_every_view_is_counted(product: Product) -> None:
    before = count_until(product, 0)

    crowd = measured_by("pages.readers", product.port, 200, 2, *find_articles(product), answer=Crowd)

    assert crowd.pages.acknowledged == crowd.views.acknowledged == crowd.views.sent > 0
    assert len(crowd.pages.latencies) == crowd.pages.sent
    assert crowd.streams > 0
    assert count_until(product, before + crowd.views.acknowledged) == before + crowd.views.acknowledged


def test_changes_by_another_process_are_seen(product: Product) -> None:
    seen = measured_by("pages.changing", product.data_dir, product.port, 2, answer=Seen)

    assert len(seen.seconds) == 2


def test_every_template_takes_queries_and_processor_time(product: Product) -> None:
    templates = measured_by("pages.rendering", product.data_dir, answer=list[Template])

    assert len({template.name for template in templates}) == 6
    assert all(template.queries > 0 and template.cpu > 0 for template in templates)


def test_the_plain_wagtail_site_has_a_menu_a_title_and_text(tmp_path: Path) -> None:
    with plain_wagtail(tmp_path) as port, urlopen(f"http://127.0.0.1:{port}{ARTICLE_PATH}", timeout=30) as response:
        page = response.read().decode()

    assert page.count("<li><a href=") == len(MENU)
    assert ">Giới thiệu</a></li>" in page
    assert "<h1>Bài viết</h1>" in page
    assert "Một đoạn văn của bài viết." in page


def met(figures: list[Figure]) -> list[bool]:
    return [figure.met for figure in figures if figure.met is not None]


def tally(rate: float, *, seconds: float = 0.001) -> Tally:
    return Tally(seconds=100 / rate, latencies=[seconds] * 100)


@pytest.mark.parametrize(
    ("rate", "reached"),
    [(10_000, [True, True]), (4_999, [False, True]), (5_000, [True, True]), (3_999, [False, False])],
)
def test_pages_from_memory_are_judged_by_the_no_op_and_by_the_best_of_plain_wagtail(
    rate: float, reached: list[bool]
) -> None:
    plain = Cold(one=tally(20), many=tally(40))
    warm = Warm(noop=tally(10_000), pages=tally(rate), noop_cpu=0.01, cpu=0.02)
    figures = warm_figures(warm, djangos=tally(500), plain=plain, cold=plain)

    assert met(figures) == reached


@pytest.mark.parametrize(("many", "reached"), [(90.0, True), (89.0, False)])
def test_many_readers_are_judged_by_one(many: float, reached: bool) -> None:
    assert met(cold_figures("pages", Cold(one=tally(100), many=tally(many)))) == [reached]


@pytest.mark.parametrize(
    ("rate", "page", "delay", "resident", "reached"),
    [
        (1_000, 0.019, 0.9, 599, [True, True, True, True]),
        (950, 0.021, 1.1, 601, [False, False, False, False]),
    ],
)
def test_pages_beacons_and_streams_together_have_four_goals(
    rate: float, page: float, delay: float, resident: float, reached: list[bool]
) -> None:
    crowd = Crowd(pages=tally(rate, seconds=page), views=tally(rate), streams=200)

    assert met(together_figures(Together(crowd, [delay] * 10, resident))) == reached


def test_the_latest_change_counts() -> None:
    assert met(change_figures(Seen([0.2, 0.3, 1.2]))) == [False]
