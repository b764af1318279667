"""Renditions of older versions kept what cameras had written into their originals, places included: they are made anew."""

from contextlib import suppress

from django.core.files.storage import default_storage
from django.db import migrations


def forget_renditions(apps, schema_editor):
    Rendition = apps.get_model("wagtailimages", "Rendition")
    names = list(Rendition.objects.values_list("file", flat=True))
    Rendition.objects.all().delete()

    def delete_files():
        for name in names:
            with suppress(OSError):
                default_storage.delete(name)

    schema_editor.connection.on_commit(delete_files)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_content_changes"),
        ("wagtailimages", "0027_image_description"),
    ]

    operations = [migrations.RunPython(forget_renditions, migrations.RunPython.noop, elidable=True)]
