from __future__ import annotations

import pytest

from cms.demo.content import (
    IMAGES_DIR,
    BulletList,
    Figure,
    Heading,
    Paragraph,
    Piece,
    Quote,
    parse_body,
    read_articles,
    read_event,
    split_facts,
)

LARGEST_IMAGE = 80 * 1024


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        pytest.param("Một đoạn.", Paragraph("Một đoạn."), id="paragraph"),
        pytest.param("## Mục", Heading("Mục"), id="heading"),
        pytest.param("- một\n- hai", BulletList(("một", "hai")), id="list"),
        pytest.param("> Lời -- Người", Quote("Lời", "Người"), id="quote"),
        pytest.param("> Lời", Quote("Lời", ""), id="quote without a source"),
        pytest.param("![cho] Chợ. | Nhịp | Sạp hàng", Figure("cho", "Chợ.", "Nhịp", "Sạp hàng"), id="figure"),
    ],
)
def test_a_piece_of_text_is_read_as_its_kind(text: str, piece: Piece) -> None:
    assert parse_body(f"\n{text}\n") == (piece,)


def test_a_file_without_its_facts_is_refused() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        split_facts("Chỉ có nội dung.\n")


def test_there_are_enough_different_articles_for_two_pages() -> None:
    articles = read_articles()

    assert len(articles) >= 10
    assert len({article.title for article in articles}) == len(articles)
    assert all(article.body for article in articles)


def test_every_image_that_a_text_names_exists_and_is_small() -> None:
    figures = [piece for piece in read_event().body if isinstance(piece, Figure)]
    names = {article.image for article in read_articles()} | {figure.image for figure in figures}
    drawings = {path.stem for path in (IMAGES_DIR.parent / "illustrations").glob("*.svg")}

    assert names <= drawings
    for name in names:
        assert (IMAGES_DIR / f"{name}.webp").stat().st_size < LARGEST_IMAGE
