"""The closed list of faults: name, stage, parameters, and which of them can be combined.

Scripts, headers, delivery and the inspector all read this table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from completions.outcome import Fault

MAX_NUMBER = 2**53 - 1
"""The largest number in a script or a header: the largest integer that JSON is certain to preserve."""

MAX_MS = 86_400_000
"""The longest time in a script or a header: a day, in milliseconds."""


class Stage(StrEnum):
    """When a fault takes effect."""

    CONTENT = "in the content of the answer"
    HEADERS = "before the headers"
    BODY = "in place of the answer"
    STREAM = "in a stream"
    LINE = "on the connection, for any answer"


class Effect(StrEnum):
    """What a fault changes, which determines the faults with which it can be combined."""

    CONTENT = "another text"
    CONNECTION = "there is no response"
    DELAY = "the response is late"
    BODY = "another body"
    TYPE = "another media type"
    EMPTY = "no events"
    EVENTS = "some events of a stream are wrong"
    PAUSE = "a pause within a stream"
    END = "a stream breaks off"
    FRAMES = "how events are written"
    LINE = "how bytes are sent"


TRANSPORT_EFFECTS = frozenset({Effect.CONNECTION, Effect.DELAY, Effect.LINE})
"""The effects that leave the content of a recorded answer, or of another server's, unchanged."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a fault takes. Without a default it is optional."""

    help: str
    default: float | None = None
    minimum: float = 0
    maximum: float = MAX_NUMBER
    whole: bool = True

    @property
    def expected(self) -> str:
        """Return what is allowed: `a whole number from 1`."""
        number = "a whole number" if self.whole else "a number"
        return f"{number} from {self.minimum:g}" + (f" to {self.maximum:.0f}" if self.maximum < MAX_NUMBER else "")

    def accepts(self, value: object) -> bool:
        """Tell whether a value is allowed."""
        kinds = (int,) if self.whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            return False
        return self.minimum <= value <= self.maximum


@dataclass(frozen=True, slots=True)
class Spec:
    """A fault's entry in the list."""

    stage: Stage
    effect: Effect
    help: str
    parameters: Mapping[str, Parameter]


def _ms(help: str, default: float | None = None) -> dict[str, Parameter]:
    return {"ms": Parameter(help, default, maximum=MAX_MS, whole=False)}


AFTER = {
    "after_tokens": Parameter("Tokens before the fault (1)."),
    "after_events": Parameter("Events before the fault, instead of tokens."),
}
"""The position of a fault in a stream; at most one of these is given."""

FIRST_TOKEN = {"after_tokens": 1}
"""The default position."""


def _content(help: str, parameters: Mapping[str, Parameter] | None = None) -> Spec:
    return Spec(Stage.CONTENT, Effect.CONTENT, help, parameters or {})


def _headers(help: str, parameters: Mapping[str, Parameter] | None = None, effect: Effect = Effect.CONNECTION) -> Spec:
    return Spec(Stage.HEADERS, effect, help, parameters or {})


def _body(help: str, effect: Effect = Effect.BODY) -> Spec:
    return Spec(Stage.BODY, effect, help, {})


def _stream(help: str, parameters: Mapping[str, Parameter] | None = None, effect: Effect = Effect.EVENTS) -> Spec:
    return Spec(Stage.STREAM, effect, help, parameters or {})


def _line(help: str, parameters: Mapping[str, Parameter]) -> Spec:
    return Spec(Stage.LINE, Effect.LINE, help, parameters)


FAULTS: Mapping[str, Spec] = {
    "hang": _headers("No response, for ever or for `ms`; then the connection closes.", _ms("Milliseconds.")),
    "close": _headers("The connection ends (FIN) without a response."),
    "reset": _headers("The connection is reset (RST): at once, or within the stream after the given position.", AFTER),
    "slow_headers": _headers(
        "The whole answer, including its headers, is delayed.", _ms("Milliseconds (1000).", 1000), Effect.DELAY
    ),
    "empty_body": _body("The right headers, but no body."),
    "malformed_json": _body("A body that is not JSON."),
    "truncated_json": _body("The first half of the body, in a complete response."),
    "html_error": _body("The 502 page of a proxy."),
    "wrong_content_type": _body("The right body as `text/html`.", Effect.TYPE),
    "json_error_200": _body("An error's envelope with status 200."),
    "disconnect": _stream("The connection ends (FIN) within the stream.", AFTER, Effect.END),
    "stall": _stream(
        "Silence on an open connection, for ever or for `ms`.", {**AFTER, **_ms("Milliseconds.")}, Effect.PAUSE
    ),
    "error_object": _stream('`data: {"error": …}`, and the stream ends.', AFTER, Effect.END),
    "error_event": _stream(
        "`event: error`, and the stream ends.",
        {**AFTER, "flat": Parameter("1: the error without its envelope (0).", 0, maximum=1)},
        Effect.END,
    ),
    "no_finish": _stream("No chunk has a finish reason."),
    "no_done": _stream("The terminator is missing."),
    "cut_tool_arguments": _stream(
        "The arguments of tool calls break off, at the given position or half-way; the rest is sent.", AFTER
    ),
    "malformed_chunk": _stream("The next chunk is not JSON.", AFTER),
    "bad_utf8": _stream("The next chunk is not UTF-8.", AFTER),
    "duplicate_chunk": _stream("The next chunk is sent twice.", AFTER),
    "reorder": _stream("The next two chunks are swapped.", AFTER),
    "empty_stream": _stream("The headers of a stream, but no events.", effect=Effect.EMPTY),
    "crlf": _stream("Lines end with CR LF.", effect=Effect.FRAMES),
    "comments": _stream("A comment, like a keep-alive, before every event.", effect=Effect.FRAMES),
    "data_after_done": _stream("Another chunk after the terminator.", effect=Effect.FRAMES),
    "split_bytes": _line(
        "The response is sent in small pieces, cut inside lines and characters.",
        {
            "bytes": Parameter("Bytes per piece (7).", 7, 1),
            "ms": Parameter("Milliseconds between two pieces (1).", 1, maximum=MAX_MS, whole=False),
        },
    ),
    "drip": _line(
        "The response is sent slowly.",
        {"bytes_per_second": Parameter("Bytes per second (1000).", 1000, 1, whole=False)},
    ),
    "unknown_tool": _content("A call of a tool that the request does not offer."),
    "bad_arguments": _content("The arguments of a tool call are not JSON."),
    "breaks_schema": _content("The answer, or the arguments of a tool call, violate their JSON Schema."),
    "cut_word": _content("The text ends inside a word."),
    "repeats": _content(
        "The last sentence is repeated.", {"times": Parameter("How often (20).", 20, minimum=1, maximum=10_000)}
    ),
    "empty_text": _content("Only an empty text."),
    "wrong_language": _content("A text in another language."),
    "injection": _content("An instruction at the end of the text (prompt injection)."),
    "content_filter": _content(
        "The text is cut off, with the finish reason of a content filter.",
        {"after_tokens": Parameter("Tokens before the fault (1).", 1)},
    ),
}

HALF_WAY = "cut_tool_arguments"
"""The only fault with a default position of its own."""


def fault(name: str, parameters: Mapping[str, float]) -> Fault:
    """Return a fault with these valid parameters, and the defaults of the others."""
    spec = FAULTS[name]
    values = {key: each.default for key, each in spec.parameters.items() if each.default is not None} | dict(parameters)
    if spec.stage is Stage.STREAM and AFTER.keys() <= spec.parameters.keys() and not AFTER.keys() & values.keys():
        values |= FIRST_TOKEN if name != HALF_WAY else {}
    return Fault(name, values)


ERRORS_IN_STREAM = frozenset({"error_object", "error_event"})
"""The faults that end a stream with an error: the script's, or else a server error."""

_ANSWERS = frozenset({Effect.CONTENT, Effect.EVENTS, Effect.PAUSE, Effect.END, Effect.FRAMES})

STREAM_EFFECTS = frozenset({Effect.EVENTS, Effect.PAUSE, Effect.END})
"""The effects on a stream between its first event and its last."""

COMBINABLE: Mapping[Effect, frozenset[Effect]] = {
    Effect.CONTENT: frozenset({Effect.DELAY, Effect.BODY, Effect.TYPE, Effect.LINE}) | _ANSWERS,
    Effect.CONNECTION: frozenset(),
    Effect.DELAY: frozenset({Effect.BODY, Effect.TYPE, Effect.EMPTY, Effect.LINE}) | _ANSWERS,
    Effect.BODY: frozenset({Effect.CONTENT, Effect.DELAY, Effect.TYPE, Effect.LINE}),
    Effect.TYPE: frozenset({Effect.CONTENT, Effect.DELAY, Effect.BODY, Effect.LINE}),
    Effect.EMPTY: frozenset({Effect.DELAY}),
    Effect.EVENTS: frozenset({Effect.DELAY, Effect.LINE}) | _ANSWERS,
    Effect.PAUSE: frozenset({Effect.DELAY, Effect.LINE}) | _ANSWERS,
    Effect.END: frozenset({Effect.DELAY, Effect.LINE}) | _ANSWERS - {Effect.END},
    Effect.FRAMES: frozenset({Effect.DELAY, Effect.LINE}) | _ANSWERS,
    Effect.LINE: frozenset({Effect.DELAY, Effect.BODY, Effect.TYPE, Effect.LINE}) | _ANSWERS,
}
"""The effects with which each effect can be combined."""

REPLACE_BODY = ("empty_body", "html_error", "json_error_200")
"""The faults that replace the answer completely."""

CONTRADICTORY = (
    *(
        frozenset({name, other})
        for name in REPLACE_BODY
        for other, spec in FAULTS.items()
        if spec.effect is Effect.CONTENT
    ),
    frozenset({"no_done", "data_after_done"}),
    frozenset({"html_error", "wrong_content_type"}),
    *(frozenset({"empty_body", name}) for name in ("split_bytes", "drip")),
)
"""Pairs of faults that contradict each other, or of which one makes the other ineffective."""


def effect_of(fault: Fault) -> Effect:
    """Return what a fault with these parameters changes."""
    placed = AFTER.keys() & fault.parameters.keys()
    if (fault.name == "reset" and placed) or (fault.name == "stall" and "ms" not in fault.parameters):
        return Effect.END
    return FAULTS[fault.name].effect


MAX_FAULTS = 50
"""Faults of one answer, each of which processes the whole stream."""


def conflict(faults: Sequence[Fault]) -> str | None:
    """Return why faults cannot be combined: too many, or the first two of which one would have no effect."""
    if len(faults) > MAX_FAULTS:
        return f"these are {len(faults)}, and an answer has at most {MAX_FAULTS}."
    for one, other in combinations(faults, 2):
        if one.name == other.name and not AFTER.keys() & one.parameters.keys():
            return f"`{one.name}` is there twice."
        pair = frozenset({one.name, other.name})
        if effect_of(other) not in COMBINABLE[effect_of(one)] or pair in CONTRADICTORY:
            return f"`{one.name}` and `{other.name}` cannot be combined: one of them would have no effect."
    return None
