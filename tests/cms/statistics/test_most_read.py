"""*Đọc nhiều* is ordered by the numbers of the moment, in pages that are kept too."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cms.statistics import slots
from cms.statistics.most_read import SHOWN, Listed, from_letters, most_read, to_letters
from pipeline.serving.snapshot import Snapshot

PAGES = [Listed(number, f"/bai-{number}/", f"Bài <{number}> & “đ”") for number in range(1, 8)]


def test_the_most_read_come_first_and_equals_in_their_order() -> None:
    html = most_read(PAGES, Snapshot(as_of=1.0, pages={5: 1327, 3: 20, 9: 99, 1: 7, 2: 7, 4: 7, 6: 2}))

    assert [html.index(f"/bai-{number}/") for number in (5, 3, 1, 2, 4)] == sorted(
        html.index(f"/bai-{number}/") for number in (5, 3, 1, 2, 4)
    )
    assert html.count("<li>") == SHOWN
    assert '<span data-page-views="5">1.327</span>' in html
    assert "Bài &lt;5&gt; &amp;" in html


@pytest.mark.parametrize("pages", [{}, {1: 0, 2: 0}, {1: 5}, {1: 5, 2: 0}, {1: 5, 99: 7}])
def test_nothing_is_shown_before_there_is_an_order(pages: dict[int, int]) -> None:
    assert most_read(PAGES, Snapshot(as_of=1.0, pages=pages)) == ""


def test_what_nobody_has_read_is_not_called_much_read() -> None:
    html = most_read(PAGES, Snapshot(as_of=1.0, pages={1: 5, 2: 1, 3: 0}))

    assert html.count("<li>") == 2


def test_pages_travel_as_letters() -> None:
    assert to_letters(PAGES).isalnum()
    assert list(from_letters(to_letters(PAGES))) == PAGES


def test_a_kept_page_is_filled_with_the_order_of_the_moment(write: Any) -> None:
    first, second = write("Bài một"), write("Bài hai")
    write("Bài ba")
    headers = {"host": "localhost", slots.OPEN_HEADER: slots.SECRET}
    cut = slots.cut(Client().get("/", headers=headers).content)

    for most, least in ((first, second), (second, first)):
        snapshot = Snapshot(as_of=1.0, pages={most.pk: 9, least.pk: 4})
        html = cut.fill(cut.values(slots.Moment(snapshot, stale=False, hour=0))).decode()
        listed = html[html.index('class="most-read__list"') :]
        assert listed.index(most.title) < listed.index(least.title)


def test_the_page_of_a_new_site_has_no_such_section(write: Any) -> None:
    write("Bài một"), write("Bài hai")

    assert "most-read" not in Client().get("/", headers={"host": "localhost"}).content.decode()
