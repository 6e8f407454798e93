"""Which connection a request came over, and how old that was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two more columns."""

    dependencies = [("completions", "0005_origin")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "connection", models.TextField(null=True)),
        migrations.AddField("exchange", "connection_ms", models.FloatField(null=True)),
    ]
