"""Pictures whose pixels nobody has read, as Willow's image class: what is done to one is noted until it is saved.

Willow reads a picture whole as soon as it is asked for anything, be it the size. This class is the cheaper way from
each format to the same operations, so that Willow, and Wagtail with it, takes this one.
"""

import logging
import threading
import warnings
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from typing import IO, Any, NamedTuple

import PIL.Image
from willow.image import (
    AvifImageFile,
    BadImageOperationError,
    BMPImageFile,
    GIFImageFile,
    HeicImageFile,
    IcoImageFile,
    Image,
    ImageFile,
    JPEGImageFile,
    PNGImageFile,
    TIFFImageFile,
    WebPImageFile,
)
from willow.registry import registry

from cms.core.pictures.child import render_in_child
from cms.core.pictures.copies import Copies, has_enough, of_the_copy
from cms.core.pictures.errors import PictureError, TooHeavy, Unreadable
from cms.core.pictures.limits import MAX_PIXELS_IN_PROCESS, MAX_PIXELS_OF_A_HEADER
from cms.core.pictures.rendering import Colour, Header, Recipe, Size, read_header, render

log = logging.getLogger("nhip")

COPIES = Copies()
_ONE_AVIF = threading.Lock()  # its encoder takes some fifty megabytes for a picture of a page

READ_BY_PILLOW = [
    AvifImageFile,
    BMPImageFile,
    GIFImageFile,
    HeicImageFile,
    IcoImageFile,
    JPEGImageFile,
    PNGImageFile,
    TIFFImageFile,
    WebPImageFile,
]


def register() -> None:
    """Give Willow this class, and refuse what is larger than any picture. Once is enough."""
    PIL.Image.MAX_IMAGE_PIXELS = MAX_PIXELS_OF_A_HEADER
    warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
    registry.register_image_class(UnreadPicture)


class Shape(NamedTuple):
    width: int
    height: int


class UnreadPicture(Image):
    """A picture and what is to become of it. Operations raise PictureError, or as Willow's do."""

    def __init__(self, source: IO[bytes], header: Header, recipe: Recipe) -> None:
        self._source = source
        self._header = header
        self._recipe = recipe

    @classmethod
    @Image.converter_from(READ_BY_PILLOW, cost=1)
    def open(cls, file: ImageFile) -> "UnreadPicture":
        try:
            header = read_header(file.f)
        except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
            raise TooHeavy(str(error)) from error
        except Exception as error:  # decoders raise many kinds: OSError, SyntaxError, ValueError, struct.error …
            raise Unreadable(f"{type(error).__name__}: {error}") from error
        width, height = header.size
        return cls(file.f, header, Recipe(box=(0, 0, width, height), size=header.size, format=file.format_name))

    @property
    def image(self) -> Shape:
        """Wagtail's filters look for the size here."""
        return Shape(*self._recipe.size)

    @Image.operation
    def get_size(self) -> Size:
        return self._recipe.size

    @Image.operation
    def get_frame_count(self) -> int:
        return 1  # of an animation, Pillow takes the first picture

    @Image.operation
    def has_animation(self) -> bool:
        return False

    @Image.operation
    def has_alpha(self) -> bool:
        return self._header.has_alpha and self._recipe.background is None

    @Image.operation
    def auto_orient(self) -> "UnreadPicture":
        return self  # a header tells the upright size, and a recipe is one for the upright picture

    @Image.operation
    def crop(self, rect: tuple[float, float, float, float]) -> "UnreadPicture":
        width, height = self._recipe.size
        left, top, right, bottom = rect
        if left >= right or top >= bottom or left >= width or top >= height or right <= 0 or bottom <= 0:
            raise BadImageOperationError(f"Invalid crop dimensions: {rect!r}")
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        from_left, from_top, to_right, to_bottom = self._recipe.box
        across, down = (to_right - from_left) / width, (to_bottom - from_top) / height
        box = (from_left + left * across, from_top + top * down, from_left + right * across, from_top + bottom * down)
        return self._with(box=box, size=(round(right - left), round(bottom - top)))

    @Image.operation
    def resize(self, size: Size) -> "UnreadPicture":
        return self._with(size=size)

    @Image.operation
    def set_background_color_rgb(self, colour: Colour) -> "UnreadPicture":
        return self._with(background=colour) if self.has_alpha() else self

    @Image.operation
    def save_as_jpeg(self, target: IO[bytes], **options: Any) -> JPEGImageFile:
        return JPEGImageFile(self._save(target, "jpeg", options))

    @Image.operation
    def save_as_png(self, target: IO[bytes], **options: Any) -> PNGImageFile:
        return PNGImageFile(self._save(target, "png", options))

    @Image.operation
    def save_as_gif(self, target: IO[bytes], **options: Any) -> GIFImageFile:
        return GIFImageFile(self._save(target, "gif", options))

    @Image.operation
    def save_as_webp(self, target: IO[bytes], **options: Any) -> WebPImageFile:
        return WebPImageFile(self._save(target, "webp", options))

    @Image.operation
    def save_as_avif(self, target: IO[bytes], **options: Any) -> AvifImageFile:
        return AvifImageFile(self._save(target, "avif", options))

    @Image.operation
    def save_as_heic(self, target: IO[bytes], **options: Any) -> HeicImageFile:
        return HeicImageFile(self._save(target, "heic", options))

    @Image.operation
    def save_as_ico(self, target: IO[bytes], **options: Any) -> IcoImageFile:
        return IcoImageFile(self._save(target, "ico", options))

    def _with(self, **changes: Any) -> "UnreadPicture":
        return UnreadPicture(self._source, self._header, replace(self._recipe, **changes))

    def _save(self, target: IO[bytes], format: str, options: dict[str, Any]) -> IO[bytes]:  # noqa: A002
        recipe = replace(self._recipe, format=format, options=options)
        try:
            target.write(_make(self._source, self._header, recipe))
        except PictureError as error:
            log.warning("no %s of a picture of %d × %d pixels: %s", format, *self._header.size, error)
            raise
        return target


def _make(source: IO[bytes], header: Header, recipe: Recipe) -> bytes:
    if header.pixels > MAX_PIXELS_IN_PROCESS:
        if not has_enough(header, recipe):
            return render_in_child(source, recipe)
        source, recipe = COPIES.get(source, header), of_the_copy(header, recipe)
    made = BytesIO()
    try:
        with _ONE_AVIF if recipe.format == "avif" else nullcontext():
            render(source, recipe, made)
    except Exception as error:  # as many kinds as above
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return made.getvalue()
