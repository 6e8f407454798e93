"""Which other server answered, or which recording of one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two more columns."""

    dependencies = [("completions", "0004_ineffective")]  # Django's

    operations = [  # Django's
        migrations.AddField("exchange", "upstream", models.TextField(null=True)),
        migrations.AddField("exchange", "cassette", models.TextField(null=True)),
    ]
