"""A picture that is uploaded as a document says nothing of where, when and by whom it was taken, and looks the same."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import picture
from PIL import Image, ImageOps

from cms.core.documents.metadata import Damaged, SaysWhere, without_metadata

FORMS = ("JPEG", "PNG", "WEBP")


def shown(content: bytes) -> tuple[tuple[int, int], bytes]:
    """Size and points, the right way up."""
    image = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    return image.size, image.convert("RGB").tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_what_a_photo_says_of_its_maker_goes_and_its_points_stay(form: str) -> None:
    told = picture(form, gps=True)
    assert b"MAY-ANH" in told  # or there would be nothing to take away

    silent = without_metadata(told)

    assert b"MAY-ANH" not in silent
    assert b"GPS" not in silent
    assert not Image.open(BytesIO(silent)).getexif().get_ifd(0x8825)
    assert shown(silent) == shown(told)
    assert without_metadata(silent) == silent


def test_a_photo_stays_the_right_way_up() -> None:
    told = picture("JPEG", gps=True, turned=6)

    silent = without_metadata(told)

    assert shown(silent) == shown(told)
    assert shown(silent)[0] == (12, 16)
    assert dict(Image.open(BytesIO(silent)).getexif()) == {0x0112: 6}


def test_the_profile_of_colours_stays() -> None:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", icc_profile=b"mau" * 50)

    assert Image.open(BytesIO(without_metadata(file.getvalue()))).info["icc_profile"] == b"mau" * 50


def test_scans_of_a_progressive_photo_stay() -> None:
    file = BytesIO()
    Image.frombytes("RGB", (64, 64), bytes(range(256)) * 48).save(
        file, "JPEG", progressive=True, exif=b"Exif\0\0MAY-ANH"
    )

    silent = without_metadata(file.getvalue())

    assert b"MAY-ANH" not in silent
    assert shown(silent) == shown(file.getvalue())


def test_a_scan_that_says_where_it_was_taken_is_refused_and_another_is_taken() -> None:
    with pytest.raises(SaysWhere):
        without_metadata(picture("TIFF", gps=True))

    assert without_metadata(picture("TIFF")) == picture("TIFF")
    assert without_metadata(picture("GIF")) == picture("GIF")


@given(form=st.sampled_from((*FORMS, "GIF", "TIFF")), start=st.integers(0, 400), junk=st.binary(max_size=40))
def test_whatever_is_broken_is_called_damaged_or_says_nothing(form: str, start: int, junk: bytes) -> None:
    content = picture(form, gps=form in FORMS)
    broken = content[:start] + junk + content[start + len(junk) :]
    try:
        silent = without_metadata(broken)
    except (Damaged, SaysWhere):
        return
    assert form not in FORMS or b"exif:GPSLatitude" not in silent or b"exif:GPSLatitude" in junk
