from django.db import migrations

from cms.workflow.making import give_rights


def give(apps, schema_editor):
    give_rights(apps, schema_editor.connection.alias, ["webhooks"])


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_roles_and_workflow"), ("announcing", "0001_what_is_told")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
