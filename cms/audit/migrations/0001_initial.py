from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "Nhật ký hệ thống",
                "verbose_name_plural": "Nhật ký hệ thống",
                "permissions": [("view_entry", "Đọc nhật ký hệ thống")],
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
