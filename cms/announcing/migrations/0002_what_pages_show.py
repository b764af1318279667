from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('announcing', '0001_what_is_told'),
    ]

    operations = [
        migrations.AddField(
            model_name='mark',
            name='shown',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
