"""The entries, and their folded words in the form that each kind of database searches.

Both forms need no right but that to make tables, and no extension.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

MAKE = {
    # A prefix of the last word finds suggestions.
    "sqlite": ["CREATE VIRTUAL TABLE search_words USING fts5(title, body, tokenize = 'unicode61', prefix = '1 2 3')"],
    "postgresql": [
        "CREATE TABLE search_words (page_id integer PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX search_words_words ON search_words USING gin (words)",
    ],
}


def make_words(_apps: Any, editor: Any) -> None:
    for statement in MAKE[editor.connection.vendor]:
        editor.execute(statement)


def drop_words(_apps: Any, editor: Any) -> None:
    editor.execute("DROP TABLE search_words")


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("news", "0004_topic_slugs"),
        ("wagtailcore", "0098_apitoken"),
    ]
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="wagtailcore.page",
                    ),
                ),
                ("date", models.DateField(db_index=True, null=True)),
                ("text", models.TextField()),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="news.topic"
                    ),
                ),
            ],
            options={"verbose_name": "mục tìm kiếm", "verbose_name_plural": "mục tìm kiếm"},
        ),
        migrations.CreateModel(
            name="KnownWord",
            fields=[("text", models.CharField(max_length=40, primary_key=True, serialize=False))],
            options={"verbose_name": "từ", "verbose_name_plural": "từ"},
        ),
        migrations.CreateModel(
            name="Index",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.IntegerField(default=0)),
            ],
            options={"verbose_name": "chỉ mục", "verbose_name_plural": "chỉ mục"},
        ),
        migrations.RunPython(make_words, drop_words),
    ]
