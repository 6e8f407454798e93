"""Step 6: the facts of one request and its answer, noted while it runs; `record` ends them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from completions.conversation import ParsedExchange, Prompt, Reply, Usage
from completions.event import Frames
from completions.exceptions import RequestError
from completions.ids import new_request_id
from completions.outcome import Fault, Ineffective, NearMiss, Outcome

MAX_SUMMARY = 200
"""The most characters of the last user message that are kept as a summary."""

MAX_ANSWER = 4000
"""The most characters of an answer that can be searched."""


class ErrorFacts(NamedTuple):
    """The facts of an error. The exception itself would keep everything in its traceback alive."""

    status: int
    type: str
    code: str | None
    message: str


class Sent(NamedTuple):
    """The sent part of a stream: its frames, how many tokens each carries, and the writes.

    For each write, `ends` has the index after its last frame and `times` the seconds since the start. They are two flat
    lists, because a tuple for each write would give the garbage collector tens of thousands of objects to scan. `due`
    are the scheduled times in seconds, or empty.
    """

    frames: Frames
    tokens: Sequence[int]
    ends: Sequence[int]
    times: Sequence[float]
    due: Sequence[float] = ()


@dataclass(slots=True, eq=False)
class Connection:
    """The connection of a request: its id, and when it was opened, in seconds on the monotonic clock.

    A client that `is_half_closed` sends no further request; it may have left.
    """

    id: str
    opened: float
    is_half_closed: bool = False


CONNECTION = "mock.connection"
"""The key of a request's connection in the state of its ASGI scope."""


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """Return the connection in a scope; None where it has none, as under another server."""
    state: Mapping[str, Connection] | None = scope.get("state")
    return state.get(CONNECTION) if state else None


class World(Protocol):
    """The namespace of an exchange, which may be removed before the exchange ends."""

    @property
    def removed(self) -> bool:
        """Whether it was removed with everything in it."""


@dataclass(slots=True)
class Exchange:
    """The facts of one request. Times are seconds on the monotonic clock; sizes are bytes of the body.

    `queued` is the time spent waiting for a place, `rendering` that of a rendering that took long. `headers` are
    response headers for this request only. `ineffective` are requested settings without effect. `at_end` is called when
    the response has been sent. `query` is the query string and `target` the path as it was sent. `upstream` is the
    other server that answered, `cassette` the file of its recorded answer. `stage` is the scenario's, as `outage/down`.
    `api` is the family of the format that a request identifies at an address that several APIs share. `connection` is
    None where the server does not provide it. `answer` is the beginning of the reply, which the journal can search;
    `finish` is its finish reason. Bodies and headers are references to those of the request and the response, until the
    journal cuts and encodes them; the response's headers are by lower-case name, each with its original name and its
    value. The journal omits exchanges without `is_kept`. `codings` are the content codings that the script offers; all
    bytes here are uncompressed.
    """

    method: str
    path: str
    started: float = field(default_factory=time.monotonic)
    request_id: str = field(default_factory=new_request_id)
    namespace: str = "default"
    endpoint: str | None = None
    api: str = ""
    status: int = 0
    model: str | None = None
    rule: str | None = None
    unmatched: bool = False
    near_misses: tuple[NearMiss, ...] = ()
    faults: tuple[Fault, ...] = ()
    ineffective: tuple[Ineffective, ...] = ()
    error: ErrorFacts | None = None
    usage: Usage | None = None
    stream: bool = False
    chunks: int = 0
    sent_bytes: int = 0
    client_left: bool = False
    stopped: bool = False
    ended: float | None = None
    retry: int = 0
    idempotency_key: str | None = None
    queued: float = 0.0
    rendering: float = 0.0
    headers: Mapping[str, str] | None = None
    at_end: Callable[[], None] | None = None
    summary: str = ""
    query: str = ""
    target: str = ""
    connection: Connection | None = None
    upstream: str | None = None
    cassette: str | None = None
    stage: str | None = None
    answer: str = ""
    finish: str = ""
    request_headers: Mapping[bytes, bytes] = field(default_factory=dict)
    request_body: bytes = b""
    request_truncated: bool = False
    response_headers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    response_body: bytes = b""
    response_truncated: bool = False
    sent: Sent | None = None
    world: World | None = None
    is_kept: bool = True
    codings: tuple[str, ...] = ()

    @property
    def begun(self) -> float:
        """The time at which the answer could begin: on arrival, or after the queue and a long rendering."""
        return self.started + self.queued + self.rendering

    @property
    def fault(self) -> str | None:
        """The name of the fault, or the names of several, as in the header that asks for them."""
        return ", ".join(fault.name for fault in self.faults) if self.faults else None

    @property
    def fault_parameters(self) -> Mapping[str, float] | None:
        """The fault's parameters. With several faults, names start with the fault's number: `2.after_tokens`."""
        if len(self.faults) < 2:
            return self.faults[0].parameters if self.faults else None
        numbered = enumerate(self.faults, 1)
        return {f"{at}.{name}": number for at, fault in numbered for name, number in fault.parameters.items()}

    def on_end(self, call: Callable[[], None]) -> None:
        """Add a function to call when the response has been sent."""
        previous = self.at_end

        def call_both() -> None:
            call()
            if previous is not None:
                previous()

        self.at_end = call_both

    def note_prompt(self, prompt: Prompt) -> None:
        """Note the prompt's summary and model. The prompt itself may be large, and is not kept."""
        self.summary, self.model = _summary(prompt), prompt.model

    def note_outcome(self, outcome: Outcome) -> None:
        """Note the outcome of the request."""
        self.rule, self.near_misses, self.unmatched = outcome.rule, outcome.near_misses, outcome.unmatched
        self.ineffective = outcome.ineffective
        self.cassette, self.stage = outcome.cassette, outcome.stage
        if outcome.provider_answer is not None:
            self.upstream = outcome.provider_answer.upstream.address
        if outcome.reply is not None:
            self._note_reply(outcome.reply)
        if outcome.error is not None:
            self.note_error(outcome.error)
        if outcome.headers is not None:
            self.headers = {**(self.headers or {}), **outcome.headers}
        if outcome.on_end is not None:
            self.on_end(outcome.on_end)

    def note_parsed(self, parsed: ParsedExchange) -> None:
        """Note the answer of another server."""
        if parsed.reply is not None:
            self._note_reply(parsed.reply)

    def _note_reply(self, reply: Reply) -> None:
        """Note the reply's usage, and the beginning, the calls and the finish reason of its first choice."""
        self.usage = reply.usage
        if not reply.choices:
            return
        choice = reply.choices[0]
        self.finish = choice.finish_reason or ""
        self.answer = (choice.text or choice.refusal or "")[:MAX_ANSWER]
        if choice.tool_calls:
            self.answer += "".join(f" {call.name}({call.arguments[:MAX_SUMMARY]})" for call in choice.tool_calls)

    def note_error(self, exc: RequestError) -> None:
        """Note the error in the answer."""
        self.error = ErrorFacts(exc.status, exc.type, exc.code, exc.message)

    def note_no_response(self) -> None:
        """Note that nothing was sent."""
        self.status = self.sent_bytes = 0
        self.response_headers, self.response_body = {}, b""

    def drop_bodies(self) -> int:
        """Drop all bodies, and return the number of bytes kept: 0."""
        self.request_body = self.response_body = b""
        if self.sent is not None:
            self.sent = self.sent._replace(frames=Frames())
        return 0

    def cut_bodies(self, body: int) -> int:
        """Cut each body to `body` bytes, and return how many bytes are kept."""
        request_size = len(self.request_body)
        if request_size > body:
            self.request_body, self.request_truncated, request_size = self.request_body[:body], True, body
        if self.sent is None:
            said = len(self.response_body)
            if said > body:
                self.response_truncated, said = True, body
            self.response_body = bytes(memoryview(self.response_body)[:body])  # a copy: orjson keeps 4 KiB for each
            return request_size + said
        if self.sent_bytes > body:
            self.sent, self.response_truncated = _cut(self.sent, body), True
        return request_size + self.sent.frames.memory


def _summary(prompt: Prompt) -> str:
    """Return the beginning of the last user message, or else of the last message; empty if there is none."""
    if not prompt.messages:
        return ""
    return (prompt.last_user or prompt.messages[-1].text)[:MAX_SUMMARY]


def _cut(sent: Sent, size: int) -> Sent:
    """Keep the frames that fit into `size` bytes."""
    fitting = 0
    for each in sent.frames.sizes:
        size -= each
        if size < 0:
            break
        fitting += 1
    return sent._replace(frames=sent.frames[:fitting])
