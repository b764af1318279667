"""Picture files for tests, made with little memory however many pixels they have."""

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

BLUE = (30, 90, 150, 255)


def draw(path: Path, width: int, height: int, *, mode: str = "RGB", noisy: bool = False) -> Path:
    """Write a picture in the format of its suffix; ``noisy``, it has as many bytes as a photo."""
    if not noisy:
        picture = Image.new(mode, (width, height), BLUE[: len(mode)] if len(mode) > 2 else BLUE[0])
    else:
        size = (max(width // 16, 1), max(height // 16, 1))
        grains = Image.frombytes(mode, size, os.urandom(size[0] * size[1] * len(mode)))
        picture = grains.resize((width, height), Image.Resampling.BILINEAR)
    picture.save(path, compress_level=1)
    return path


def picture(form: str, *, gps: bool = False, turned: int = 1) -> bytes:
    """A small picture in the format ``form`` of Pillow. With ``gps`` it says where, when and with what it was taken, in
    Exif, XMP and whatever else the format has, and ends in a second picture, as phones write it."""
    file = BytesIO()
    image = Image.frombytes("RGB", (16, 12), bytes(range(192)) * 3)
    said: dict[str, object] = {}
    if gps:
        exif = Image.Exif()
        exif[0x010F] = "MAY-ANH"
        exif[0x0112] = turned
        exif.get_ifd(0x8825)[2] = (20.0, 51.0, 0.0)
        said = {"exif": exif, "xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>exif:GPSLatitude MAY-ANH</x:xmpmeta>"}
        if form == "JPEG":
            said["comment"] = b"MAY-ANH"
        if form == "PNG":
            said = {"exif": exif, "pnginfo": PngInfo()}
            said["pnginfo"].add_text("Camera", "MAY-ANH")  # type: ignore[attr-defined]
        if form == "TIFF":
            said = {"exif": exif.tobytes()}
    elif turned != 1:
        raise ValueError("only what says something has a way up")
    image.save(file, form, **said, **({"lossless": True} if form == "WEBP" else {}))
    if gps and form == "JPEG":
        file.write(b"\xff\xd8\xff\xe1\0\x0aMAY-ANH\0\xff\xd9")
    return file.getvalue()


def write_flat_png(path: Path, width: int, height: int) -> Path:
    """Write a PNG of one colour: a thousandth of a byte for each pixel, four bytes once it is read."""
    row = b"\0" + bytes(3) * width
    squeeze = zlib.compressobj(1)
    data = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b""),
    )
    return path


def cut_short(path: Path) -> Path:
    """Leave the first third of a file: an upload that broke off."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    return path


def jpeg_header() -> bytes:
    """The first bytes of a JPEG, and nothing after them."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    return file.getvalue()[:20]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
