from __future__ import annotations

import pytest

from pipeline.process.http import has_tag


@pytest.mark.parametrize(
    ("known", "found"),
    [
        pytest.param(b"", False, id="none"),
        pytest.param(b'"a"', True, id="the tag"),
        pytest.param(b'"b", "a"', True, id="among others"),
        pytest.param(b'W/"a"', True, id="made weak by a proxy"),
        pytest.param(b"*", True, id="any"),
        pytest.param(b'"b"', False, id="another"),
        pytest.param(b'zzz"a"zzz', False, id="something around it"),
        pytest.param(b"a", False, id="without its quotes"),
    ],
)
def test_if_none_match_names_a_tag_as_a_whole(known: bytes, found: bool) -> None:
    assert has_tag(known, b'"a"') is found
