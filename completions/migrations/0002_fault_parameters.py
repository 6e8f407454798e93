"""The parameters of the fault that struck."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("completions", "0001_exchange")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "fault_parameters", models.TextField(null=True)),
    ]
