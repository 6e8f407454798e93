"""What was asked for and had no effect on the answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("completions", "0003_search")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "ineffective", models.TextField(default="[]")),
    ]
