"""The bodies that the control API takes: scripts and parts of them, in YAML or JSON."""

from django.http import HttpRequest

from completions.control.operation import Body
from completions.exceptions import BodyTooLarge, RequestError
from completions.script.node import read_text
from completions.script.pushed import PUSHED
from completions.views.edge import read_body

MOST_BYTES = 1024 * 1024
"""A script that is larger takes longer to read than other requests should wait."""

MOST_VALUES = 100_000
"""Values that a body may come to once its aliases are followed."""


NAMES = {
    "rule_or_rules": "rule",
    "chaos_or_null": "chaos",
    "limits_or_null": "limits",
    "draft": "draft",
    "trial": "trial",
}
"""What errors call a body that is only a part of a script, by its shape."""


def read(request: HttpRequest, shape: str) -> Body:
    """Return a request's body; raise `RequestError` or `ScriptError` where it cannot be read."""
    data = read_body(request)
    if len(data) > MOST_BYTES:
        raise BodyTooLarge(MOST_BYTES, "the control API")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RequestError(
            f"The body is not UTF-8: byte 0x{data[exc.start]:02x} at position {exc.start}.", code="invalid_script"
        ) from exc
    node = read_text(text, PUSHED, NAMES.get(shape, ""))
    if _size(node.value, {}) > MOST_VALUES:
        raise node.error(f"comes to more than {MOST_VALUES} values, or holds itself.")
    return Body(text, node)


def _size(value: object, known: dict[int, float]) -> float:
    """Return how many values one comes to, with each alias followed; what holds itself comes to no end of them."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        known[id(value)] = float("inf")
        children = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(child, known) for child in children)
    return known[id(value)]
