"""The same recipe gives the same picture, however little of the large one is in memory."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from cms.core.pictures.rendering import Recipe, read_header, render

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 60), (40, 60, 200), (220, 200, 40)


def quarters(width: int, height: int) -> Image.Image:
    """Red and green above blue and yellow."""
    picture = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height // 2), fill=GREEN)
    draw.rectangle((0, height // 2, width // 2, height), fill=BLUE)
    draw.rectangle((width // 2, height // 2, width, height), fill=YELLOW)
    return picture


def encoded(picture: Image.Image, format: str, **options: Any) -> BytesIO:  # noqa: A002
    file = BytesIO()
    picture.save(file, format, **options)
    return file


def made(source: BytesIO, recipe: Recipe) -> Image.Image:
    target = BytesIO()
    render(source, recipe, target)
    return Image.open(target)


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    picture = picture.convert("RGB")
    width, height = picture.size
    places = [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)]
    pixels = [picture.getpixel((int(x * width), int(y * height))) for x, y in places]
    return [pixel for pixel in pixels if isinstance(pixel, tuple)]


def nearly(found: list[tuple[int, ...]], *colours: tuple[int, ...]) -> bool:
    far = [abs(a - b) for pair in zip(found, colours, strict=True) for a, b in zip(*pair, strict=True)]
    return max(far) <= 12


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        *[("JPEG", mode) for mode in ("RGB", "L", "CMYK")],
        *[("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")],
        *[("WEBP", mode) for mode in ("RGB", "RGBA")],
        ("GIF", "P"),
        ("AVIF", "RGB"),
    ],
)
@pytest.mark.parametrize("size", [(1210, 806), (60, 40), (33, 22)], ids=str)
def test_every_format_and_mode_becomes_the_size_that_was_asked_for(
    format: str,  # noqa: A002
    mode: str,
    size: tuple[int, int],
) -> None:
    source = encoded(quarters(1210, 806).convert(mode), format)

    picture = made(source, Recipe(box=(0, 0, 1210, 806), size=size, format="png"))

    assert picture.size == size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_small_picture_looks_as_if_made_of_the_whole_one(format: str) -> None:  # noqa: A002
    source = encoded(quarters(1999, 1333), format)
    source.seek(0)
    whole = Image.open(source).convert("RGB").resize((120, 80), Image.Resampling.LANCZOS)

    picture = made(source, Recipe(box=(0, 0, 1999, 1333), size=(120, 80), format="png")).convert("RGB")

    assert max(ImageStat.Stat(ImageChops.difference(whole, picture)).mean) < 2
    assert nearly(corners(picture), RED, GREEN, BLUE, YELLOW)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_part_is_cut_out_of_the_right_place(format: str) -> None:  # noqa: A002
    source = encoded(quarters(1999, 1333), format)

    right_half = made(source, Recipe(box=(1000, 0, 1999, 1333), size=(90, 120), format="png"))
    unscaled = made(source, Recipe(box=(1000, 667, 1200, 767), size=(200, 100), format="png"))

    assert nearly(corners(right_half), GREEN, GREEN, YELLOW, YELLOW)
    assert unscaled.size == (200, 100)
    assert nearly(corners(unscaled), YELLOW, YELLOW, YELLOW, YELLOW)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize("size", [(806, 1210), (80, 120)], ids=str)
def test_a_turned_photo_stands_upright(format: str, size: tuple[int, int]) -> None:  # noqa: A002
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned: what is left in the file is below
    source = encoded(quarters(1210, 806), format, exif=turned)

    header = read_header(source)
    picture = made(source, Recipe(box=(0, 0, 806, 1210), size=size, format="jpeg"))

    assert header.size == (806, 1210)
    assert picture.size == size
    assert nearly(corners(picture), BLUE, RED, YELLOW, GREEN)
    assert picture.getexif().get(0x0112, 1) == 1


def test_a_header_tells_transparency() -> None:
    glass = Image.new("RGBA", (20, 10), (10, 20, 30, 0))

    assert read_header(encoded(glass, "PNG")).has_alpha
    assert not read_header(encoded(glass.convert("RGB"), "PNG")).has_alpha


@pytest.mark.parametrize("size", [(400, 200), (40, 20)], ids=str)
def test_transparency_is_kept_or_gets_its_background(size: tuple[int, int]) -> None:
    glass = encoded(Image.new("RGBA", (400, 200), (10, 20, 30, 0)), "PNG")
    recipe = Recipe(box=(0, 0, 400, 200), size=size, format="png")

    kept = made(glass, recipe)
    filled = made(glass, Recipe(box=recipe.box, size=size, format="png", background=(255, 255, 255)))

    assert kept.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert filled.getpixel((5, 5)) == (255, 255, 255)


def test_a_header_is_read_without_the_pixels_after_it() -> None:
    whole = encoded(quarters(1200, 800), "PNG").getvalue()
    data = whole.index(b"IDAT")

    assert read_header(BytesIO(whole[: data + 8])).size == (1200, 800)
    with pytest.raises(OSError, match="truncated"):
        made(BytesIO(whole[: data + 800]), Recipe(box=(0, 0, 1200, 800), size=(60, 40), format="png"))


def test_an_orientation_after_the_pixels_of_a_png_is_not_looked_for() -> None:
    whole = encoded(quarters(120, 80), "PNG").getvalue()
    end = whole.index(b"IEND") - 4
    exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif
    source = BytesIO(whole[:end] + chunk + struct.pack(">I", crc32(chunk[4:])) + whole[end:])

    assert read_header(source).size == (120, 80)
    assert made(source, Recipe(box=(0, 0, 120, 80), size=(120, 80), format="png")).size == (120, 80)
