from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.texts import OTHER, Texts

NOW = 1_790_571_600_000
DAY = 86_400_000


def take(texts: Texts, *words: str, kind: str = "search", network: str = "a", now: int = NOW) -> list[str]:
    return [texts.take(kind, word, network=network, now_ms=now) for word in words]


def test_the_first_texts_of_a_day_are_kept_and_the_rest_are_other() -> None:
    texts = Texts(most=2)
    assert take(texts, "a", "b", "c", "a", "") == ["a", "b", OTHER, "a", ""]
    assert take(texts, "c", kind="path") == ["c"], "each kind has its own"
    assert take(texts, "c", "a", now=NOW + DAY) == ["c", "a"]


def test_one_network_brings_in_some_new_texts_and_uses_all_that_are_known() -> None:
    texts = Texts(new_at_once=2)
    assert take(texts, "a", "b", "c", "a") == ["a", "b", OTHER, "a"]
    assert take(texts, "c", network="b") == ["c"]
    assert take(texts, "c", "d", now=NOW + 1000) == ["c", OTHER]
    assert take(texts, "d", now=NOW + 61_000) == ["d"]


def test_without_a_network_nothing_new_comes_in() -> None:
    texts = Texts()
    assert take(texts, "a", network="") == [OTHER]
    take(texts, "a")
    assert take(texts, "a", network="") == ["a"]


@given(
    asked=st.lists(st.tuples(st.text(max_size=3), st.sampled_from("abc"), st.integers(0, DAY - 1)), max_size=200),
    most=st.integers(0, 20),
)
def test_whatever_is_asked_no_more_different_texts_come_out_than_fit_in_a_day(
    asked: list[tuple[str, str, int]], most: int
) -> None:
    texts = Texts(most=most, new_at_once=5)
    noon = NOW - NOW % DAY - 7 * 3_600_000  # a day of Asia/Ho_Chi_Minh
    found = [texts.take("k", text, network=network, now_ms=noon + at) for text, network, at in asked]
    assert len({text for text in found if text} - {OTHER}) <= most
    assert all(given in ("", OTHER, text) for given, (text, _, _) in zip(found, asked, strict=True))
