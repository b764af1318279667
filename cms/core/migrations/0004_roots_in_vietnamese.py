"""The root of the pages and of the collections, which Wagtail's migrations name in English."""

from django.db import migrations


def name_the_roots(apps, schema_editor):
    using = schema_editor.connection.alias
    pages = apps.get_model("wagtailcore.Page").objects.using(using)
    pages.filter(depth=1, title="Root").update(title="Gốc", draft_title="Gốc")
    collections = apps.get_model("wagtailcore.Collection").objects.using(using)
    collections.filter(depth=1, name="Root").update(name="Gốc")


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_renditions_without_metadata"),
    ]

    operations = [migrations.RunPython(name_the_roots, migrations.RunPython.noop)]
