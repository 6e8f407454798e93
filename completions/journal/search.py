"""Which exchanges mention a text: in what was asked or answered, in their ids, addresses, headers and errors."""

import json
from typing import Any

from django.db.models import Func, Q, QuerySet, TextField

from completions.models import Exchange

COLUMNS = (
    "request_id",
    "path",
    "query",
    "model",
    "rule",
    "summary",
    "answer",
    "error",
    "request_headers",
    "response_headers",
    "request_text",
)
"""What is searched."""


class Text(Func):
    """The bytes of a body as text. On PostgreSQL only ASCII is found there, for it writes the rest in numbers."""

    template = "CAST(%(expressions)s AS TEXT)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """Return PostgreSQL's way, which fails for no bytes."""
        return self.as_sql(compiler, connection, template="encode(%(expressions)s, 'escape')")

    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        """Return MySQL's way."""
        return self.as_sql(compiler, connection, template="CONVERT(%(expressions)s USING utf8mb4)")


def mentioning(rows: QuerySet[Exchange], text: str) -> QuerySet[Exchange]:
    """Return the rows that mention a text, as it is or as JSON writes it, in capitals or not."""
    forms = {text, *(json.dumps(text, ensure_ascii=plain)[1:-1] for plain in (False, True))}
    condition = Q()
    for column in COLUMNS:
        for form in forms:
            condition |= Q(**{f"{column}__icontains": form})
    return rows.alias(request_text=Text("request_body")).filter(condition)
