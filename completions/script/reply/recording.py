"""Step 3: `response:`, a recorded answer of another server, byte for byte."""

from dataclasses import dataclass
from itertools import pairwise

from completions.conversation import NAMES, Prompt
from completions.faults import MAX_MS
from completions.outcome import Recorded
from completions.script.cassette_keys import RESPONSE
from completions.script.reply.headers import headers
from completions.script.text.node import Node

BODIES = ("body", "base64", "pieces")
"""The keys of the answer's content, of which one is given."""

BODILESS = (204, 205, 304)
"""Statuses whose answers have no body (RFC 9110, section 6.4.1): the next answer would begin within one."""


@dataclass(frozen=True, slots=True)
class Play:
    """An answer that plays a recorded one."""

    recorded: Recorded

    def __call__(self, prompt: Prompt) -> Recorded:
        """Return the answer."""
        return self.recorded


def recorded(node: Node) -> Play:
    """Read `response:`."""
    fields = node.keyed(RESPONSE)
    given = [key for key in BODIES if key in fields]
    if len(given) > 1:
        raise fields[given[1]].error(f"cannot be combined with `{given[0]}`; use one of: {', '.join(BODIES)}.")
    times, pieces = _pieces(given[0], fields[given[0]]) if given else ((), ())
    status = _status(fields["status"]) if "status" in fields else 200
    if status in BODILESS and any(pieces):
        raise fields["status"].error(f"is {status}, and such an answer has no body.")
    given_headers = headers(fields["headers"]) if "headers" in fields else ()
    return Play(
        Recorded(
            path=fields["path"].as_(str),
            format=fields["format"].one_of(NAMES["format"]) if "format" in fields else "",
            status=status,
            headers=tuple((name.lower(), value) for name, value in given_headers),
            pieces=pieces,
            times=times,
            stream=fields["stream"].as_(bool) if "stream" in fields else False,
        )
    )


def _status(node: Node) -> int:
    if not 200 <= (status := node.as_(int)) <= 599:
        raise node.wrong("an HTTP status from 200 to 599")
    return status


def _pieces(key: str, node: Node) -> tuple[tuple[float, ...], tuple[bytes, ...]]:
    match key:
        case "body":
            return (0.0,), (node.as_(str).encode(),)
        case "base64":
            return (0.0,), (node.base64(),)
    found = [_piece(item) for item in node.items()]
    times = tuple(ms for ms, _ in found)
    if any(later < earlier for earlier, later in pairwise(times)):
        raise node.error("must be in the order in which they came.")
    return times, tuple(data for _, data in found)


def _piece(node: Node) -> tuple[float, bytes]:
    """Read a piece: `12.5: text`, or `12.5: {base64: …}`."""
    found = node.as_(dict)
    if len(found) != 1:
        raise node.wrong("one piece after its milliseconds")
    ((name, value),) = found.items()
    try:
        at = float(name)
    except ValueError:
        raise node.wrong("a piece after its milliseconds") from None
    if not 0 <= at <= MAX_MS:  # also false for NaN
        raise node.error(f"must be a piece after its milliseconds, from 0 to {MAX_MS}, not {name[:60]}.")
    if isinstance(value, str):
        return at, value.encode()
    (child,) = node.entries().values()
    return at, child.fields(required=("base64",))["base64"].base64()
