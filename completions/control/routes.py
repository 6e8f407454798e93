"""The view of the control API, which checks access and runs the operation, and its addresses under `/_mock/`."""

import logging
import re
from collections.abc import Mapping
from itertools import groupby

import orjson
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.urls import URLPattern, path

from completions.control import access
from completions.control.body import read
from completions.control.operation import Body, Call, Operation
from completions.control.table import OPERATIONS
from completions.exceptions import RequestError, ScriptError
from completions.journal import metrics
from completions.journal.exchange import Exchange
from completions.script.rules import PUSHED
from completions.views.edge import endpoint, method_not_allowed
from completions.views.http import ExchangeResponse, FastJsonResponse

logger = logging.getLogger("completions")


@endpoint()
async def control(
    request: HttpRequest, exchange: Exchange, /, operations: Mapping[str, Operation], **parts: str
) -> ExchangeResponse:
    """Run the operation that has the request's address and method."""
    if not all(operation.is_open for operation in operations.values()):
        await access.admit(request, exchange.request_headers)
    method = "GET" if request.method == "HEAD" else request.method or ""
    operation = operations.get(method)
    if operation is None:
        raise method_not_allowed(request, (*operations, "HEAD") if "GET" in operations else tuple(operations))
    try:
        content = await read(request, operation)
        response = await operation.run(Call(exchange, parts, operation.read_query(_query(request)), content))
    except ScriptError as exc:
        raise RequestError(exc.summary, param=exc.field, code="invalid_script") from exc
    if content is not None and (doubts := _log_doubts(content, exchange.namespace)):
        response = _with_warnings(response, doubts)
    response.headers["Cache-Control"] = "no-store"
    return response


def _log_doubts(content: Body, space: str) -> list[str]:
    """Return the warnings about a pushed body, and log them, like those about a changed file."""
    messages = [f"{PUSHED}:{doubt.line}: {doubt.message}" for doubt in dict.fromkeys(content.node.source.doubts)]
    for message in messages:
        logger.warning("%s (namespace %s)", message, space)
    return messages


def _with_warnings(response: ExchangeResponse, warnings: list[str]) -> ExchangeResponse:
    """Return an answer with warnings added."""
    if not isinstance(response, FastJsonResponse):
        return response
    return FastJsonResponse({**orjson.loads(response.data), "warnings": warnings}, response.status_code)


def _query(request: HttpRequest) -> QueryDict:
    try:
        return request.GET
    except TooManyFieldsSent as exc:
        raise RequestError("There are too many query parameters.", code="unknown_parameter") from exc


def _patterns() -> list[URLPattern]:
    """Return a pattern for each address, in the table's order."""
    patterns = []
    for address, group in groupby(OPERATIONS, lambda operation: operation.path):
        route = re.sub(r"{(\w+)}", r"<path:\1>", address)
        patterns.append(path(route, control, {"operations": {operation.method: operation for operation in group}}))
    return patterns


urlpatterns = _patterns()

metrics.watch()
