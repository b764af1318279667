"""Twenty thousand articles, made in bulk: ``python tests/support/many_articles.py [HOW MANY]`` on the site that the
environment names, which must have been started once.

Each has a title and a body of its own, put together from the words of the demo's articles, so that searches for words
of the demo find many.
"""

from __future__ import annotations

import datetime
import os
import random
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

MANY = 20_000
AT_ONCE = 500
WORDS_OF_A_BODY = 250


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.embedded")
    import django  # noqa: PLC0415 - the settings come first

    django.setup()
    make(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
    return 0


def make(many: int, *, seed: int = 1) -> None:
    """Add published articles under the first index of news, with their entries for search."""
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415
    from wagtail.models import Page, ReferenceIndex  # noqa: PLC0415, F401
    from wagtail.search.backends import get_search_backend  # noqa: PLC0415

    from cms.core.slugs import slug_of  # noqa: PLC0415
    from cms.demo.content import Paragraph, read_articles  # noqa: PLC0415
    from cms.news.models import NewsIndexPage, NewsPage, Topic  # noqa: PLC0415
    from cms.search.entries import keep  # noqa: PLC0415

    chance = random.Random(seed)
    pieces = [piece for article in read_articles() for piece in article.body]
    sentences = [piece.text for piece in pieces if isinstance(piece, Paragraph)]
    titles = [article.title for article in read_articles()]
    words = " ".join(titles).split()
    topics = [Topic.objects.get_or_create(name=article.topic)[0] for article in read_articles()]
    index = NewsIndexPage.objects.get()
    kind = ContentType.objects.get_for_model(NewsPage)
    last = index.get_last_child()
    # treebeard's steps: four letters a level
    step = int(last.path[-4:], 36) if last else 0
    backend = get_search_backend()
    now = timezone.now()

    def articles() -> Iterator[Any]:
        for number in range(many):
            title = f"{' '.join(chance.sample(words, 7)).capitalize()} {number}"
            slug = slug_of(title)
            day = now - datetime.timedelta(hours=number)
            yield NewsPage(
                title=title,
                draft_title=title,
                slug=slug,
                path=index.path + NewsPage._int2str(step + 1 + number).rjust(4, "0"),
                depth=index.depth + 1,
                url_path=f"{index.url_path}{slug}/",
                content_type=kind,
                locale=index.locale,
                live=True,
                date=day.date(),
                first_published_at=day,
                last_published_at=day,
                topic=chance.choice(topics),
                lead=chance.choice(sentences)[:400],
                body=[("paragraph", f"<p>{' '.join(chance.sample(sentences, 4))}</p>")],
            )

    made = articles()
    fields = [field for field in NewsPage._meta.local_concrete_fields if not field.primary_key]
    while part := list(islice(made, AT_ONCE)):
        with transaction.atomic():
            pages = [
                Page(**{f.attname: getattr(one, f.attname) for f in Page._meta.local_concrete_fields}) for one in part
            ]
            for page, one in zip(Page.objects.bulk_create(pages), part, strict=True):
                one.pk = one.page_ptr_id = page.pk
                one.id = page.pk
            _insert(connection, NewsPage, fields, part)
            keep(part)
            backend.add_bulk(NewsPage, part)
        sys.stdout.write(f"\r{step}+{part[-1].pk}")
    Page.objects.filter(pk=index.pk).update(numchild=index.numchild + many)
    sys.stdout.write("\n")


def _insert(connection: Any, model: Any, fields: Any, objects: list[Any]) -> None:
    """The rows of a model with a parent, which ``bulk_create`` refuses."""
    from django.db.models.sql import InsertQuery  # noqa: PLC0415

    query = InsertQuery(model)
    query.insert_values([model._meta.pk, *fields], objects)
    query.get_compiler(connection=connection).execute_sql()


if __name__ == "__main__":
    sys.exit(main())
