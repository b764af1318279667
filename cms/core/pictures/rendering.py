"""A picture's bytes → a smaller picture's bytes, with as little memory as its format allows. Knows no Django.

What comes out is a plain picture, whatever went in: 8 bits a channel, in sRGB, upright, and without metadata. So it
looks the same in every browser, and says neither where nor by whose camera it was taken.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from math import ceil
from typing import IO, Any

from PIL import ExifTags, Image, ImageCms, ImageOps
from willow.plugins.pillow import PillowImage

# A picture is first reduced by whole factors, to no less than this many times its final size.
REDUCING_GAP = 2
STRIP_PIXELS = 2_000_000
WHITE_IN_16_BITS = 65_535
_SRGB = ImageCms.createProfile("sRGB")
AVIF_SPEED = 8  # of 10: half of the time that Pillow's own 6 takes, for a fiftieth more bytes
COPY = "copy"
SIDEWAYS = (5, 6, 7, 8)  # orientations of EXIF that swap width and height

Size = tuple[int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Header:
    """What a picture's first bytes say. ``size`` is that of the upright picture, in pixels."""

    size: Size
    has_alpha: bool

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]


@dataclass(frozen=True)
class Recipe:
    """Which part of the upright picture (``box``, in its pixels), how large, on which background, in which format.

    ``options`` are those of Willow's ``save_as_`` + format; COPY is without loss and takes little time.
    """

    box: Box
    size: Size
    format: str
    background: Colour | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        return cls(**json.loads(text))

    def with_box(self, box: Box) -> "Recipe":
        return replace(self, box=box)

    @property
    def scale(self) -> float:
        """How many pixels of the picture become one."""
        left, top, right, bottom = self.box
        return min((right - left) / self.size[0], (bottom - top) / self.size[1])

    @property
    def is_cut_alone(self) -> bool:
        left, top, right, bottom = self.box
        return (right - left, bottom - top) == tuple(self.size)


def read_header(source: IO[bytes]) -> Header:
    """Look at a picture without reading its pixels. Raises what Pillow raises, such as OSError, if it is none."""
    source.seek(0)
    with Image.open(source) as image:
        width, height = image.size
        upright = (height, width) if _orientation(image) in SIDEWAYS else (width, height)
        return Header(size=upright, has_alpha=PillowImage(image).has_alpha())


def render(source: IO[bytes], recipe: Recipe, target: IO[bytes]) -> None:
    """Write the picture that ``recipe`` asks for. Raises what Pillow raises, such as OSError, if pixels are missing."""
    picture = _draw(source, recipe)  # what was read is free again before an encoder takes as much
    if recipe.format == COPY:
        picture.image.save(target, "PNG", compress_level=1)
    elif recipe.format == "avif" and recipe.options.keys() <= {"quality"}:
        picture.image.save(target, "AVIF", speed=AVIF_SPEED, max_threads=1, **recipe.options)
    else:
        getattr(picture, f"save_as_{recipe.format}")(target, **recipe.options)


def _draw(source: IO[bytes], recipe: Recipe) -> PillowImage:
    source.seek(0)
    with Image.open(source) as whole:
        turned = _orientation(whole) != 1
        image, factor = _shrink(whole, int(recipe.scale / REDUCING_GAP))
        if turned:
            image = ImageOps.exif_transpose(image)
        picture = PillowImage(_plain(_cut(image, recipe, factor)))
    return picture if recipe.background is None else picture.set_background_color_rgb(tuple(recipe.background))


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would read every pixel to look for it after them
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def _shrink(image: Image.Image, factor: int) -> tuple[Image.Image, float]:
    """Reduce the picture by a whole factor of at most ``factor``; returns it and the factor."""
    if factor < 2:
        return image, 1.0
    width, height = image.size
    drafted = image.draft(None, (max(width // factor, 1), max(height // factor, 1)))
    done = width / drafted[1][2] if drafted else 1.0  # JPEG's decoder itself makes it 2, 4 or 8 times smaller
    rest = int(factor / done)
    if rest > 1 and image.mode in ("1", "P", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"):
        return _reduce(image, rest), done * rest
    return image, done


def _reduce(image: Image.Image, factor: int) -> Image.Image:
    """Pillow's ``reduce``, strip by strip, since it copies a picture with transparency or a palette as a whole."""
    rows = factor * max(1, STRIP_PIXELS // (image.width * factor))
    reduced = None
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strip = _without_palette(strip).reduce(factor)
        if reduced is None:
            reduced = Image.new(strip.mode, (strip.width, ceil(image.height / factor)))
            reduced.info = strip.info
        reduced.paste(strip, (0, top // factor))
    assert reduced is not None
    return reduced


def _cut(image: Image.Image, recipe: Recipe, factor: float) -> Image.Image:
    """The recipe's part of a picture that is ``factor`` times smaller, in the recipe's size."""
    left, top, right, bottom = (side / factor for side in recipe.box)
    box = (max(left, 0.0), max(top, 0.0), min(right, image.width), min(bottom, image.height))
    if factor == 1 and recipe.is_cut_alone:
        return image.crop((round(box[0]), round(box[1]), round(box[2]), round(box[3])))
    return _without_palette(image).resize(recipe.size, Image.Resampling.LANCZOS, box=box)


def _without_palette(image: Image.Image) -> Image.Image:
    """Modes that can't be resized, in one that can."""
    if image.mode in ("1", "P"):
        return image.convert("RGBA" if PillowImage(image).has_alpha() else "RGB")
    if image.mode in ("I", "F") or (image.mode.startswith("I;16") and image.mode != "I;16"):
        return _in_8_bits(image)
    return image


def _plain(image: Image.Image) -> Image.Image:
    """In sRGB, with 8 bits a channel and nothing but pixels."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image, profile = _in_8_bits(image), None
    if profile or image.mode == "LAB":
        image = _in_srgb(image, profile)
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGBA" if PillowImage(image).has_alpha() else "RGB")
    # Encoders of Pillow write what they find here, be it comments, EXIF with GPS, XMP or profiles.
    image.info = {}
    return image


def _in_8_bits(image: Image.Image) -> Image.Image:
    """A scan's grey, which Pillow's own conversion clips to white. Integers have 16 bits if they fit into them."""
    wide = image.convert("F")
    darkest, brightest = wide.getextrema()
    assert isinstance(darkest, float)
    assert isinstance(brightest, float)
    if image.mode == "F" or darkest < 0 or brightest > WHITE_IN_16_BITS:
        scale = 255 / ((brightest - darkest) or 1)
        return wide.point(lambda value: value * scale - darkest * scale).convert("L")
    return wide.point(lambda value: value * (255 / WHITE_IN_16_BITS) + 0.0).convert("L")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """By the picture's own profile; one that is broken or of another kind of colours counts for nothing."""
    mode = "RGBA" if PillowImage(image).has_alpha() else "RGB"
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        if mode == "RGBA":
            opaque = ImageCms.profileToProfile(image.convert("RGB"), source, _SRGB, outputMode="RGB")
            assert opaque is not None
            opaque.putalpha(image.convert("RGBA").getchannel("A"))
            return opaque
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
        assert converted is not None
        return converted
    return image
