"""The result of step 3, in neutral form: what a request gets, and how it is delivered."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from completions.conversation import Reply, value
from completions.event.scatter import Jitter, Length
from completions.exceptions import RequestError


@value
class Load:
    """The capacity shared by all answers with this load: tokens per second and concurrent answers; None is unlimited.

    `place` is the position in the script, which distinguishes it from another load of the same size.
    """

    place: str
    tps: float | None = None
    max_concurrent: int | None = None


@value
class Pacing:
    """The speed of a stream in milliseconds: time to first token, then inter-token latency; 0 is immediate.

    If `whole` is set, an answer that is not streamed takes as long as its stream would. `load` is the capacity it
    shares. A silent stream sends a keep-alive every `keep_alive_ms`: None means the format's own interval, 0 means
    never. A recorded answer goes at `speed` times the speed at which it came; None means as any other answer.
    `per_chunk` is how many tokens of a text a chunk has; None means one.
    """

    ttft_ms: float = 0.0
    itl_ms: float = 0.0
    jitter: Jitter | None = None
    whole: bool = False
    load: Load | None = None
    keep_alive_ms: float | None = None
    speed: float | None = None
    per_chunk: Length | None = None


HOLD_MS = 30_000.0
"""How long an answer waits at a gate that is never released, unless the script says otherwise."""


@value
class Hold:
    """A gate where an answer waits, for at most `timeout_ms`; with `after_tokens`, only a stream does, midway."""

    gate: str
    after_tokens: int | None = None
    timeout_ms: float = HOLD_MS


@value
class NearMiss:
    """A rule that did not match: the condition that failed, and the value that it found."""

    rule: str
    why: str


@value
class Fault:
    """A fault from the list in `completions/faults.py`, and its parameters by name, which includes the unit."""

    name: str
    parameters: Mapping[str, float]


SILENCE_MS = 600_000.0
"""How long another server may be silent by default: as long as the SDKs wait."""


LITELLM = "litellm:"
"""The prefix of the address of a model that LiteLLM calls."""


@value
class Upstream:
    """Another server that a request is passed on to unchanged: its address, or several, and its longest silence.

    Each of the `urls` follows its scope: the beginning of a path, the name of a format, or an empty text for all.
    `headers`, by lower-case name, are sent in place of the request's own.

    An address `litellm:PROVIDER/MODEL` is no server: LiteLLM calls that model, with `base_url` and `api_key` if they
    are given.
    """

    urls: tuple[tuple[str, str], ...]
    timeout_ms: float = SILENCE_MS
    headers: tuple[tuple[str, str], ...] = ()
    base_url: str = ""
    api_key: str = ""

    def model_for(self, surface: str) -> str | None:
        """Return the model that LiteLLM calls for a request of a format; None if the request goes to a server."""
        by_name = dict(self.urls)
        found = by_name.get(surface) or by_name.get("") or ""
        return found.removeprefix(LITELLM) if found.startswith(LITELLM) else None

    def server_for(self, path: str, surface: str) -> str | None:
        """Return the address of the server for a request; None if there is none.

        It is the one with the longest beginning of the path, then the one of the format, then the one for all.
        """
        by_path = [(len(of), url) for of, url in self.servers if of.startswith("/") and _begins(path, of)]
        if by_path:
            return max(by_path)[1]
        by_name = dict(self.servers)
        return by_name.get(surface) or by_name.get("")

    def url_for(self, path: str, query: str, surface: str) -> str | None:
        """Return the address that a request goes to; None if there is none."""
        base = self.server_for(path, surface)
        return None if base is None else joined(base, path, query)

    @property
    def servers(self) -> tuple[tuple[str, str], ...]:
        """The addresses of servers."""
        return tuple(each for each in self.urls if not each[1].startswith(LITELLM))

    @property
    def address(self) -> str:
        """The address, or all of them, in the form of MOCK_UPSTREAM, without secrets."""
        return ", ".join(f"{of}={without_secrets(url)}" if of else without_secrets(url) for of, url in self.urls)


def without_secrets(url: str) -> str:
    """Return an address as it is shown and recorded: without user, password and query."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url.partition("?")[0], count=1)


def _begins(path: str, beginning: str) -> bool:
    return f"{path}/".startswith(f"{beginning.rstrip('/')}/")


def joined(base: str, path: str, query: str = "") -> str:
    """Join a base address and a path; a repetition of the base's own path, and all before it, is removed from the path.

    `https://api.groq.com/openai/v1` and `/groq/openai/v1/models` are `https://api.groq.com/openai/v1/models`.
    """
    base_parts, parts = [part for part in urlsplit(base).path.split("/") if part], path.split("/")[1:]
    for at in range(len(parts) - len(base_parts) + 1) if base_parts else ():
        if parts[at : at + len(base_parts)] == base_parts:
            parts = parts[at + len(base_parts) :]
            break
    return "/".join((base.rstrip("/"), *parts)) + (f"?{query}" if query else "")


@value
class Ineffective:
    """A requested feature that has no effect on this answer, such as a stream's fault without a stream; and why."""

    what: str
    why: str


@value
class Recorded:
    """An answer of another server at a `path`: each piece with its milliseconds after the request.

    `format` is that of the request, if the path does not determine it. `stream` is whether it was streamed. `headers`
    are those that matter to a client.
    """

    path: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()
    times: tuple[float, ...] = ()
    stream: bool = False
    format: str = ""

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


Recorder = Callable[[Recorded, str, Mapping[str, str]], None]
"""Records an answer, in a thread; also takes the query and the headers of the request, which may have secrets."""


@value
class ProviderAnswer:
    """The unchanged answer of a model that LiteLLM called."""

    upstream: Upstream
    answer: Reply | RequestError


@value
class Outcome:
    """What a request gets: the reply or the error, its pacing, and the rule that gave it (None if no rule matched).

    `faults` are applied to the delivery in order. If a fault ends a stream with an error, both are set: the reply is
    what comes before the error. `unmatched` means that no rule matched; `near_misses` then lists the closest ones,
    closest first. `headers` report the remaining limits. `on_end` is called when the answer has been sent.
    `ineffective` lists requested features without effect. With `upstream` there is neither reply nor error:
    another server answers, and with `record` its answer is recorded. The same holds for `recorded`, which is played
    unchanged; `cassette` is its file. `stage` names the scenario that runs, and its stage. `provider_answer` is the
    source of the reply or the error if LiteLLM called a model.
    """

    rule: str | None
    reply: Reply | None
    error: RequestError | None
    pacing: Pacing
    hold: Hold | None = None
    near_misses: tuple[NearMiss, ...] = ()
    faults: tuple[Fault, ...] = ()
    unmatched: bool = False
    headers: Mapping[str, str] | None = None
    on_end: Callable[[], None] | None = None
    ineffective: tuple[Ineffective, ...] = ()
    upstream: Upstream | None = None
    recorded: Recorded | None = None
    cassette: str | None = None
    stage: str | None = None
    record: Recorder | None = None
    provider_answer: ProviderAnswer | None = None
