"""The bodies that the control API accepts: scripts and parts of them, in YAML or JSON."""

from django.http import HttpRequest

from completions import budget
from completions.control.operation import Body, Operation
from completions.exceptions import BodyTooLarge, RequestError
from completions.script.rules import PUSHED
from completions.script.text.reading import read_text
from completions.views.edge import read_body
from completions.wire.base import not_utf8

MAX_BYTES = 1024 * 1024
"""A script that is larger takes longer to read than other requests should wait."""

EMPTY_BODIES = (b"", b"{}", b"null")
"""Bodies that clients send in place of none."""

ROOT_NAMES = {
    "rule_or_rules": "rule",
    "chaos_or_null": "chaos",
    "limits_or_null": "limits",
    "started_or_null": "scenario",
    "recording_or_null": "recording",
    "draft": "draft",
    "trial": "trial",
}
"""The names in errors of bodies that are parts of a script, by shape."""


async def read(request: HttpRequest, operation: Operation) -> Body | None:
    """Return a request's body, read in a thread; raise `RequestError` or `ScriptError` if it is invalid.

    A body that the operation does not take is an error, unless it is empty: a filter in it would be ignored.
    """
    if operation.body is None:
        if read_body(request).strip() not in EMPTY_BODIES:
            names = ", ".join(each.name for each in operation.query)
            hint = f"; what it takes are query parameters: {names}." if names else " and no query parameter."
            raise RequestError(f"This takes no body{hint}", code="unexpected_body")
        return None
    return await _read(request, operation.body)


async def _read(request: HttpRequest, shape: str) -> Body:
    data = read_body(request)
    if len(data) > MAX_BYTES:
        raise BodyTooLarge(MAX_BYTES, "the control API")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RequestError(f"The body cannot be read: {not_utf8(data)}.", code="invalid_script") from exc
    is_json = request.content_type == "application/json"
    node = await budget.in_thread(read_text, text, PUSHED, ROOT_NAMES.get(shape, ""), is_json=is_json)
    return Body(text, node)
