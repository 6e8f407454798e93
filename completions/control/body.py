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

NOTHING = (b"", b"{}", b"null")
"""Bodies that clients send where they have nothing to say."""

NAMES = {
    "rule_or_rules": "rule",
    "chaos_or_null": "chaos",
    "limits_or_null": "limits",
    "started_or_null": "scenario",
    "recording_or_null": "recording",
    "draft": "draft",
    "trial": "trial",
}
"""What errors call a body that is a part of a script, by its shape."""


async def read(request: HttpRequest, operation: Operation) -> Body | None:
    """Return a request's body, read in a thread; raise `RequestError` or `ScriptError` if it is invalid.

    A body that the operation does not take is an error, unless it says nothing: a filter in it would be passed over.
    """
    if operation.body is None:
        if read_body(request).strip() not in NOTHING:
            names = ", ".join(each.name for each in operation.query)
            told = f"; what it takes are query parameters: {names}." if names else " and no query parameter."
            raise RequestError(f"This takes no body{told}", code="unexpected_body")
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
    node = await budget.in_thread(read_text, text, PUSHED, NAMES.get(shape, ""), is_json=is_json)
    return Body(text, node)
