from django.conf import settings
from django.db import migrations

from cms.workflow.making import make_roles, make_workflow


def make(apps, schema_editor):
    using = schema_editor.connection.alias
    make_roles(apps, using)
    make_workflow(apps, using)


class Migration(migrations.Migration):
    dependencies = [
        ("workflow", "0001_initial"),
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("core", "0002_content_changes"),
        ("home", "0001_initial"),
        ("news", "0002_index_of_the_latest"),
        ("report_tokens", "0001_initial"),
        ("statistics", "0005_see_reports"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailimages", "0027_image_description"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
