"""Which stage of which scenario a request came to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("completions", "0006_connection")]  # Django's

    operations = [migrations.AddField("exchange", "stage", models.TextField(null=True))]  # Django's
