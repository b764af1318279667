"""The same recipe gives the same picture, however little of the large one is in memory."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

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


def located() -> Image.Exif:
    """As a telephone writes it: where it was taken, when, by whose camera."""
    exif = Image.Exif()
    exif[0x010F] = "CAMERA OF SOMEBODY"
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 3.0, 14.0), 3: "E", 4: (108.0, 12.0, 7.0)})
    return exif


@pytest.mark.parametrize("result", ["jpeg", "png", "webp", "avif", "gif"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_nothing_is_left_of_where_and_by_whom_a_picture_was_taken(format: str, result: str) -> None:  # noqa: A002
    more: dict[str, Any] = {"comment": b"ghi ch\xc3\xba"} if format == "JPEG" else {}
    more |= {"xmp": b"<x:xmpmeta>16.05 108.2</x:xmpmeta>"} if format in ("JPEG", "WEBP", "HEIF") else {}
    source = encoded(quarters(300, 200), format, exif=located(), **more)
    assert b"OF SOMEBODY" in source.getvalue()
    target = BytesIO()

    render(source, Recipe(box=(0, 0, 300, 200), size=(300, 200), format=result), target)

    picture = Image.open(target)
    assert not dict(picture.getexif())
    assert not {"exif", "xmp", "comment", "icc_profile", "photoshop", "XML:com.adobe.xmp"} & picture.info.keys()
    assert b"OF SOMEBODY" not in target.getvalue()
    assert b"xmpmeta" not in target.getvalue()


@pytest.mark.parametrize("size", [(1200, 800), (60, 40)], ids=str)
@pytest.mark.parametrize("result", ["png", "webp", "avif"])
def test_a_scan_of_16_bits_keeps_its_greys(size: tuple[int, int], result: str) -> None:
    scan = Image.new("I;16", (1200, 800), 32_768)
    scan.paste(65_535, (600, 0, 1200, 800))

    picture = made(encoded(scan, "PNG"), Recipe(box=(0, 0, 1200, 800), size=size, format=result)).convert("L")

    middle, white = picture.getpixel((size[0] // 4, 5)), picture.getpixel((size[0] * 3 // 4, 5))
    assert isinstance(middle, int)
    assert isinstance(white, int)
    assert abs(middle - 128) < 3
    assert white > 252


def test_a_profile_is_applied_and_left_out() -> None:
    red = Image.new("RGB", (90, 60), (255, 0, 0))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    recipe = Recipe(box=(0, 0, 90, 60), size=(90, 60), format="png")

    def colour(profile: bytes) -> tuple[int, ...]:
        picture = made(encoded(red, "PNG", icc_profile=profile), recipe)
        assert "icc_profile" not in picture.info
        return corners(picture)[0]

    assert nearly([colour(srgb), colour(swapped), colour(b"no profile")], (255, 0, 0), (0, 255, 0), (255, 0, 0))


def test_of_an_animation_the_first_picture_is_left() -> None:
    frames = [Image.new("RGB", (48, 32), colour) for colour in ("red", "green", "blue")]
    source = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=300, loop=0)

    picture = made(source, Recipe(box=(0, 0, 48, 32), size=(48, 32), format="webp"))

    assert getattr(picture, "n_frames", 1) == 1
    assert nearly([picture.convert("RGB").getpixel((5, 5))], (255, 0, 0))  # type: ignore[list-item]
