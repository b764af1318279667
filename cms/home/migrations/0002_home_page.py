"""The site starts with a home page of our own type instead of Wagtail's welcome page."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_home_page(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Turn the welcome page into our home page in place: the default site goes on pointing at it."""
    content_types = apps.get_model("contenttypes.ContentType").objects
    pages = apps.get_model("wagtailcore.Page").objects
    sites = apps.get_model("wagtailcore.Site").objects

    content_type, _ = content_types.get_or_create(model="homepage", app_label="home")
    welcome = pages.get(content_type__model="page", content_type__app_label="wagtailcore", slug="home", depth=2)
    home = apps.get_model("home.HomePage")(page_ptr_id=welcome.pk)
    home.save_base(raw=True)
    pages.filter(pk=welcome.pk).update(title="Trang chủ", draft_title="Trang chủ", content_type=content_type)
    sites.filter(is_default_site=True).update(site_name="Sở Công Thương")


class Migration(migrations.Migration):
    dependencies = [("home", "0001_initial"), ("wagtailcore", "0054_initial_locale")]

    operations = [migrations.RunPython(create_home_page, migrations.RunPython.noop)]
