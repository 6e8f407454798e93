"""When an exchange ended, which is the order in which they are read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column, with the indexes for its order."""

    dependencies = [("completions", "0007_stage")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "ended", models.BigIntegerField(default=0)),
        migrations.RemoveIndex("exchange", "completions_exchange_namespace"),
        migrations.AddIndex("exchange", models.Index(fields=["namespace", "ended"], name="completions_exchange_order")),
        migrations.AddIndex("exchange", models.Index(fields=["ended"], name="completions_exchange_ended")),
    ]
