from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("statistics", "0004_places_are_the_pages_own")]

    operations = [
        migrations.AlterModelOptions(
            name="statisticssettings",
            options={
                "permissions": [("see_reports", "Xem mọi báo cáo truy cập")],
                "verbose_name": "Thống kê truy cập",
                "verbose_name_plural": "Thống kê truy cập",
            },
        ),
    ]
