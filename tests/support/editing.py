"""An editor at work in the admin, over HTTP: signs in, uploads pictures, writes articles, previews and publishes."""

import re
from datetime import date
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx
from product import ADMIN_PASSWORD, SiteClient

PATIENCE_SECONDS = 180.0


class Editor:
    """Signed in as the first administrator. Every refusal fails the test, with the words of the page."""

    def __init__(self, site: SiteClient) -> None:
        self._http = httpx.Client(base_url=site.base_url, timeout=PATIENCE_SECONDS, follow_redirects=False)
        self._numbers = count(1)
        self._slugs: dict[int, str] = {}

    def __enter__(self) -> Self:
        self._http.get("/admin/login/")
        answer = self._post("/admin/login/", {"username": "admin", "password": ADMIN_PASSWORD})
        assert answer.status_code == 302, answer.text
        self.index = self._find_news()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._http.close()

    def upload(self, picture: Path, *, collection: int = 1) -> int:
        """Put a picture into the library and say what it shows; returns its number."""
        answer = self.try_to_upload(picture, collection=collection)
        assert answer["success"], answer
        number = int(answer["image_id"])
        words = {"title": picture.stem, "description": "Ảnh của phiên chợ", "collection": str(collection)}
        described = self._post(f"/admin/images/{number}/", words)
        assert described.status_code == 302, _complaints(described.text)
        return number

    def try_to_upload(self, picture: Path, *, collection: int = 1) -> dict[str, Any]:
        """What the library's form says to a picture."""
        with picture.open("rb") as file:
            answer = self._post(
                "/admin/images/multiple/add/",
                {"title": picture.stem, "collection": str(collection)},
                files={"files[]": file},
            )
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def write(self, title: str, *, image: int, slug: str = "") -> int:
        """Publish an article with a picture; returns its number."""
        fields = self._fields(title, image) | {"slug": slug or f"bai-{next(self._numbers)}"}
        answer = self._post(f"/admin/pages/add/news/newspage/{self.index}/", fields)
        assert answer.status_code == 302, _complaints(answer.text)
        page = self._http.get(f"/admin/pages/{self.index}/?ordering=-latest_revision_created_at")
        number = int(self._found(r"/admin/pages/(\d+)/edit/", page.text.split("<tbody>")[-1]))
        self._slugs[number] = fields["slug"]
        return number

    def rewrite(self, page: int, title: str, *, image: int) -> None:
        """Open an article, look at its preview, and publish it again."""
        path = f"/admin/pages/{page}/edit/"
        fields = self._fields(title, image) | {"slug": self._slugs[page]}
        assert self._http.get(path).status_code == 200
        assert self._post(f"{path}preview/", fields).json()["is_valid"]
        assert self._http.get(f"{path}preview/?mode=").status_code == 200
        answer = self._post(path, fields)
        assert answer.status_code == 302, _complaints(answer.text)

    def make_collection(self, name: str) -> int:
        """A collection of pictures and documents; returns its number."""
        assert self._post("/admin/collections/add/", {"parent": "1", "name": name}).status_code == 302
        return int(re.findall(r"/admin/collections/(\d+)/", self._http.get("/admin/collections/").text)[-1])

    def restrict(self, collection: int, kind: str) -> None:
        """``kind``: "login" or "none", as Wagtail's form has them."""
        answer = self._post(f"/admin/collections/{collection}/privacy/", {"restriction_type": kind, "password": ""})
        assert answer.json()["step"] == "set_privacy_done", answer.text

    def open(self, path: str) -> httpx.Response:
        return self._http.get(path)

    def look_around(self) -> None:
        """The lists that an editor passes between two edits."""
        for path in ("/admin/", "/admin/images/", f"/admin/pages/{self.index}/", "/admin/reports/site-history/"):
            assert self._http.get(path).status_code == 200, path

    def _fields(self, title: str, image: int) -> dict[str, str]:
        number = next(self._numbers)
        return {
            "title": title,
            "lead": f"Tóm tắt lần {number}.",
            "date": f"{date.today():%d/%m/%Y}",
            "image": str(image),
            "body-count": "1",
            "body-0-deleted": "",
            "body-0-order": "0",
            "body-0-type": "paragraph",
            "body-0-id": "",
            "body-0-value": '{"entityMap": {}, "blocks": [{"key": "a", "type": "unstyled", "text": "Nội dung", '
            '"depth": 0, "inlineStyleRanges": [], "entityRanges": []}]}',
            "comments-TOTAL_FORMS": "0",
            "comments-INITIAL_FORMS": "0",
            "action-publish": "action-publish",
        }

    def _find_news(self) -> int:
        """The number of the page below which articles are written, and nothing else."""
        seen, ahead = set(), [1]
        while ahead:
            page = ahead.pop()
            seen.add(page)
            to = self._http.get(f"/admin/pages/{page}/add_subpage/").headers.get("location", "")
            if to.startswith("/admin/pages/add/news/newspage/"):
                return page
            below = re.findall(r"/admin/pages/(\d+)/", self._http.get(f"/admin/pages/{page}/").text)
            ahead += [number for number in map(int, below) if number not in seen]
        raise AssertionError("no page for news")

    def _found(self, pattern: str, text: str) -> str:
        found = re.search(pattern, text)
        assert found, f"no {pattern}"
        return found[1]

    def _post(self, path: str, fields: dict[str, str], **more: Any) -> httpx.Response:
        headers = {"X-Requested-With": "XMLHttpRequest", "X-CSRFToken": self._http.cookies["csrftoken"]}
        return self._http.post(path, data=fields, headers=headers if more else headers | {}, **more)


def _complaints(html: str) -> str:
    return unescape(" ".join(re.findall(r'class="error-message">(.*?)<', html, re.DOTALL))) or html[:2000]
