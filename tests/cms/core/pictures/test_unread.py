from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.ImageFile
import pytest
from django.core.files.images import ImageFile
from django.test import Client
from pictures import cut_short, draw, write_flat_png
from PIL import Image as Pillow
from wagtail.images import get_image_model
from willow.image import BadImageOperationError, Image, JPEGImageFile
from willow.registry import registry

from cms.core.pictures.errors import TooHeavy, Unreadable
from cms.core.pictures.limits import MAX_PIXELS_IN_PROCESS
from cms.core.pictures.rendering import Recipe
from cms.core.pictures.unread import READ_BY_PILLOW, UnreadPicture
from cms.news.models import NewsPage

# What Wagtail's fields and filters ask of Willow.
OPERATIONS = (
    *("get_size", "get_frame_count", "has_animation", "has_alpha", "auto_orient", "crop", "resize"),
    *("set_background_color_rgb", "save_as_jpeg", "save_as_png", "save_as_gif", "save_as_webp", "save_as_avif"),
)


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the pixels of a large picture in this process fails the test."""
    read = PIL.ImageFile.ImageFile.load

    def load(self: PIL.ImageFile.ImageFile) -> Any:
        assert self.width * self.height <= MAX_PIXELS_IN_PROCESS, f"{self.size} pixels were read"
        return read(self)

    monkeypatch.setattr(PIL.ImageFile.ImageFile, "load", load)


def store(path: Path) -> Any:
    with path.open("rb") as file:
        return get_image_model().objects.create(title=path.stem, file=ImageFile(file, name=path.name))


@pytest.mark.parametrize("file", READ_BY_PILLOW, ids=lambda file: file.__name__)
def test_willow_takes_this_way_to_whatever_wagtail_asks(file: type[Image]) -> None:
    assert {registry.find_operation(file, operation)[1] for operation in OPERATIONS} == {UnreadPicture}


@pytest.mark.django_db
def test_a_large_picture_is_stored_without_reading_its_pixels(tmp_path: Path, no_pixels: None) -> None:
    image = store(write_flat_png(tmp_path / "poster.png", 9000, 7000))

    assert (image.width, image.height) == (9000, 7000)


@pytest.mark.django_db
def test_pictures_of_a_page_are_made_here_if_small_and_by_a_child_if_large(tmp_path: Path, sent: list[Recipe]) -> None:
    small = store(draw(tmp_path / "small.webp", 1600, 900))
    large = store(draw(tmp_path / "large.jpg", 4000, 3000))
    specs = ("format-webp|width-480", "format-webp|width-960", "format-webp|fill-400x225")

    made = [(r.width, r.height) for r in small.get_renditions(*specs).values()]
    assert (made, sent) == ([(480, 270), (960, 540), (400, 225)], [])

    renditions = large.get_renditions(*specs)
    assert [(r.width, r.height) for r in renditions.values()] == [(480, 360), (960, 720), (400, 225)]
    assert [recipe.size for recipe in sent] == [(1825, 1369)], "the child reads it once, for a copy"
    large.get_rendition("format-avif|width-480")
    assert len(sent) == 1
    assert (large.get_rendition("width-3000").width, len(sent)) == (3000, 2), "more than the copy has"
    with Pillow.open(renditions[specs[0]].file.path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (480, 360))


@pytest.mark.django_db
def test_a_large_picture_is_never_read_in_this_process(tmp_path: Path, no_pixels: None) -> None:
    image = store(write_flat_png(tmp_path / "poster.png", 4000, 3000))

    assert image.get_rendition("max-165x165").width == 165


@pytest.mark.django_db
@pytest.mark.parametrize("size", [(1200, 800), (3000, 2000)], ids=["read here", "read by a child"])
def test_readers_get_a_page_without_a_picture_that_can_not_be_read(
    size: tuple[int, int], tmp_path: Path, write: Any, client: Client
) -> None:
    article: NewsPage = write("Bài có ảnh hỏng", image=store(draw(tmp_path / "photo.jpg", *size, noisy=True)))
    assert article.image is not None
    cut_short(Path(article.image.file.path))

    response = client.get(article.get_url(), headers={"host": "localhost"})

    assert response.status_code == 200
    assert "Bài có ảnh hỏng" in response.content.decode()
    assert not article.image.renditions.exists()


def test_what_is_no_picture_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        JPEGImageFile(BytesIO(b"\xff\xd8\xff" + b"words" * 100)).get_size()


def test_a_picture_larger_than_any_is_not_even_looked_at(tmp_path: Path) -> None:
    with write_flat_png(tmp_path / "bomb.png", 30_000, 10_000).open("rb") as file, pytest.raises(TooHeavy):
        Image.open(file).get_size()


def test_cuts_of_cuts_are_in_pixels_of_the_first_picture(tmp_path: Path) -> None:
    with draw(tmp_path / "photo.png", 400, 200).open("rb") as file:
        picture = Image.open(file).crop((100, 0, 300, 200)).resize((50, 50)).crop((25, 25, 80, 80))

        assert picture.get_size() == (25, 25)
        assert picture._recipe.box == (200, 100, 300, 200)
        with pytest.raises(BadImageOperationError):
            picture.crop((25, 0, 50, 25))
