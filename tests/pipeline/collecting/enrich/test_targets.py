from __future__ import annotations

import time
from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich.targets import MAX_PATH_CHARS, MAX_SEARCH_CHARS, host_of, path_of, search_of

ODD = st.text(alphabet=st.characters() | st.sampled_from("%25?#. -İ@09ǅ\u0301\u0327đĐ\u202e\t"), max_size=400)


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        pytest.param("  Thi   ĐUA\tkhen thưởng ", "thi đua khen thưởng", id="case and spaces"),
        pytest.param(normalize("NFD", "Đường"), "đường", id="marks in pieces"),
        pytest.param("x" * 61, "x" * 60, id="too long"),
        pytest.param("12/2024/TT-BCT", "12/2024/tt-bct", id="the number of a circular"),
        pytest.param("kế hoạch 2024-2025", "kế hoạch 2024-2025", id="two years"),
        pytest.param("kế hoạch 2024 2025", "kế hoạch 2024 2025", id="two years apart"),
        pytest.param("mẫu 12345", "mẫu 12345", id="five digits"),
        pytest.param("an@example.vn", "", id="an address of e-mail"),
        pytest.param("an＠example.vn", "", id="the same in wide letters"),
        pytest.param("ông an 0912345678", "", id="a telephone"),
        pytest.param("0912 345.678", "", id="a telephone in groups"),
        pytest.param("cccd 001-090-123456", "", id="an identity card"),
        pytest.param("123456", "", id="six digits"),
        pytest.param("2024-2025-1", "", id="more than two years"),
        pytest.param("٠٩١٢٣٤٥٦٧٨", "", id="digits of another script"),
        pytest.param("a\u202eb\x00c\u200bd", "abcd", id="what can't be seen"),
        pytest.param("   ", "", id="nothing"),
    ],
)
def test_a_search_is_stored_in_one_form_or_without_its_words(words: str, stored: str) -> None:
    assert search_of(words) == stored


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        pytest.param("/tin-t%E1%BB%A9c/", "/tin-tức/", id="encoded"),
        pytest.param("/a?q=an@example.vn#x", "/a", id="with a query"),
        pytest.param("/a%3Fq=an@example.vn", "/a", id="with an encoded query"),
        pytest.param("/" + "x" * 300, "/" + "x" * 199, id="too long"),
        pytest.param("/tin/20261128/", "/tin/20261128/", id="a date"),
        pytest.param("/tra-cuu/0912345678", "", id="a telephone"),
        pytest.param("/huy/an%40example.vn", "", id="an address of e-mail"),
        pytest.param("/huy/an%2540example.vn", "", id="encoded twice"),
        pytest.param("/huy/an%25252540example.vn", "", id="encoded again and again"),
        pytest.param("/%FF/", "/\ufffd/", id="no text"),
        pytest.param("/a\x00\r\nb", "/ab", id="what can't be seen"),
    ],
)
def test_a_path_is_stored_decoded_and_without_its_query(path: str, stored: str) -> None:
    assert path_of(path) == stored


@pytest.mark.parametrize(
    ("link", "stored"),
    [
        pytest.param("https://www.chinhphu.vn:8443", "chinhphu.vn", id="an origin"),
        pytest.param("https://an:mat-khau@example.vn/a?b#c", "example.vn", id="more than that"),
        pytest.param("mailto:an@example.vn", "", id="mail"),
        pytest.param("javascript:1", "", id="script"),
        pytest.param("http://[", "", id="nonsense"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_of_a_link_the_host_alone_is_stored(link: str, stored: str) -> None:
    assert host_of(link) == stored


@given(words=ODD)
def test_any_search_is_short_in_one_form_and_stays_as_it_is(words: str) -> None:
    stored = search_of(words)
    assert len(stored) <= MAX_SEARCH_CHARS
    assert stored.isprintable()
    assert is_normalized("NFC", stored)
    assert "@" not in stored
    assert search_of(stored) == stored


@given(path=ODD)
def test_any_path_is_short_and_has_neither_query_nor_address(path: str) -> None:
    stored = path_of(path)
    assert len(stored) <= MAX_PATH_CHARS
    assert stored.isprintable()
    assert not {"@", "?", "#"} & set(stored)


@pytest.mark.parametrize(
    "text", ["1 " * 8000, "%25" * 5000, "%" * 16000, "1-" * 8000, "e\u0301" * 8000, "\u0301" * 16000, "2024-" * 3000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    for _ in range(50):
        search_of(text), path_of(text), host_of(text)
    assert time.process_time() - began < 0.5
