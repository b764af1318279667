"""Every topic has an address: a slug made from its name, without diacritics; equal ones are numbered."""

from typing import Any

from django.db import migrations, models

from cms.core.slugs import slug_of


def fill_slugs(apps: Any, _editor: Any) -> None:
    topics = apps.get_model("news", "Topic")
    taken: set[str] = set()
    for topic in topics.objects.order_by("pk"):
        slug = wanted = slug_of(topic.name)[:70] or "chuyen-muc"
        number = 1
        while slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        taken.add(slug)
        topics.objects.filter(pk=topic.pk).update(slug=slug)


class Migration(migrations.Migration):
    dependencies = [("news", "0003_more_blocks")]
    operations = [
        migrations.AddField(
            model_name="topic",
            name="slug",
            field=models.CharField(default="", max_length=80),
            preserve_default=False,
        ),
        migrations.RunPython(fill_slugs, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="topic",
            name="slug",
            field=models.SlugField(
                blank=True,
                help_text="Phần cuối của địa chỉ trang chuyên mục; để trống thì lấy theo tên.",
                max_length=80,
                unique=True,
                verbose_name="địa chỉ",
            ),
        ),
    ]
