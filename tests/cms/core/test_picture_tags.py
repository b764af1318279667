"""`{% picture %}` on a page: the best format first, no picture twice, none blown up."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.files.storage import FileSystemStorage
from django.template import Context, Template
from pictures import cut_short, draw
from pytest_django import Settings
from wagtail.images.models import Image, Rendition
from wagtail.images.shortcuts import get_rendition_or_not_found

pytestmark = pytest.mark.django_db

FIGURE = 'format-{avif,webp} max-{480x1280,960x1280,1440x1280} sizes="92vw" loading="lazy"'
CARD = 'format-{avif,webp} fill-{400x225,800x450} alt="" sizes="92vw"'


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def add(path: Path, *size: int, **facts: str) -> Image:
    with draw(path, *size).open("rb") as file:
        image: Image = Image.objects.create(**{"title": path.name, **facts}, file=ImageFile(file, name=path.name))
    return image


def shown(image: Image | None, arguments: str, *, library: str = "picture_tags") -> str:
    template = Template("{% load " + library + " %}{% picture image " + arguments + " %}")
    return template.render(Context({"image": image}))


def srcsets(html: str) -> list[list[str]]:
    return [re.findall(r" (\d+)w", srcset) for srcset in re.findall(r'srcset="([^"]+)"', html)]


def size_of(html: str) -> tuple[int, ...]:
    """What the image itself says."""
    image = html[html.index("<img") :]
    return tuple(int(re.findall(rf' {side}="(\d+)"', image)[0]) for side in ("width", "height"))


def test_a_photo_comes_as_avif_and_webp_in_sizes_for_every_screen(tmp_path: Path) -> None:
    html = shown(add(tmp_path / "cho.jpg", 1600, 1067, description="Chợ nổi"), FIGURE)

    assert 'type="image/avif"' in html
    assert re.findall(r"\.(avif|webp) ", html) == ["avif"] * 3 + ["webp"] * 3
    assert srcsets(html) == [["480", "960", "1440"]] * 2
    assert size_of(html) == (1440, 960)
    assert 'alt="Chợ nổi"' in html
    assert 'sizes="92vw"' in html


@pytest.mark.parametrize(
    ("size", "arguments", "largest"),
    [
        pytest.param((60, 40), FIGURE, (60, 40), id="a small picture"),
        pytest.param((60, 40), CARD, (60, 34), id="a small picture on a card"),
        pytest.param((600, 1800), FIGURE, (426, 1280), id="a tall one"),
    ],
)
def test_a_picture_is_never_blown_up_nor_made_twice(
    tmp_path: Path, size: tuple[int, int], arguments: str, largest: tuple[int, int]
) -> None:
    image = add(tmp_path / "nho.png", *size)

    html = shown(image, arguments)

    assert size_of(html) == largest
    assert image.renditions.count() == 2
    assert 'class="small"' in html


@pytest.mark.parametrize("spoil", [cut_short, Path.unlink], ids=["cut short", "gone"])
def test_a_picture_that_cannot_be_made_leaves_no_trace(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    image = add(tmp_path / "hong.jpg", 900, 600)
    spoil(Path(image.file.path))

    assert shown(image, FIGURE) == shown(None, FIGURE) == ""
    assert get_rendition_or_not_found(image, "max-192x192|format-webp").file.name == "not-found"


def test_a_page_with_the_renditions_at_hand_asks_for_nothing(tmp_path: Path, django_assert_num_queries: Any) -> None:
    first = shown(add(tmp_path / "cho.jpg", 1000, 700), CARD)
    image = Image.objects.prefetch_related("renditions").get()

    with django_assert_num_queries(0):
        assert shown(image, CARD) == first


def test_of_two_that_make_the_same_single_rendition_one_gives_way(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process is done between this one's file and its row."""
    image = add(tmp_path / "huy-hieu.png", 400, 400)
    save = FileSystemStorage.save
    others: list[Rendition] = []

    def be_late(storage: FileSystemStorage, *file: Any, **options: Any) -> str:
        monkeypatch.setattr(FileSystemStorage, "save", save)
        name = storage.save(*file, **options)
        others.append(Image.objects.get(pk=image.pk).get_rendition("max-192x192|format-webp"))
        return name

    monkeypatch.setattr(FileSystemStorage, "save", be_late)

    assert [image.get_rendition("max-192x192|format-webp")] == others
    assert [f"images/{file.name}" for file in (media / "images").iterdir()] == [others[0].file.name]


@pytest.mark.parametrize("library", ["picture_tags", "wagtailimages_tags"])
def test_of_two_that_make_the_same_renditions_at_once_one_gives_way(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """Another process is done between this one's look at what there is and its own rows."""
    image = add(tmp_path / "cho.jpg", 1600, 1067, description="Chợ nổi")
    store = Rendition.objects.bulk_create
    others: list[str] = []

    def be_late(made: list[Rendition], **options: Any) -> list[Rendition]:
        monkeypatch.setattr(Rendition.objects, "bulk_create", store)
        others.append(shown(Image.objects.get(pk=image.pk), FIGURE, library=library))
        return store(made, **options)

    monkeypatch.setattr(Rendition.objects, "bulk_create", be_late)
    html = shown(image, FIGURE, library=library)

    assert [html] == others
    named = set(Rendition.objects.values_list("file", flat=True))
    assert {f"images/{file.name}" for file in (media / "images").iterdir()} == named
