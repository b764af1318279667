from __future__ import annotations

import pytest
from django.core.paginator import Paginator

from cms.core.pagination import nearest_page


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        pytest.param(None, 1, id="not asked"),
        pytest.param("", 1, id="empty"),
        pytest.param("2", 2, id="there"),
        pytest.param("99", 3, id="past the end"),
        pytest.param("0", 1, id="zero"),
        pytest.param("-5", 1, id="below zero"),
        pytest.param("abc", 1, id="a word"),
        pytest.param("1.5", 1, id="a fraction"),
        pytest.param("9" * 5000, 1, id="too long to be a number"),
        pytest.param("2\x00", 1, id="binary"),
    ],
)
def test_every_request_gets_a_page_that_exists(wanted: str | None, number: int) -> None:
    assert nearest_page(Paginator(range(25), 10), wanted).number == number


def test_an_empty_listing_has_one_empty_page() -> None:
    page = nearest_page(Paginator([], 10), "4")

    assert (page.number, len(page)) == (1, 0)
