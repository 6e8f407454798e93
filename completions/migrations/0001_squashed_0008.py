"""The table of exchanges, in one step for a new journal: what the first eight migrations make of it."""

from importlib import import_module

from django.db import migrations, models

FIRST = import_module("completions.migrations.0001_exchange").Migration


class Migration(migrations.Migration):
    """Create the table; a journal that has some of the eight gets the others in their place."""

    initial = True

    dependencies = []

    replaces = [  # Django's
        ("completions", "0001_exchange"),
        ("completions", "0002_fault_parameters"),
        ("completions", "0003_search"),
        ("completions", "0004_ineffective"),
        ("completions", "0005_origin"),
        ("completions", "0006_connection"),
        ("completions", "0007_stage"),
        ("completions", "0008_ended"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exchange",
            fields=[
                *FIRST.operations[0].fields,
                ("fault_parameters", models.TextField(null=True)),
                ("query", models.TextField(default="")),
                ("answer", models.TextField(default="")),
                ("fingerprint", models.TextField(default="")),
                ("ineffective", models.TextField(default="[]")),
                ("upstream", models.TextField(null=True)),
                ("cassette", models.TextField(null=True)),
                ("connection", models.TextField(null=True)),
                ("connection_ms", models.FloatField(null=True)),
                ("stage", models.TextField(null=True)),
                ("ended", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "completions_exchange",
                "indexes": [
                    models.Index(fields=["namespace", "ended"], name="completions_exchange_order"),
                    models.Index(fields=["ended"], name="completions_exchange_ended"),
                ],
            },
        ),
    ]
