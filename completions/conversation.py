"""The neutral form of questions and answers, shared by the wire formats and the scripts."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, dataclass_transform

from completions.event import RawEvent, scatter

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a value: compared and hashed by its fields, with slots, and never modified.

    Immutability is checked by mypy only. At run time, a frozen dataclass would set every field through
    `object.__setattr__`, and each request creates about twenty values with up to thirty fields.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


NAMES: dict[str, list[str]] = {"format": [], "dialect": []}
"""The names of the wire formats, and of the dialects of OpenAI's; `wire/registry.py` fills the lists."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
SECRET_WORDS = re.compile(
    "token(?!s)|secret|passw|passphrase|credential|[-_]jwt([-_]|$)|(api|access|subscription|private)[-_]?key"
    "|auth(orization|entication)$|[-_]auth$|[-_]oidc[-_]data$|^x-(?!.*(idempotency|cache|request|partition)).*-key$"
)
"""Headers with credentials, and patterns of other such names (`x-api-key`): neither recorded nor passed on."""


@functools.lru_cache(maxsize=1024)
def is_secret(header: str) -> bool:
    """Tell whether a header, given its lower-case name, carries credentials."""
    return header in SECRET_HEADERS or SECRET_WORDS.search(header) is not None


@value
class Part:
    """A part of a message that is not text: its kind, and its URL, id or base64 data.

    `detail` is the level of detail that the request asks for in an image. `media_type` is empty if it is unknown.
    """

    kind: Literal["image", "audio", "file"]
    source: str
    detail: str = ""
    media_type: str = ""


@value
class Thought:
    """Reasoning of an earlier message, sent back by the client: its text, and the part that only the API can read."""

    text: str = ""
    sealed: str = ""


@value
class ToolCall:
    """One call of a tool: arguments are JSON or free text; a call that the API runs has a result (JSON) and files."""

    name: str
    arguments: str
    id: str = ""
    kind: Literal["function", "custom", "hosted"] = "function"
    result: str = ""
    files: tuple[tuple[str, bytes], ...] = ()


TextKind = Literal["text", "reasoning", "refusal"]
Task = Literal["generate", "embed", "moderate", "decide", "speak", "transcribe", "draw", "compact", "count", "state"]


@value
class Block:
    """A piece of an answer: of its text, its reasoning or its refusal, or a tool call."""

    kind: TextKind | Literal["call"]
    text: str = ""
    call: ToolCall | None = None


@value
class Message:
    """One message. `text` joins its text parts. A `tool` message answers the call with the id `tool_call_id`."""

    role: str
    text: str = ""
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    parts: tuple[Part, ...] = ()
    thoughts: tuple[Thought, ...] = ()
    wrapped: str = ""  # the text of a `tool` message within the object that a client put around it, which is counted
    cache_ends: tuple[tuple[int, int], ...] = ()  # ends of prompts to cache: characters of the text, and seconds or 0


@value
class Tool:
    """A tool that the request offers. `parameters` is the JSON Schema of a function's arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["function", "custom"] = "function"
    strict: bool = False
    defined: Mapping[str, object] | None = None  # the schema of arguments that the API defines, and that is not counted


@value
class ToolChoice:
    """Whether tools may, must or must not be called, and which ones; an empty `names` allows all that are offered.

    `stated`, like a `ResponseFormat`'s, is false if the request does not set it, so that this is the API's default.
    """

    mode: Literal["auto", "required", "none"] = "auto"
    names: tuple[str, ...] = ()
    stated: bool = field(default=True, compare=False)


@value
class ResponseFormat:
    """The required form of the answer's text: with `json_schema` a JSON Schema; if `bare`, a text without quotes."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: Mapping[str, object] = field(default_factory=dict)
    strict: bool = False
    bare: bool = False
    stated: bool = field(default=True, compare=False)


ANY_TOOL, ANY_FORM = ToolChoice(stated=False), ResponseFormat(stated=False)
"""The defaults: tools may be called, and the answer's text has no required form."""


@value
class ToolResult:
    """The result of the last tool call, the name of the tool, and the result's parts that are not text."""

    name: str
    text: str
    parts: tuple[Part, ...] = ()


@value
class CacheBlock:
    """A block of a prompt. If `seconds` is set, the prompt up to and including it should be cached for that long."""

    text: str
    seconds: int = 0


@value
class PromptTokens:
    """The number of tokens in a prompt, and how many of them are images, audio and documents."""

    total: int
    image: int = 0
    audio: int = 0
    document: int = 0


@value
class Prompt:
    """A request in the neutral form, whatever its format.

    `body` is the request as it was sent; `headers` have lower-case names; `address` has the parts of the URL in use.
    `task` is the kind of answer; of others than `generate` the format makes it, and only rules that name it apply.

    `top_logprobs` is None unless log probabilities are requested. `max_tokens` and `min_tokens` limit the answer;
    with `keeps_stop` it has the stop sequence too. `per_chunk` is how many tokens a chunk of the stream has, if the
    script sets it; a text of at most `short_text` tokens is one chunk. `modalities` are the kinds of output. A
    `background` request is answered at once. `truncates` drops the oldest messages of too long a prompt. `recalled`
    has documents of earlier requests. `raw_input`, a text, tokens or arrays of them, is counted without overhead.
    `counted` is the count, `cache_blocks` what to cache.
    """

    format: str = "chat"
    task: Task = "generate"
    model: str | None = None
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ANY_TOOL
    parallel_tool_calls: bool = True
    response_format: ResponseFormat = ANY_FORM
    n: int = 1
    stop: tuple[str, ...] = ()
    keeps_stop: bool = False
    max_tokens: int | None = None
    min_tokens: int | None = None
    top_logprobs: int | None = None
    reasoning_effort: str | None = None
    user: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    stream: bool = False
    background: bool = False
    truncates: bool = False
    include_usage: bool = False
    include_obfuscation: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)
    address: Mapping[str, str] = field(default_factory=dict)
    recalled: Mapping[str, object] = field(default_factory=dict)
    modalities: tuple[str, ...] = ("text",)
    per_chunk: scatter.Length | None = None
    short_text: int = 0
    raw_input: object = None
    counted: PromptTokens | None = field(default=None, init=False, compare=False)
    cache_blocks: tuple[CacheBlock, ...] = ()

    @property
    def last_user(self) -> str:
        """The text of the last user message; empty if there is none."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def system(self) -> str:
        """The texts of the system and developer messages, one per line."""
        return "\n".join(message.text for message in self.messages if message.role in ("system", "developer"))

    @property
    def turn(self) -> int:
        """The number of assistant messages so far."""
        return sum(message.role == "assistant" for message in self.messages)

    @property
    def tool_result(self) -> ToolResult | None:
        """The last tool result, if no message of the assistant follows it; messages of the user may."""
        messages = [message for message in self.messages if message.role in ("assistant", "tool", "function")]
        if not messages or (last := messages[-1]).role == "assistant":
            return None
        calls = {call.id: call.name for message in self.messages for call in message.tool_calls}
        return ToolResult(calls.get(last.tool_call_id or "", last.name or ""), last.text, last.parts)


@value
class Usage:
    """The number of tokens in a prompt and its answer.

    Of the prompt, `cached_tokens` were read from a cache and `cache_creation_tokens` written to one, of these
    `cache_creation_1h_tokens` for an hour; `audio_tokens`, `image_tokens` and `document_tokens` are such input. The
    completion's include reasoning, audio and accepted prediction tokens, and rejected ones where the API counts those.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_creation_tokens: int = 0
    cache_creation_1h_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0
    document_tokens: int = 0
    completion_audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


@value
class Moderation:
    """A moderation's scores by category, from 0 to 1. If `flagged` is None, a score of 0.5 or more flags it."""

    scores: Mapping[str, float] = field(default_factory=dict)
    flagged: bool | None = None


@value
class ErrorContent:
    """The content of an error envelope."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None


@value
class Choice:
    """One answer; a reply has as many as were requested. No `finish_reason` means the one that fits.

    `annotations` are in the API's own shape (URL citations); `reasoning` is text that precedes the answer. `logprobs`
    are of the tokens in order, the last for all that follow; by default they are made up. `stopped_by` is the stop
    sequence before which the text ends. `embedding`, `moderation` and `scores` (of documents) are the results for an
    input if such are requested; by default the format makes them. `failure` is the error of an answer that ends with
    `error`. `blocks` have texts and calls in their order, if that is not the usual one.
    """

    text: str | None = None
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    reasoning: str | None = None
    annotations: tuple[Mapping[str, object], ...] = ()
    logprobs: tuple[float, ...] = ()
    stopped_by: str | None = None
    embedding: tuple[float, ...] = ()
    moderation: Moderation | None = None
    scores: tuple[float, ...] = ()
    failure: ErrorContent | None = None
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        """Fill the texts and the calls from the blocks, if these are all that is given."""
        if self.blocks and (self.text, self.reasoning, self.refusal) == (None, None, None) and not self.tool_calls:
            for block in self.blocks:
                if block.call is None:
                    object.__setattr__(self, block.kind, (getattr(self, block.kind) or "") + block.text)
            object.__setattr__(self, "tool_calls", tuple(block.call for block in self.blocks if block.call))

    @property
    def content(self) -> tuple[Block, ...]:
        """The blocks in their order; the usual one is reasoning, text, refusal, calls."""
        if self.blocks:
            return self.blocks
        blocks = [Block("reasoning", self.reasoning or ""), Block("text", self.text or "")]
        blocks += [Block("refusal", self.refusal or ""), *(Block("call", call=call) for call in self.tool_calls)]
        return tuple(block for block in blocks if block.text or block.call)


@value
class Reply:
    """The answer, whatever the format. Fields that are None (id, time, model, usage) are filled in for each answer.

    `created` is in seconds since the epoch. `serial` is a random text from which a format derives ids that the script
    does not give. `counts` are the usage fields that a script gives; the others are counted.
    `body` is a document that a script gives verbatim: the format named `body_format` sends it unchanged.
    """

    choices: tuple[Choice, ...]
    id: str | None = None
    created: int | None = None
    model: str | None = None
    usage: Usage | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    serial: str = ""
    body: Mapping[str, Any] | None = None
    body_format: str = "chat"
    events: tuple[RawEvent, ...] | None = None

    @property
    def used(self) -> Usage:
        """The usage, or one of no tokens."""
        return self.usage or Usage(0, 0)

    def verbatim(self, name: str) -> Mapping[str, Any] | None:
        """Return the document that the format of this name sends unchanged, if there is one."""
        return self.body if self.body_format == name else None


@value
class Traffic:
    """The bytes of one exchange, from which its format reads the question and the answer.

    `route` has the parts of the URL that the format uses. `response` is one body, or the events of a stream as they
    were sent. `request_cut` means that the journal kept only the beginning of the request.
    """

    method: str
    path: str
    request: bytes
    response: tuple[bytes, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    route: Mapping[str, str] = field(default_factory=dict)
    request_cut: bool = False


@value
class Piece:
    """A piece of a choice's text, reasoning or refusal, and the index of the event that carried it."""

    choice: int
    kind: TextKind
    text: str
    event: int


@value
class ParsedExchange:
    """The question and the answer of an exchange, read from its bytes, in the neutral form.

    `prompt` is None if the request cannot be read; if the request was `cut`, its last message may be missing. `reply`
    is as much of the answer as was sent, with chat's finish reasons, or None. `pieces` are in the order of sending.
    """

    prompt: Prompt | None = None
    reply: Reply | None = None
    error: ErrorContent | None = None
    pieces: tuple[Piece, ...] = ()
    cut: bool = False
