from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from linking import publish_link
from pictures import picture
from pytest_django import Settings
from wagtail.documents.models import Document
from wagtail.models import Collection

from cms.core.documents import contents
from cms.core.documents.kinds import KINDS, OFFICE, OPEN

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG, JPEG = picture("PNG"), picture("JPEG")
PROGRAM = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(100)
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor(db: None) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("bien-tap"))
    return client


def archive(*members: tuple[str, str]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as found:
        for name, content in members:
            found.writestr(name, content)
    return file.getvalue()


def office(name: str, part: str, *more: tuple[str, str], suffix: str = ".main+xml") -> bytes:
    types = f'<Types><Override ContentType="{OFFICE}.{name}.{part}{suffix}"/></Types>'
    return archive(("[Content_Types].xml", types), *more)


def opened(name: str, *more: tuple[str, str]) -> bytes:
    return archive(("mimetype", f"{OPEN}.{name}"), ("content.xml", "<a/>"), *more)


DOCX = office("wordprocessingml", "document")


def upload(editor: Client, name: str, content: bytes) -> dict[str, Any]:
    """What the library's form says."""
    answer = editor.post(
        "/admin/documents/multiple/add/",
        {"title": "Tệp", "collection": "1", "files[]": SimpleUploadedFile(name, content)},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("quyet-dinh.pdf", PDF, id="PDF"),
        pytest.param("Quyết định 12.PDF", PDF, id="large letters"),
        pytest.param("a.docx", DOCX, id="Word"),
        pytest.param("a.xlsx", office("spreadsheetml", "sheet"), id="Excel"),
        pytest.param("a.pptx", office("presentationml", "presentation"), id="PowerPoint"),
        pytest.param("a.odt", opened("text"), id="OpenDocument"),
        pytest.param("a.ods", opened("spreadsheet"), id="a sheet"),
        pytest.param("a.csv", "﻿Tên;Số\nSở Công Thương;5\n".encode(), id="CSV"),
        pytest.param("a.txt", ("ệ" * 700_000).encode(), id="text with a character across two chunks"),
        pytest.param("a.png", PNG, id="picture"),
        pytest.param("a.jpeg", JPEG, id="photo"),
        pytest.param("a.tif", picture("TIFF"), id="scan"),
    ],
)
def test_a_document_of_the_states_formats_is_taken(editor: Client, name: str, content: bytes) -> None:
    assert upload(editor, name, content)["success"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.exe", PROGRAM, "Không nhận tệp “.exe”", id="program"),
        pytest.param("a.html", PAGE, "Không nhận tệp “.html”", id="page"),
        pytest.param("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Không nhận tệp “.svg”", id="drawing"),
        pytest.param("a.pdf.exe", PDF, "Không nhận tệp “.exe”", id="two suffixes"),
        pytest.param("a", PDF, "Không nhận tệp “.”", id="no suffix"),
        pytest.param("a.zip", archive(("a", "b")), "Không nhận tệp “.zip”", id="archive"),
        pytest.param("a.pdf", PROGRAM, "bên trong không phải như vậy", id="program under another name"),
        pytest.param("a.pdf", PAGE, "giống tệp .html", id="page under another name"),
        pytest.param("a.pdf", DOCX, "bên trong không phải như vậy", id="Word under another name"),
        pytest.param("a.docx", PDF, "giống tệp .pdf", id="PDF under another name"),
        pytest.param("a.docx", office("spreadsheetml", "sheet"), "bên trong không phải", id="Excel as Word"),
        pytest.param("a.docx", archive(("a", "b")), "bên trong không phải", id="archive as Word"),
        pytest.param("a.docx", DOCX[:40], "bên trong không phải", id="half a document"),
        pytest.param(
            "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "bên trong không phải", id="no Word 97"
        ),
        pytest.param("a.png", JPEG, "bên trong không phải", id="photo under another name"),
        pytest.param("a.jpg", JPEG[:-30], "bị hỏng", id="half a photo"),
        pytest.param("a.png", PNG[:-30], "bị hỏng", id="half a picture"),
        pytest.param("a.tif", picture("TIFF", gps=True), "ghi nơi chụp", id="a scan that says where it was made"),
        pytest.param("a.docm", DOCX, "macro", id="macros by name"),
        pytest.param(
            "a.docx",
            office("wordprocessingml", "document", ("word/vbaProject.bin", "x")),
            "macro",
            id="macros inside",
        ),
        pytest.param(
            "a.odt", opened("text", ("Basic/Standard/Module1.xml", "x")), "macro", id="macros of OpenDocument"
        ),
        pytest.param("a.csv", "Sở Công Thương".encode("utf-16"), "UTF-8", id="text that is not UTF-8"),
        pytest.param("a.txt", PROGRAM, "UTF-8", id="program as text"),
        pytest.param("a.txt", "đ".encode()[:1], "UTF-8", id="half a character"),
    ],
)
def test_everything_else_is_refused_in_words(editor: Client, name: str, content: bytes, words: str) -> None:
    said = upload(editor, name, content)

    assert not said["success"]
    assert words in said["error_message"]
    assert not Document.objects.exists()


def test_an_archive_of_very_many_parts_is_no_document(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_MEMBERS", 3)
    parts = [(f"word/{number}.xml", "") for number in range(3)]

    assert not upload(editor, "a.docx", office("wordprocessingml", "document", *parts))["success"]
    assert upload(editor, "a.docx", office("wordprocessingml", "document", *parts[1:]))["success"]


def test_of_an_archive_no_more_is_unpacked_than_a_list_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_LISTED_BYTES", 1000)
    found = contents._listed(BytesIO(archive(("[Content_Types].xml", "x" * 100_000))), "[Content_Types].xml")

    assert found == (["[content_types].xml"], b"x" * 1000)


def test_replacing_a_document_and_choosing_one_have_the_same_form(editor: Client) -> None:
    document = Document.objects.create(title="Cũ", file=ContentFile(PDF, name="cu.pdf"))
    fields = {"title": "Mới", "collection": "1", "tags": ""}

    edited = editor.post(f"/admin/documents/edit/{document.pk}/", {**fields, "file": SimpleUploadedFile("a.pdf", PAGE)})
    kept = editor.post(f"/admin/documents/edit/{document.pk}/", fields)
    chosen = editor.post(
        "/admin/documents/chooser/create/",
        {f"document-chooser-upload-{name}": value for name, value in fields.items()}
        | {"document-chooser-upload-file": SimpleUploadedFile("a.exe", PROGRAM)},
    )

    assert "bên trong không phải như vậy" in edited.content.decode()
    assert kept.status_code == 302
    assert "Không nhận tệp" in chosen.json()["htmlFragment"]
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *[(f"a.{suffix}", kind.shown) for suffix, kind in KINDS.items()],
        ("cu.html", False),
        ("cu.svg", False),
        ("cu", False),
    ],
)
def test_a_browser_shows_what_it_can_show_safely_and_saves_the_rest(
    client: Client, db: None, name: str, shown: bool
) -> None:
    document = Document(title="Tệp", collection=Collection.get_first_root_node())
    document.file.save(name, ContentFile(PAGE))
    publish_link(document)

    answer = client.get(document.url, headers={"host": "localhost"})

    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert "html" not in answer["Content-Type"]
    assert "svg" not in answer["Content-Type"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert ("sandbox" in answer["Content-Security-Policy"]) is not shown
    assert "Content-Encoding" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer.close()
