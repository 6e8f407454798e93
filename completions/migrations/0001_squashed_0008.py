"""The table of exchanges, in one step for a new journal: what the first eight migrations make of it."""

from django.db import migrations, models


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
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("request_id", models.CharField(max_length=64, unique=True)),
                ("namespace", models.CharField(max_length=200)),
                ("time", models.DateTimeField()),
                ("method", models.TextField()),
                ("path", models.TextField()),
                ("endpoint", models.TextField(null=True)),
                ("model", models.TextField(null=True)),
                ("stream", models.BooleanField()),
                ("status", models.IntegerField()),
                ("rule", models.TextField(null=True)),
                ("unmatched", models.BooleanField()),
                ("near_misses", models.TextField()),
                ("error", models.TextField(null=True)),
                ("fault", models.TextField(null=True)),
                ("retry", models.BigIntegerField()),
                ("idempotency_key", models.TextField(null=True)),
                ("summary", models.TextField()),
                ("prompt_tokens", models.BigIntegerField(null=True)),
                ("completion_tokens", models.BigIntegerField(null=True)),
                ("cost_usd", models.FloatField(null=True)),
                ("ttft_ms", models.FloatField(null=True)),
                ("duration_ms", models.FloatField()),
                ("chunks", models.IntegerField()),
                ("bytes", models.BigIntegerField()),
                ("client_left", models.BooleanField()),
                ("tokens_sent", models.BigIntegerField(null=True)),
                ("request_headers", models.TextField()),
                ("request_body", models.BinaryField()),
                ("request_truncated", models.BooleanField()),
                ("response_headers", models.TextField()),
                ("response_body", models.BinaryField()),
                ("response_writes", models.TextField()),
                ("response_truncated", models.BooleanField()),
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
