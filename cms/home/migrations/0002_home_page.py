"""The site starts with a home page of our own type instead of Wagtail's welcome page."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_home_page(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    content_types = apps.get_model("contenttypes.ContentType").objects
    pages = apps.get_model("wagtailcore.Page").objects
    sites = apps.get_model("wagtailcore.Site").objects
    locales = apps.get_model("wagtailcore.Locale").objects

    pages.filter(content_type__model="page", content_type__app_label="wagtailcore", slug="home", depth=2).delete()
    content_type, _ = content_types.get_or_create(model="homepage", app_label="home")
    home = apps.get_model("home.HomePage").objects.create(
        title="Trang chủ",
        draft_title="Trang chủ",
        slug="home",
        content_type=content_type,
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
        locale=locales.order_by("pk").first(),
    )
    pages.filter(depth=1).update(numchild=1)
    sites.create(hostname="localhost", port=80, site_name="Sở Công Thương", root_page=home, is_default_site=True)


class Migration(migrations.Migration):
    dependencies = [("home", "0001_initial"), ("wagtailcore", "0054_initial_locale")]

    operations = [migrations.RunPython(create_home_page, migrations.RunPython.noop)]
