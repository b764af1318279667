"""The file that browsers get: what the source builds to, and small."""

from pipeline.collecting.script.build import BUILT, LARGEST, SOURCE, build, gzipped_size


def test_the_built_file_is_what_the_source_builds_to() -> None:
    assert BUILT.read_text(encoding="utf-8") == build(SOURCE.read_text(encoding="utf-8")), (
        "run: python -m pipeline.collecting.script.build"
    )


def test_cookies_go_where_fetch_sends_them_by_itself() -> None:
    """To the page's own origin: staff are known by one, a front end elsewhere sends none."""
    assert "credentials" not in BUILT.read_text(encoding="utf-8")


def test_it_is_at_most_700_bytes_gzipped() -> None:
    assert gzipped_size(BUILT.read_text(encoding="utf-8")) <= LARGEST == 700
