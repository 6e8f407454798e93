"""What the address said after its `?`, the words of the answer, and a fingerprint by which retries are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Three more columns."""

    dependencies = [("completions", "0002_fault_parameters")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "query", models.TextField(default="")),
        migrations.AddField("exchange", "answer", models.TextField(default="")),
        migrations.AddField("exchange", "fingerprint", models.TextField(default="")),
    ]
