from typing import Any

from django.db import migrations, models


def note_what_was_sent(apps: Any, _editor: Any) -> None:
    """Of what is stamped, the log has these numbers; of what was withdrawn or waits, nobody knows: in doubt."""
    opening, withdrawn, sent = (
        apps.get_model("statistics", name) for name in ("OpeningBalance", "WithdrawnBalance", "SentBalance")
    )
    known = {}
    for row in withdrawn.objects.order_by("changed_at"):
        place = (row.site_id, row.page_id, row.locale)
        known[place] = sent(site_id=place[0], page_id=place[1], locale=place[2], at=_milliseconds(row.changed_at))
    for row in opening.objects.exclude(site=None).order_by("changed_at"):
        place = (row.site_id, row.page_id or 0, row.locale)
        counts = {"views": row.views, "visits": row.visits} if row.sent_at else {}
        known[place] = sent(
            site_id=place[0], page_id=place[1], locale=place[2], at=_milliseconds(row.changed_at), **counts
        )
    sent.objects.bulk_create(known.values())
    opening.objects.exclude(page=None).update(site=None)


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


class Migration(migrations.Migration):
    dependencies = [("statistics", "0002_largest_count")]

    operations = [
        migrations.CreateModel(
            name="SentBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.PositiveBigIntegerField()),
                ("page_id", models.PositiveBigIntegerField(help_text="0 is the site")),
                ("locale", models.CharField(max_length=100)),
                (
                    "at",
                    models.BigIntegerField(
                        help_text="Unix milliseconds; of two balances of a place the later one counts"
                    ),
                ),
                ("views", models.PositiveBigIntegerField(null=True)),
                ("visits", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site_id", "page_id", "locale"), name="one_sent_balance_per_place"
                    )
                ],
            },
        ),
        migrations.RunPython(note_what_was_sent, migrations.RunPython.noop),
    ]
