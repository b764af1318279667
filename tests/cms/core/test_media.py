from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    for name in ("images/anh.svg", "documents/mat.txt"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")


@pytest.mark.django_db
def test_an_uploaded_file_can_neither_be_sniffed_nor_run(client: Client) -> None:
    response = client.get("/media/images/anh.svg")

    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    response.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/media/documents/mat.txt", id="a document without Wagtail's check of permissions"),
        pytest.param("/media/images/../documents/mat.txt", id="the same by a detour"),
        pytest.param("/media/%2e/documents/mat.txt", id="the same with a dot"),
        pytest.param("/media/../../etc/passwd", id="outside the folder"),
        pytest.param("/media/images/", id="a folder"),
        pytest.param("/media/khong-co.png", id="a file that is not there"),
    ],
)
def test_everything_else_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
