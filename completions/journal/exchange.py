"""Step 6, the facts of one request and of what became of it, noted while it runs; `record` ends them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from completions.conversation import Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.ids import new_request_id
from completions.outcome import Fault, Ineffective, NearMiss, Outcome

SUMMARY = 200
"""Characters of the last user message that tell what was asked."""

FRAME = 100
"""What a frame of a stream takes of memory beside its bytes: itself, its size, its times."""

ANSWER = 4000
"""Characters of an answer by which it can be searched for."""


class ErrorFacts(NamedTuple):
    """What an error said. The exception itself would keep all that its traceback knows alive."""

    status: int
    type: str
    code: str | None
    message: str


class Sent(NamedTuple):
    """What of a stream went out: its frames, their sizes, which of them carry a token, and its writes.

    Of each write it has the index of the last frame plus one, and the seconds after the start: in two flat lists, for
    a tuple each would be ten thousands of objects that the garbage collector stops all streams to look at. `due` are
    the seconds at which the frames were to go, by the pacing alone; empty where there is none.
    """

    frames: Sequence[bytes]
    sizes: Sequence[int]
    tokens: Sequence[bool]
    ends: Sequence[int]
    times: Sequence[float]
    due: Sequence[float] = ()


Data = bytes
"""The type, where a fact has its name."""


class World(Protocol):
    """Where an exchange happens: a namespace, which may be removed before the exchange ends."""

    @property
    def removed(self) -> bool:
        """Whether it is gone with all that it held."""


@dataclass(slots=True)
class Exchange:
    """The facts of one request. Times are seconds on the monotonic clock, sizes are bytes of the body.

    `queued` are the seconds that it waited for a place. `headers` are what the response has to say of this request
    alone. `ineffective` is what was asked for and has no effect on the answer. `at_end` is called once that has gone
    out. `query` is the address's part after `?`, and `answer` the beginning of what the reply says, by which the
    journal is searched. Bodies and headers are the request's and the response's own, by reference, until the journal
    cuts and encodes them. The journal leaves out what `is_kept` excludes: a stranger's.
    """

    method: str
    path: str
    started: float = field(default_factory=time.monotonic)
    request_id: str = field(default_factory=new_request_id)
    namespace: str = "default"
    endpoint: str | None = None
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
    bytes: int = 0
    client_left: bool = False
    stopped: bool = False
    ended: float | None = None
    retry: int = 0
    idempotency_key: str | None = None
    queued: float = 0.0
    headers: Mapping[str, str] | None = None
    at_end: Callable[[], None] | None = None
    summary: str = ""
    query: str = ""
    answer: str = ""
    request_headers: Mapping[Data, Data] = field(default_factory=dict)
    request_body: Data = b""
    request_truncated: bool = False
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: Data = b""
    response_truncated: bool = False
    sent: Sent | None = None
    world: World | None = None
    is_kept: bool = True

    @property
    def begun(self) -> float:
        """When its answer could begin: as it came, or as it got its place."""
        return self.started + self.queued

    @property
    def fault(self) -> str | None:
        """The name of the fault that spoilt the answer, or the names of several, as a header asks for them."""
        return ", ".join(fault.name for fault in self.faults) if self.faults else None

    @property
    def fault_parameters(self) -> Mapping[str, float] | None:
        """The fault's parameters; of several faults each name begins with its fault's number: `2.after_tokens`."""
        if len(self.faults) < 2:
            return self.faults[0].parameters if self.faults else None
        numbered = enumerate(self.faults, 1)
        return {f"{at}.{name}": number for at, fault in numbered for name, number in fault.parameters.items()}

    def on_end(self, call: Callable[[], None]) -> None:
        """Have something more called once the response has gone out."""
        earlier = self.at_end

        def both() -> None:
            call()
            if earlier is not None:
                earlier()

        self.at_end = both

    def note_prompt(self, prompt: Prompt) -> None:
        """Note what is asked; the prompt itself may be large, and go before its answer."""
        self.summary, self.model = _summary(prompt), prompt.model

    def note_outcome(self, outcome: Outcome) -> None:
        """Note what the request gets."""
        self.rule, self.near_misses, self.unmatched = outcome.rule, outcome.near_misses, outcome.unmatched
        self.ineffective = outcome.ineffective
        if outcome.reply is not None:
            self.usage, self.answer = outcome.reply.usage, _answer(outcome.reply)
        if outcome.error is not None:
            self.note_error(outcome.error)
        if outcome.headers is not None:
            self.headers = {**(self.headers or {}), **outcome.headers}
        if outcome.on_end is not None:
            self.on_end(outcome.on_end)

    def note_error(self, exc: RequestError) -> None:
        """Note the error that is answered."""
        self.error = ErrorFacts(exc.status, exc.type, exc.code, exc.message)

    def note_no_response(self) -> None:
        """Note that nothing of the response went out."""
        self.status = self.bytes = 0
        self.response_headers, self.response_body = {}, b""

    def drop_bodies(self) -> int:
        """Let go of all bodies, for whom the facts are enough. Return the bytes kept: none."""
        self.request_body = self.response_body = b""
        if self.sent is not None:
            self.sent = self.sent._replace(frames=())
        return 0

    def cut_bodies(self, body: int) -> int:
        """Let go of what the journal does not keep: of each body all beyond `body` bytes. Return what is kept."""
        if len(self.request_body) > body:
            self.request_body, self.request_truncated = self.request_body[:body], True
        if self.sent is None:
            if len(self.response_body) > body:
                self.response_body, self.response_truncated = self.response_body[:body], True
            return len(self.request_body) + len(self.response_body)
        if self.bytes > body:
            self.sent, self.response_truncated = _cut(self.sent, body), True
        return len(self.request_body) + min(self.bytes, body) + FRAME * len(self.sent.frames)


def _summary(prompt: Prompt) -> str:
    """Return the beginning of the last user message, or else of the last message; of none, nothing."""
    if not prompt.messages:
        return ""
    return (prompt.last_user or prompt.messages[-1].text)[:SUMMARY]


def _answer(reply: Reply) -> str:
    """Return the beginning of what the first choice says, with its calls."""
    if not reply.choices:
        return ""
    choice = reply.choices[0]
    text = (choice.text or choice.refusal or "")[:ANSWER]
    return text + "".join(f" {call.name}({call.arguments[:SUMMARY]})" for call in choice.tool_calls)


def _cut(sent: Sent, size: int) -> Sent:
    """Keep the frames that fit `size` bytes."""
    kept = 0
    for each in sent.sizes:
        size -= each
        if size < 0:
            break
        kept += 1
    return sent._replace(frames=sent.frames[:kept], sizes=sent.sizes[:kept])
