"""Search for exchanges that mention a text: in the request, the answer, ids, addresses, headers or errors."""

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
"""The columns that are searched."""


class Text(Func):
    """The bytes of a body as text. On PostgreSQL only ASCII is found, because it escapes all other bytes."""

    template = "CAST(%(expressions)s AS TEXT)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """Return PostgreSQL's expression, which accepts any bytes."""
        return self.as_sql(compiler, connection, template="encode(%(expressions)s, 'escape')")

    def as_mysql(self, compiler: Any, connection: Any) -> Any:
        """Return MySQL's expression."""
        return self.as_sql(compiler, connection, template="CONVERT(%(expressions)s USING utf8mb4)")


def rows_mentioning(rows: QuerySet[Exchange], text: str) -> QuerySet[Exchange]:
    """Return the rows that mention a text, plain or as written in JSON, regardless of case."""
    spellings = {text, *(json.dumps(text, ensure_ascii=plain)[1:-1] for plain in (False, True))}
    condition = Q()
    for column in COLUMNS:
        for spelling in spellings:
            condition |= Q(**{f"{column}__icontains": spelling})
    return rows.alias(request_text=Text("request_body")).filter(condition)
