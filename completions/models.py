"""Where step 6 ends: the table of exchanges."""

from django.db import models


class Exchange(models.Model):
    """One request and what became of it, as `journal/rows.py` writes it and `journal/documents.py` reads it.

    JSON stands as text and bodies as bytes, so that no database has to understand what passes through. Secrets are
    gone by now. What is null was not there: no model in the request, no rule that matched, no price in the table.

    Rows are read in the order in which exchanges `ended`, in microseconds since the epoch, and those of one moment by
    `id`. The order of ids is that in which rows were written, and each worker writes only now and then.
    """

    id = models.BigAutoField(primary_key=True)
    request_id = models.CharField(max_length=64, unique=True)
    namespace = models.CharField(max_length=200)
    time = models.DateTimeField()
    method = models.TextField()
    path = models.TextField()
    endpoint = models.TextField(null=True)
    model = models.TextField(null=True)
    stream = models.BooleanField()
    status = models.IntegerField()
    rule = models.TextField(null=True)
    unmatched = models.BooleanField()
    near_misses = models.TextField()
    error = models.TextField(null=True)
    fault = models.TextField(null=True)
    retry = models.BigIntegerField()
    idempotency_key = models.TextField(null=True)
    summary = models.TextField()
    prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    ttft_ms = models.FloatField(null=True)
    duration_ms = models.FloatField()
    chunks = models.IntegerField()
    bytes = models.BigIntegerField()
    client_left = models.BooleanField()
    tokens_sent = models.BigIntegerField(null=True)
    request_headers = models.TextField()
    request_body = models.BinaryField()
    request_truncated = models.BooleanField()
    response_headers = models.TextField()
    response_body = models.BinaryField()
    response_writes = models.TextField()
    response_truncated = models.BooleanField()
    fault_parameters = models.TextField(null=True)
    query = models.TextField(default="")
    answer = models.TextField(default="")
    fingerprint = models.TextField(default="")
    ineffective = models.TextField(default="[]")
    connection = models.TextField(null=True)
    connection_ms = models.FloatField(null=True)
    upstream = models.TextField(null=True)
    cassette = models.TextField(null=True)
    stage = models.TextField(null=True)
    ended = models.BigIntegerField(default=0)

    class Meta:
        """The table, by name: without one Django would load the database's driver to make one up, at the start."""

        db_table = "completions_exchange"
        indexes = (
            models.Index(fields=["namespace", "ended"], name="completions_exchange_order"),
            models.Index(fields=["ended"], name="completions_exchange_ended"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {self.request_id}"
