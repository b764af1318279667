"""Editors at work on the running product: what their pictures cost it, and what readers get of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from editing import Editor
from patience import wait_until
from pictures import draw, write_flat_png
from product import Product

# Megabytes of the one process. It has some 490 when an editor has looked around, and had a thousand after one upload of
# 60 megapixels when such a picture was read in it.
MOST = 600
MOST_AT_ANY_TIME = 660
MOST_THAT_STAYS = 60


@pytest.fixture(scope="module")
def editor(product: Product) -> Iterator[Editor]:
    with Editor(product) as editor:
        yield editor


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    return [
        draw(folder / "Máy ảnh 60 triệu.jpg", 9504, 6336, noisy=True),
        draw(folder / "dien-thoai.jpg", 4000, 3000, noisy=True),
        draw(folder / "ban-quet.png", 4000, 3000, noisy=True),
        draw(folder / "anh-ghep.webp", 3000, 2000, noisy=True),
        draw(folder / "bieu-trung.gif", 800, 600, mode="L", noisy=True),
    ]


def megabytes(product: Product, which: str) -> int:
    (line,) = re.findall(rf"^{which}:\s+(\d+) kB", Path(f"/proc/{product.pid}/status").read_text(), re.MULTILINE)
    return int(line) // 1024


def test_editing_and_uploading_leave_no_memory_taken(product: Product, editor: Editor, pictures: list[Path]) -> None:
    editor.look_around()
    before = megabytes(product, "VmRSS")

    for number, picture in enumerate(pictures, start=1):
        image = editor.upload(picture)
        page = editor.write(f"Bài có ảnh {number}", image=image)
        editor.rewrite(page, f"Bài có ảnh {number}, sửa lại", image=image)
        product.page("/")
        editor.look_around()

    found = {which: megabytes(product, which) for which in ("VmRSS", "VmHWM")}
    assert found["VmRSS"] < MOST, found
    assert found["VmHWM"] < MOST_AT_ANY_TIME, found
    assert found["VmRSS"] - before < MOST_THAT_STAYS, (before, found)


def test_readers_get_small_pictures_of_a_large_one(product: Product, editor: Editor, pictures: list[Path]) -> None:
    image = editor.upload(pictures[0])
    editor.write("Bài có ảnh lớn cho người đọc", image=image)

    def addresses() -> list[str]:
        return re.findall(r"/media/images/may-anh-60-trieu[^ \",]+", product.page("/tin-tuc/"))

    wait_until(lambda: bool(addresses()))
    for address in addresses():
        answer = httpx.get(product.base_url + address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert len(answer.content) < 500_000


def test_a_picture_that_would_take_a_gigabyte_is_refused_in_words(
    product: Product, editor: Editor, tmp_path: Path
) -> None:
    before = megabytes(product, "VmHWM")

    answer = editor.try_to_upload(write_flat_png(tmp_path / "bom.png", 11_300, 11_300))

    assert not answer["success"]
    assert "quá nhiều điểm ảnh" in answer["error_message"]
    assert megabytes(product, "VmHWM") - before < 30


def test_a_picture_of_a_private_collection_is_for_staff_within_a_second_of_becoming_private(
    product: Product, editor: Editor, tmp_path: Path
) -> None:
    collection = editor.make_collection("Nội bộ")
    image = editor.upload(draw(tmp_path / "noi-bo.jpg", 900, 700), collection=collection)
    editor.write("Bài có ảnh nội bộ", image=image)
    (original,) = (product.data_dir / "media/original_images").glob("noi-bo*")

    def renditions() -> list[str]:
        return re.findall(r"/media/images/noi-bo[^ \",]+", product.page("/tin-tuc/"))

    wait_until(lambda: bool(renditions()))
    files = [f"/media/original_images/{original.name}", renditions()[0]]
    assert [product.status(path) for path in files] == [200, 200]

    editor.restrict(collection, "login")
    wait_until(lambda: [product.status(path) for path in files] == [404, 404])
    shown = [editor.open(path) for path in files]
    assert [answer.status_code for answer in shown] == [200, 200]
    assert {answer.headers["cache-control"] for answer in shown} == {"private, no-store"}
    assert "sandbox" in shown[0].headers["content-security-policy"]
    # A rendition that is new, and another collection's pictures.
    small = re.findall(r"/media/images/noi-bo[^ \",]+", editor.open(f"/admin/images/{image}/").text)[0]
    assert (product.status(small), editor.open(small).status_code) == (404, 200)
    others = [path for path in re.findall(r"/media/images/[^ \",]+", product.page("/")) if "noi-bo" not in path]
    assert product.status(others[0]) == 200

    editor.restrict(collection, "none")
    wait_until(lambda: [product.status(path) for path in files] == [200, 200])
