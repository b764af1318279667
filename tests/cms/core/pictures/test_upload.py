"""Wherever Wagtail lets somebody upload a picture: the library, the editor's chooser, the form of one picture."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pictures import cut_short, draw, jpeg_header, write_flat_png
from wagtail.images import get_image_model

from cms.core.pictures.limits import MAX_UPLOAD_BYTES
from cms.core.pictures.rendering import Recipe

pytestmark = pytest.mark.django_db

Make = Callable[[Path], Path]


def drawing_of_many_parts(path: Path) -> Path:
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + "<a/>" * 1000 + "</svg>", encoding="utf-8")
    return path


def drawing_with_an_entity(path: Path) -> Path:
    path.write_text(
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&e;</text></svg>",
        encoding="utf-8",
    )
    return path


def too_many_bytes(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(jpeg_header())
        file.truncate(MAX_UPLOAD_BYTES + 1)
    return path


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def photo(path: Path, width: int, height: int) -> Path:
    return draw(path, width, height, noisy=True)


REFUSED = [
    pytest.param("bomb.png", lambda p: write_flat_png(p, 11_300, 11_300), "quá nhiều điểm ảnh: tối đa 80", id="19b"),
    pytest.param(
        "bomb.png", lambda p: write_flat_png(p, 30_000, 10_000), "quá nhiều bộ nhớ", id="more than any picture"
    ),
    pytest.param("heavy.webp", lambda p: draw(p, 8_000, 5_000), "quá nhiều bộ nhớ", id="a format that takes more"),
    pytest.param("short.jpg", lambda p: cut_short(photo(p, 800, 600)), "Không đọc được", id="broke off"),
    pytest.param("short.jpg", lambda p: cut_short(photo(p, 3000, 2000)), "Không đọc được", id="large, broke off"),
    pytest.param("text.jpg", lambda p: write(p, b"words"), "Không đọc được", id="no picture"),
    pytest.param("head.jpg", lambda p: write(p, jpeg_header()), "Không đọc được", id="a header alone"),
    pytest.param("drawing.svg", drawing_of_many_parts, "Định dạng này không dùng được", id="a drawing"),
    pytest.param("drawing.jpg", drawing_of_many_parts, "bên trong là ảnh svg", id="a drawing that hides"),
    pytest.param("drawing.jpg", drawing_with_an_entity, "Không đọc được", id="a drawing that names another file"),
    pytest.param(
        "photo.png",
        lambda p: draw(p.with_suffix(".jpg"), 80, 60).rename(p),
        "bên trong là ảnh jpeg",
        id="another format",
    ),
    pytest.param("long.jpg", too_many_bytes, "tối đa 40,0 MB", id="too many bytes"),
]


def post(client: Client, path: str, picture: Path, *, field: str = "file", **fields: str) -> Any:
    with picture.open("rb") as file:
        return client.post(
            path, {field: file, **fields}, headers={"host": "localhost", "x-requested-with": "XMLHttpRequest"}
        )


def words_of(html: str) -> str:
    return unescape(html).replace("\xa0", " ")


def upload(client: Client, picture: Path) -> dict[str, Any]:
    response = post(client, reverse("wagtailimages:add_multiple"), picture, field="files[]", title="Ảnh")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize(("name", "make", "words"), REFUSED)
def test_a_refusal_is_said_in_words(
    name: str, make: Make, words: str, tmp_path: Path, admin_client: Client, media: Path
) -> None:
    answer = upload(admin_client, make(tmp_path / name))

    assert not answer["success"]
    assert words in words_of(answer["error_message"])
    assert not get_image_model().objects.exists()
    assert not media.exists()


def test_the_pixels_of_what_is_refused_are_never_read(tmp_path: Path, admin_client: Client, sent: list[Recipe]) -> None:
    assert not upload(admin_client, write_flat_png(tmp_path / "bomb.png", 11_300, 11_300))["success"]
    assert sent == []


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("camera.jpg", (9504, 6336), id="a camera of 60 megapixels"),
        pytest.param("telephone.jpg", (9248, 6936), id="a telephone of 64 megapixels"),
        pytest.param("telephone.jpg", (4000, 3000), id="a telephone"),
        pytest.param("small.webp", (600, 400), id="a small picture"),
        pytest.param("narrow.png", (2000, 1), id="a line"),
    ],
)
def test_pictures_of_real_cameras_are_taken(
    name: str, size: tuple[int, int], tmp_path: Path, admin_client: Client
) -> None:
    assert upload(admin_client, draw(tmp_path / name, *size, mode="L" if name.endswith("jpg") else "RGB"))["success"]

    image = get_image_model().objects.get()
    assert (image.width, image.height) == size
    assert image.get_rendition("max-165x165").width <= 165


def test_the_chooser_of_the_page_editor_refuses_too(tmp_path: Path, admin_client: Client) -> None:
    picture = write_flat_png(tmp_path / "bomb.png", 11_300, 11_300)
    fields = {"image-chooser-upload-title": "Ảnh", "image-chooser-upload-collection": "1"}

    response = post(
        admin_client, reverse("wagtailimages_chooser:create"), picture, field="image-chooser-upload-file", **fields
    )

    assert "quá nhiều điểm ảnh" in words_of(str(response.json()))
    assert not get_image_model().objects.exists()


def test_another_file_for_a_picture_is_refused_or_taken_likewise(tmp_path: Path, admin_client: Client) -> None:
    with draw(tmp_path / "first.jpg", 300, 200).open("rb") as file:
        image = get_image_model().objects.create(title="Ảnh", file=ImageFile(file, name="first.jpg"))
    path = reverse("wagtailimages:edit", args=[image.pk])
    first = image.file.name

    refused = post(admin_client, path, cut_short(photo(tmp_path / "short.jpg", 800, 600)), title="Ảnh")
    assert "Không đọc được ảnh này" in words_of(refused.content.decode())

    assert post(admin_client, path, draw(tmp_path / "first.jpg", 500, 400), title="Ảnh").status_code == 302
    image.refresh_from_db()
    assert (image.width, image.height) == (500, 400)
    assert image.file.name != first

    without_file = admin_client.post(path, {"title": "Tên khác"}, headers={"host": "localhost"})
    assert without_file.status_code == 302


def test_the_form_says_its_limits_beforehand(admin_client: Client) -> None:
    page = admin_client.get(reverse("wagtailimages_chooser:choose"), headers={"host": "localhost"}).json()["html"]

    assert "Tối đa 40,0 MB và 80 triệu điểm ảnh" in words_of(page)


def test_a_file_that_is_no_file_is_refused(admin_client: Client) -> None:
    empty = SimpleUploadedFile("empty.jpg", b"")

    response = admin_client.post(
        reverse("wagtailimages:add_multiple"),
        {"files[]": empty, "title": "Ảnh"},
        headers={"host": "localhost", "x-requested-with": "XMLHttpRequest"},
    )

    assert not response.json()["success"]
