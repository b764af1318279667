"""Many copies of a published article, to see what an answer takes of many pages: rows, none in the search index."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from treebeard.numconv import NumConv
from wagtail.models import Page

ROWS_AT_ONCE = 500  # of one statement, which PostgreSQL's triggers see as one
STEP = 4  # letters of the tree's path a level


def copy_article(article: Any, many: int) -> None:
    """Beside it, newest first in the list of its index."""
    parent = article.get_parent()
    last = parent.get_last_child()
    numbers = NumConv(Page.alphabet)
    free = numbers.str2int(last.path[-STEP:]) + 1
    first_id = Page.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1

    def page(number: int) -> dict[str, Any]:
        slug = f"ban-sao-{number}"
        return {
            "id": first_id + number,
            "path": parent.path + numbers.int2str(free + number).rjust(STEP, "0"),
            "slug": slug,
            "url_path": f"{parent.url_path}{slug}/",
            "title": f"Bản sao {number}",
            "draft_title": f"Bản sao {number}",
            "translation_key": uuid.uuid4().hex if connection.vendor == "sqlite" else uuid.uuid4(),
            "latest_revision_id": None,
            "live_revision_id": None,
        }

    _copy_rows("wagtailcore_page", "id", article.pk, [page(number) for number in range(many)])
    _copy_rows(
        "news_newspage", "page_ptr_id", article.pk, [{"page_ptr_id": first_id + number} for number in range(many)]
    )
    Page.objects.filter(pk=parent.pk).update(numchild=parent.numchild + many)
    if connection.vendor == "postgresql":  # it would check each reference as it does in a table of a few rows
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE wagtailcore_page, news_newspage")


def _copy_rows(table: str, key: str, original: int, changes: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {key} = %s", [original])
        names = [column[0] for column in cursor.description]
        values = dict(zip(names, cursor.fetchone(), strict=True))
        places = ", ".join(["%s"] * len(names))
        columns = ", ".join(f'"{name}"' for name in names)
        rows = [[(values | changed)[name] for name in names] for changed in changes]
        if connection.vendor == "sqlite":
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
            return
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[first : first + ROWS_AT_ONCE]
            together = ", ".join([f"({places})"] * len(some))
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {together}", [value for row in some for value in row]
            )
