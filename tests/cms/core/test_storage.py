from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from linking import publish_link
from pytest_django import Settings
from wagtail.documents.models import Document

from cms.core.storage import UniqueNames
from cms.settings import base

RANDOM = r"[a-z2-9]{10}"


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> UniqueNames:
    settings.MEDIA_ROOT = tmp_path / "media"
    return UniqueNames()


def test_the_portal_stores_its_uploads_under_these_names() -> None:
    assert isinstance(default_storage._wrapped, UniqueNames)  # type: ignore[attr-defined]
    assert base.STORAGES["default"]["BACKEND"] == "cms.core.storage.UniqueNames"


@pytest.mark.parametrize(
    ("given", "readable"),
    [
        pytest.param("Ảnh đẹp (1).JPG", rf"anh-dep-1-{RANDOM}\.jpg", id="Vietnamese letters, spaces, capitals"),
        pytest.param("Đường_dây 500kV.webp", rf"duong-day-500kv-{RANDOM}\.webp", id="đ"),
        pytest.param("照片.png", rf"[a-z-]+-{RANDOM}\.png", id="another script"),
        pytest.param("---.png", rf"tep-{RANDOM}\.png", id="nothing that can be read"),
        pytest.param("dài " * 60 + ".jpg", rf"[dai-]{{50,60}}-{RANDOM}\.jpg", id="a long name"),
        pytest.param("a.width-480.format-webp.webp", rf"a\.width-480\.format-webp-{RANDOM}\.webp", id="a rendition"),
        pytest.param(
            "cang-abcdefghij.width-480.webp", rf"cang\.width-480-{RANDOM}\.webp", id="a rendition of such a picture"
        ),
    ],
)
def test_a_name_stays_readable(storage: UniqueNames, given: str, readable: str) -> None:
    name = storage.save(f"original_images/{given}", ContentFile(b"1"), max_length=100)

    assert re.fullmatch(rf"original_images/{readable}", name), name
    assert len(name) <= 100


def test_a_deleted_files_name_is_never_given_again(storage: UniqueNames) -> None:
    names = set()
    for _ in range(50):
        name = storage.save("images/anh.width-480.webp", ContentFile(b"1"), max_length=100)
        storage.delete(name)
        names.add(name)

    assert len(names) == 50


def test_a_new_file_takes_no_name_of_the_time_before(storage: UniqueNames) -> None:
    old = Path(storage.path("images/anh.webp"))
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")

    name = storage.save("images/anh.webp", ContentFile(b"new"))
    old.unlink()

    assert name != storage.save("images/anh.webp", ContentFile(b"newer")) != "images/anh.webp"


@pytest.mark.django_db
def test_a_document_keeps_its_name_and_is_downloaded_under_it(client: Client) -> None:
    document = Document.objects.create(
        title="Báo cáo", file=ContentFile(b"words", name="Báo cáo tháng 7 – Sở Công Thương.docx")
    )
    publish_link(document)

    response = client.get(document.url)

    assert document.file.name == "documents/Báo_cáo_tháng_7__Sở_Công_Thương.docx"
    assert response.status_code == 200
    assert response.getvalue() == b"words"
    assert "filename*=utf-8''B%C3%A1o_c%C3%A1o_th%C3%A1ng_7" in response["Content-Disposition"]
