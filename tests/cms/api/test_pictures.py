"""Named renditions: those that templates show, made before anybody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.template import engines
from django.test import TestCase
from pictures import draw
from pytest_django import Settings
from wagtail.images import get_image_model
from wagtail.images.templatetags.wagtailimages_tags import PictureNode
from wagtail.models import Collection, CollectionViewRestriction

from cms.api import reading
from cms.api.ahead import make_renditions
from cms.api.renditions import CARD, FIGURE, FULL, PLUGIN_FIGURE, PLUGIN_PAGE, POSTER, TILE, Named
from cms.core.pictures import ahead
from cms.news.models import NewsPage

SHOWN_BY = {
    "core/blocks/figure.html": FIGURE,
    "core/blocks/gallery.html": TILE,
    "core/blocks/video.html": POSTER,
    "news/news_page.html": (FULL,),
    "news/card.html": (CARD,),
    "wagtail_emulation/blocks/figure.html": PLUGIN_FIGURE,
    "wagtail_emulation/includes/card.html": PLUGIN_PAGE[1:2],
}


@pytest.fixture
def image(media: Path, tmp_path: Path, db: None) -> Any:
    with draw(tmp_path / "cho.png", 1000, 600).open("rb") as file:
        return get_image_model().objects.create(
            title="Chợ", description="Chợ phiên", file=ImageFile(file, name="cho.png")
        )


@pytest.fixture
def illustrated(write: Any, image: Any) -> NewsPage:
    page: NewsPage = write("Bài", image=image, image_caption="Gian hàng", image_credit="Sở")
    return page


def load(template: str) -> Any:
    return engines["django"].get_template(template)


def specs_in(template: str) -> set[str]:
    """What the pictures of a template ask for."""
    nodes = load(template).template.nodelist.get_nodes_by_type(PictureNode)
    return {one.spec.replace("|preserve-svg", "") for node in nodes for one in node.get_filters()}


def specs_of(*several: Named) -> set[str]:
    return {one.spec for named in several for one in named.filters}


@pytest.mark.parametrize(("template", "named"), SHOWN_BY.items())
def test_a_template_shows_the_same_renditions(template: str, named: tuple[Named, ...]) -> None:
    """So that an answer finds them made; beside them there are only JPEGs."""
    shown = specs_in(template)

    assert shown
    assert shown <= specs_of(*named)
    assert all(spec.startswith("format-jpeg") for spec in specs_of(*named) - shown)


def test_every_block_that_shows_pictures_is_compared() -> None:
    compared = {template for template in SHOWN_BY if "/blocks/" in template}
    folders = {Path(load(template).template.origin.name).parent for template in compared}
    blocks = {f"{folder.parent.name}/blocks/{file.name}" for folder in folders for file in folder.glob("*.html")}

    assert {block for block in blocks if specs_in(block)} == compared


def test_an_article_s_picture(illustrated: NewsPage, image: Any, ask: Any) -> None:
    answer = ask(f"pages/{illustrated.pk}/")["image"]

    assert (answer["alt"], answer["caption"], answer["credit"]) == ("Chợ phiên", "Gian hàng", "Sở")
    assert answer["renditions"].keys() == {"full", "card", "share"}
    full = answer["renditions"]["full"]
    assert [source["type"] for source in full["sources"]] == ["image/avif", "image/webp", "image/jpeg"]
    assert (full["width"], full["height"]) == (1000, 600)
    widths = [part.rpartition(" ")[2] for part in full["sources"][0]["srcset"].split(", ")]
    assert widths == ["480w", "960w", "1000w"]
    for part in full["sources"][1]["srcset"].split(", "):
        assert part.startswith("http://localhost/media/images/")
        assert ".webp " in part
    assert full["src"].endswith(".jpg")
    assert answer["renditions"]["share"]["sources"][0]["type"] == "image/jpeg"


def test_a_focal_point_is_a_place_in_the_picture(illustrated: NewsPage, image: Any, ask: Any) -> None:
    image.focal_point_x, image.focal_point_y, image.focal_point_width, image.focal_point_height = 250, 300, 50, 50
    image.save()

    assert ask(f"pages/{illustrated.pk}/")["image"]["focal_point"] == {"x": 0.25, "y": 0.5}


def test_an_answer_makes_no_rendition_of_what_was_published(illustrated: NewsPage, image: Any, ask: Any) -> None:
    assert make_renditions in ahead.BESIDE
    ahead.render(illustrated)
    make_renditions(illustrated)
    made = set(image.renditions.values_list("pk", flat=True))
    assert made

    answer = ask(f"pages/{illustrated.pk}/", fields="image")
    ask("pages/", fields="*")
    library = ask(f"images/{image.pk}/")

    assert set(image.renditions.values_list("pk", flat=True)) == made
    assert answer["image"]["renditions"].keys() == {"full", "card", "share"}
    assert "public" in ask.last["Cache-Control"]
    assert library["renditions"] == answer["image"]["renditions"]


def test_a_draft_s_are_made_too(news_index: Any, image: Any) -> None:
    draft = news_index.add_child(instance=NewsPage(title="Nháp", lead="x", live=False, image=image))

    make_renditions(draft)

    assert image.renditions.filter(filter_spec__startswith="format-jpeg").exists()


def test_an_answer_makes_a_few_and_leaves_the_rest_for_later(
    write: Any, image: Any, tmp_path: Path, ask: Any, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(reading, "MOST_MADE", 7)
    waiting: list[Any] = []
    monkeypatch.setattr(ahead.WAITING, "add", lambda *one: waiting.append(one))
    settings.RENDITIONS_AHEAD = True
    page = write("Bài", image=image)

    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = ask(f"pages/{page.pk}/")

    assert answer["image"]["renditions"].keys() == {"full"}  # of seven
    assert ask.last["Cache-Control"] == "no-store"
    assert image.renditions.count() == 7
    assert waiting == [("page", page.pk)]


def test_a_picture_of_a_private_collection_is_nobodys(illustrated: NewsPage, image: Any, ask: Any) -> None:
    closed = Collection.get_first_root_node().add_child(name="Riêng")
    image.collection = closed.add_child(name="Bên dưới")
    image.save()
    assert ask(f"pages/{illustrated.pk}/")["image"] is not None

    CollectionViewRestriction.objects.create(collection=closed, restriction_type="groups")

    assert ask(f"pages/{illustrated.pk}/")["image"] is None
    assert ask("images/")["items"] == []


def test_a_picture_whose_file_is_gone_has_no_renditions(illustrated: NewsPage, image: Any, ask: Any) -> None:
    Path(image.file.path).unlink()

    assert ask(f"pages/{illustrated.pk}/")["image"]["renditions"] == {}


def test_the_library_has_what_something_published_shows(
    write: Any, illustrated: NewsPage, image: Any, ask: Any
) -> None:
    assert [one["id"] for one in ask("images/")["items"]] == [image.pk]
    assert ask(f"images/{image.pk}/")["meta"]["type"] == "wagtailimages.Image"

    illustrated.unpublish()

    assert ask("images/") == {"meta": {"total_count": 0}, "items": []}
    ask(f"images/{image.pk}/", status=404)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("_,title", {"id", "title", "type"}),
        ("_", {"id", "type"}),
        ("*,-renditions,-focal_point", {"id", "title", "alt", "width", "height", "type", "detail_url"}),
        ("-id,-type,-detail_url,-alt", {"id", "title", "width", "height", "focal_point", "renditions", "type"}),
        ("_,renditions(_,full),detail_url", {"id", "renditions", "type", "detail_url"}),
    ],
)
def test_a_picture_has_the_fields_that_are_asked_for(
    illustrated: NewsPage, image: Any, ask: Any, fields: str, expected: set[str]
) -> None:
    ask(f"pages/{illustrated.pk}/")  # makes the renditions
    (listed,) = ask("images/", fields=fields)["items"]
    assert ask(f"images/{image.pk}/", fields=fields) == listed
    assert ({*listed} - {"meta"}) | {*listed["meta"]} == expected
    if "full" in fields:
        assert listed["renditions"].keys() == {"full"}


def test_a_document_has_the_fields_that_are_asked_for(article: NewsPage, ask: Any) -> None:
    for one in ask("documents/", fields="_,url,size")["items"]:
        assert one.keys() == {"id", "url", "size", "meta"}
        assert one["meta"].keys() == {"type"}
        assert ask(f"documents/{one['id']}/", fields="_,url,size") == one


@pytest.mark.parametrize(
    "fields", ["", "nothing", "meta", "title(x)", "renditions(huge)", "renditions(full(x))", "(", "_,title,,"]
)
def test_fields_that_no_picture_has_are_refused(illustrated: NewsPage, image: Any, ask: Any, fields: str) -> None:
    for path in ("images/", f"images/{image.pk}/"):
        assert ask(path, status=400, fields=fields)["errors"][0]["parameter"] == "fields"


@pytest.mark.parametrize(
    ("query", "parameter"), [({"order": "file"}, "order"), ({"limit": "1000"}, "limit"), ({"tags": "x"}, "tags")]
)
def test_the_library_refuses_by_name(ask: Any, site: Any, query: dict[str, str], parameter: str) -> None:
    for path in ("images/", "documents/"):
        assert ask(path, status=400, **query)["errors"][0]["parameter"] == parameter
