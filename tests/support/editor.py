"""An editor in a process of their own, beside a running site: ``python editor.py`` reads the names of changes, line by
line, makes each in the site's database, and answers with a line when it is committed.

Every change can be made at any time: what turns something on turns it off again the next time.
"""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from part import ROOT

PLAIN, FRAME, ARTICLE, REDIRECT = "/thu/", "/khung/thu/", "/tin-tuc/bai-thu/", "/cu/"
ADDRESSES = ("/", "/tin-tuc/", PLAIN, FRAME, ARTICLE, REDIRECT)
DRAFT_WORDS = "BẢN NHÁP"

CHANGES = (
    "publish",
    "draft",
    "unpublish",
    "schedule",
    "move",
    "restrict",
    "menu",
    "article",
    "topic",
    "image",
    "department",
    "redirect",
    "home slug",
    "site",
    "raw",
)


class Editor:
    """The editor's process. ``make`` returns when the change is committed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=ROOT,
            env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.plain_id = int(self._answer())

    def make(self, change: str) -> None:
        assert self._process.stdin
        print(change, file=self._process.stdin, flush=True)
        assert self._answer() == "done"

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def main() -> None:
    import django  # noqa: PLC0415

    django.setup()
    changes = _Changes()
    print(changes.plain.pk, flush=True)
    for line in sys.stdin:
        changes.make(line.strip())
        print("done", flush=True)


class _Changes:
    def __init__(self) -> None:
        from wagtail.models import Site  # noqa: PLC0415

        from cms.home.models import PlainPage  # noqa: PLC0415

        self._numbers = itertools.count(1)
        home = Site.objects.get(is_default_site=True).root_page
        self.frame = home.add_child(instance=PlainPage(title="Khung", slug="khung"))
        self.plain = home.add_child(instance=PlainPage(title="Thử", slug="thu"))

    def make(self, change: str) -> None:
        """Wagtail commits a move before its redirect; here each change has no middle that a reader may see."""
        from django.db import transaction  # noqa: PLC0415

        steps: dict[str, Callable[[], Any]] = {name: getattr(self, name.replace(" ", "_")) for name in CHANGES}
        with transaction.atomic():
            steps[change]()

    def _plain(self) -> Any:
        return type(self.plain).objects.get(pk=self.plain.pk)

    def publish(self) -> None:
        page = self._plain()
        page.title = f"Công bố {next(self._numbers)}"
        page.save_revision().publish()

    def draft(self) -> None:
        page = self._plain()
        page.title = f"{DRAFT_WORDS} {next(self._numbers)}"
        page.save_revision()

    def unpublish(self) -> None:
        self._plain().unpublish()

    def schedule(self) -> None:
        from django.core.management import call_command  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        page = self._plain()
        page.title = f"Hẹn giờ {next(self._numbers)}"
        page.go_live_at = timezone.now() - timedelta(seconds=1)
        page.save_revision(approved_go_live_at=page.go_live_at)
        call_command("publish_scheduled", verbosity=0)

    def move(self) -> None:
        from wagtail.models import Page, Site  # noqa: PLC0415

        page = self._plain()
        home = Site.objects.get(is_default_site=True).root_page
        frame = Page.objects.get(pk=self.frame.pk)
        page.move(home if page.is_child_of(frame) else frame, pos="last-child")

    def restrict(self) -> None:
        from wagtail.models import PageViewRestriction  # noqa: PLC0415

        there = PageViewRestriction.objects.filter(page_id=self.plain.pk)
        if not there.delete()[0]:
            PageViewRestriction.objects.create(page_id=self.plain.pk, restriction_type="login")

    def menu(self) -> None:
        from wagtail.models import Page  # noqa: PLC0415

        page = Page.objects.filter(pk=self.plain.pk)
        page.update(show_in_menus=not page.get().show_in_menus)

    def article(self) -> None:
        from cms.news.models import NewsIndexPage, NewsPage, Topic  # noqa: PLC0415

        there = NewsPage.objects.filter(slug="bai-thu").first()
        if there:
            there.delete()
            return
        index = NewsIndexPage.objects.get()
        topic, _made = Topic.objects.get_or_create(name="Chuyên mục thử")
        title = f"Bài thử {next(self._numbers)}"
        index.add_child(
            instance=NewsPage(title=title, slug="bai-thu", lead="Tóm tắt.", topic=topic, image=self._picture())
        )

    def _picture(self) -> Any:
        from django.core.files.base import ContentFile  # noqa: PLC0415
        from PIL import Image  # noqa: PLC0415
        from wagtail.images import get_image_model  # noqa: PLC0415

        drawn = io.BytesIO()
        Image.new("RGB", (60, 40), "teal").save(drawn, "PNG")
        return get_image_model().objects.create(title="Ảnh thử", file=ContentFile(drawn.getvalue(), "thu.png"))

    def topic(self) -> None:
        from cms.news.models import NewsPage, Topic  # noqa: PLC0415

        for article in NewsPage.objects.filter(slug="bai-thu"):
            Topic.objects.filter(pk=article.topic_id).update(name=f"Chuyên mục {next(self._numbers)}")

    def image(self) -> None:
        from cms.news.models import NewsPage  # noqa: PLC0415

        for article in NewsPage.objects.filter(slug="bai-thu", image__isnull=False):
            article.image.title = f"Ảnh {next(self._numbers)}"
            article.image.save()

    def department(self) -> None:
        from wagtail.models import Site  # noqa: PLC0415

        from cms.core.models import DepartmentSettings  # noqa: PLC0415

        department = DepartmentSettings.for_site(Site.objects.get(is_default_site=True))
        department.name = f"Sở Thử {next(self._numbers)}"
        department.save()

    def redirect(self) -> None:
        from wagtail.contrib.redirects.models import Redirect  # noqa: PLC0415

        there = Redirect.objects.filter(old_path="/cu")
        if not there.delete()[0]:
            Redirect.objects.create(old_path="/cu", redirect_link=f"/tin-tuc/?page={next(self._numbers)}")

    def home_slug(self) -> None:
        from wagtail.models import Site  # noqa: PLC0415

        home = Site.objects.get(is_default_site=True).root_page.specific
        home.slug = f"trang-chu-{next(self._numbers)}"
        home.save_revision().publish()

    def site(self) -> None:
        from wagtail.models import Page, Site  # noqa: PLC0415

        there = Site.objects.filter(hostname="khac.example")
        if not there.delete()[0]:
            Site.objects.create(hostname="khac.example", root_page=Page.objects.get(pk=self.frame.pk))

    def raw(self) -> None:
        from django.db import connection  # noqa: PLC0415

        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE wagtailcore_page SET title = %s WHERE id = %s", [f"SQL {next(self._numbers)}", self.plain.pk]
            )


if __name__ == "__main__":
    main()
