from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('announcing', '0002_what_pages_show'),
    ]

    operations = [
        migrations.AddField(
            model_name='endpoint',
            name='old_fingerprint',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='old_number',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='old_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
