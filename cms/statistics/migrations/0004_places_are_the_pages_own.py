from django.db import migrations


class Migration(migrations.Migration):
    """A step of its own, since PostgreSQL alters no table whose rows the same transaction has changed."""

    dependencies = [("statistics", "0003_sent_balances")]

    operations = [
        migrations.DeleteModel(name="WithdrawnBalance"),
        migrations.RemoveField(model_name="openingbalance", name="locale"),
    ]
