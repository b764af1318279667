from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cms.core.unbroken import keep_numbers_whole


@pytest.mark.parametrize(
    "number",
    [
        "08/QĐ-SCT",
        "05-CT/TW",
        "224/2026/NĐ-CP",
        "39/2017/TT-BTTTT",
        "148/2025/QH15",
        "12/KH-UBND",
        "2021–2025",
        "7:30–11:30",
    ],
)
def test_a_number_stays_in_one_line(number: str) -> None:
    assert (
        keep_numbers_whole(f"<p>Theo {number}, ngày</p>") == f'<p>Theo <span class="unbroken">{number}</span>, ngày</p>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<p>26/01/2021, 1.327 lượt, 68 cơ sở</p>",
        "<p>thi đua – khen thưởng, xã-phường, COVID-19</p>",
        '<a href="/van-ban/08/QĐ-SCT" title="08/QĐ-SCT">Văn bản</a>',
        "<title>08/QĐ-SCT</title><!-- 08/QĐ-SCT --><script>8/QD-X</script><option>08/QĐ-SCT</option>",
        "<p>1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17</p>",
        "<svg><text>2021-2025</text></svg>",
    ],
)
def test_everything_else_is_as_it_was(html: str) -> None:
    assert keep_numbers_whole(html) == html


def test_a_long_text_of_digits_takes_no_time() -> None:
    keep_numbers_whole("1/" * 50_000 + "1-" * 50_000)


def test_titles_of_articles_are_kept_whole_wherever_they_are_shown(client: Client, write: Any) -> None:
    article = write("Quyết định 08/QĐ-SCT")
    whole = '<span class="unbroken">08/QĐ-SCT</span>'

    for path in ("/", "/tin-tuc/", article.url):
        html = client.get(path, headers={"host": "localhost"}).content.decode()
        assert whole in html, path
        assert "<title>Quyết định 08/QĐ-SCT" in html or path != article.url
