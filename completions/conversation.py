"""The neutral question and answer between the wire formats and the scripts."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, dataclass_transform

from completions.event import RawEvent

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class of values: compared and hashed by their fields, with slots, and never changed.

    Only mypy refuses to change one. At run time a frozen dataclass would set each field by `object.__setattr__`, and a
    request makes some twenty values of up to thirty fields.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


DIALECTS: list[str] = []
"""The names by which a script chooses who speaks OpenAI's formats; `wire/registry.py` fills it in."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
SECRET_WORDS = re.compile("token(?!s)|secret|passw|passphrase|credential|(api|access|subscription|private)[-_]?key")
"""Headers that prove who asks, and what the names of all others have in them: `x-api-key`, `x-auth-token`,
`ocp-apim-subscription-key`. They are neither recorded nor passed on. `x-ratelimit-remaining-tokens` is none of them.
"""


@functools.lru_cache(maxsize=1024)
def is_secret(header: str) -> bool:
    """Whether a header, by its lower-case name, proves who asks."""
    return header in SECRET_HEADERS or SECRET_WORDS.search(header) is not None


@value
class Part:
    """A piece of a message that is not text: its kind, and its URL, its id, or its data in base64.

    `detail` is how closely an image is to be looked at, as the request says it; `media_type` is empty where that is
    not told.
    """

    kind: Literal["image", "audio", "file"]
    source: str
    detail: str = ""
    media_type: str = ""


@value
class Thought:
    """What an assistant thought before it spoke, sent back: its text, and what of it only the API can read."""

    text: str = ""
    sealed: str = ""


@value
class ToolCall:
    """One call of a tool: its arguments, JSON or free text, and what it found (JSON) where the API runs it itself."""

    name: str
    arguments: str
    id: str = ""
    kind: Literal["function", "custom"] = "function"
    result: str = ""


Spoken = Literal["text", "reasoning", "refusal"]


@value
class Block:
    """A piece of what an answer says: of its text, its reasoning or its refusal, or the call of a tool."""

    kind: Literal["text", "reasoning", "refusal", "call"]
    text: str = ""
    call: ToolCall | None = None


@value
class Message:
    """One message; `text` joins its text parts. A `tool` message answers the call `tool_call_id`."""

    role: str
    text: str = ""
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    parts: tuple[Part, ...] = ()
    thoughts: tuple[Thought, ...] = ()


@value
class Tool:
    """A tool that is offered; `parameters` is the JSON Schema of a function's arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    kind: Literal["function", "custom"] = "function"
    strict: bool = False


@value
class ToolChoice:
    """Whether tools may, must or must not be called, and which: no names means any that is offered.

    `stated` is whether the request says it, or says nothing and has the API's default.
    """

    mode: Literal["auto", "required", "none"] = "auto"
    names: tuple[str, ...] = ()
    stated: bool = field(default=True, compare=False)


@value
class ResponseFormat:
    """The form that the answer's text must have; `schema` is a JSON Schema, of `json_schema` only.

    `stated` is whether the request says it, or says nothing and has the API's default.
    """

    kind: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: Mapping[str, object] = field(default_factory=dict)
    strict: bool = False
    stated: bool = field(default=True, compare=False)


ANY_TOOL, ANY_FORM = ToolChoice(stated=False), ResponseFormat(stated=False)
"""What holds where a request says nothing: tools may be called, and the answer's text has no form."""


@value
class ToolResult:
    """What the tool that answered last said, and which tool it was."""

    name: str
    text: str


@value
class CacheBlock:
    """A piece of a prompt in its order; with `seconds`, it and all before it are to be cached for so long."""

    text: str
    seconds: int = 0


@value
class PromptTokens:
    """The tokens of a prompt, and how many of them are images, sounds and documents."""

    total: int
    image: int = 0
    audio: int = 0
    document: int = 0


@value
class Prompt:
    """What was asked, whatever the format; `body` is the request as it came, `headers` have lower-case names.

    `task` is what the answer is to be: what is not generated (embeddings, moderations, sounds, images, counts, what
    tells the server's state) comes from the format itself, and only a rule that names the format speaks to it.
    `address` has what a format reads of the address.
    `top_logprobs` is None where no log probabilities are asked for. `max_tokens` counts what may be answered,
    `min_tokens` what must be. What is asked in the `background` is answered at once, before it is done. What
    `truncates` lets its oldest messages go where they are too many. `recalled` is what a format remembers for this
    request of those before it. `raw_input` is what is asked without messages, so that nothing is counted around it: a
    text, tokens, or an array of either. `counted` is how many tokens it has, once that was counted. `cache_blocks` are
    its pieces where it says itself what of it is to be cached.
    """

    format: str = "chat"
    task: Literal["generate", "embed", "moderate", "speak", "transcribe", "draw", "compact", "count", "state"] = (
        "generate"
    )
    model: str | None = None
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ANY_TOOL
    parallel_tool_calls: bool = True
    response_format: ResponseFormat = ANY_FORM
    n: int = 1
    stop: tuple[str, ...] = ()
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
    raw_input: object = None
    counted: PromptTokens | None = None
    cache_blocks: tuple[CacheBlock, ...] = ()

    @property
    def last_user(self) -> str:
        """The text of the last user message; empty where there is none."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def system(self) -> str:
        """The texts of the system and developer messages, a line each."""
        return "\n".join(message.text for message in self.messages if message.role in ("system", "developer"))

    @property
    def turn(self) -> int:
        """How many assistant messages there are so far."""
        return sum(message.role == "assistant" for message in self.messages)

    @property
    def tool_result(self) -> ToolResult | None:
        """The last tool's answer, if nothing but tools has spoken since the assistant called them."""
        if not self.messages or self.messages[-1].role not in ("tool", "function"):
            return None
        last = self.messages[-1]
        calls = {call.id: call.name for message in self.messages for call in message.tool_calls}
        return ToolResult(calls.get(last.tool_call_id or "", last.name or ""), last.text)


@value
class Usage:
    """Tokens in and out, of text and of all else.

    Among the prompt's are `cached_tokens`, which were read from a cache, and `cache_creation_tokens`, which were
    written to one (`cache_creation_1h_tokens` of these for an hour); `audio_tokens`, `image_tokens` and
    `document_tokens` by what they are of. Among the completion's are the reasoning, the sound, and the tokens of a
    prediction that came true; those that did not are counted too where the API does so.
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
        """Tokens in and out together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def text_tokens(self) -> int:
        """The prompt's tokens that are neither sound, nor image, nor document."""
        return max(self.prompt_tokens - self.audio_tokens - self.image_tokens - self.document_tokens, 0)


@value
class Moderation:
    """What a moderation finds: scores by category, from 0 to 1. `flagged` not said: it is if one is 0.5 or more."""

    scores: Mapping[str, float] = field(default_factory=dict)
    flagged: bool | None = None


@value
class ErrorSaid:
    """What an error's envelope says."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None


@value
class Choice:
    """One answer; a reply has as many as were asked for. No `finish_reason` means the one that fits.

    `annotations` are in the API's own shape (URL citations); `reasoning` is text that precedes the answer. `logprobs`
    are of the tokens in order, the last for all that follow; none given means made up. `stopped_by` is the stop
    sequence before which the text ends. `embedding` and `moderation` are what one input comes to where that is asked
    for, instead of a text; none given means made by the format. `failure` is what failed, where it ends with `error`.
    `blocks` have texts and calls in the order in which they are said, where that is not the usual one.
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
    failure: ErrorSaid | None = None
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        """Say what the blocks say, where they are all that is given."""
        if self.blocks and (self.text, self.reasoning, self.refusal) == (None, None, None) and not self.tool_calls:
            for block in self.blocks:
                if block.call is None:
                    object.__setattr__(self, block.kind, (getattr(self, block.kind) or "") + block.text)
            object.__setattr__(self, "tool_calls", tuple(block.call for block in self.blocks if block.call))

    @property
    def content(self) -> tuple[Block, ...]:
        """What is said, in its order; the usual one is reasoning, text, refusal, calls."""
        if self.blocks:
            return self.blocks
        said = [Block("reasoning", self.reasoning or ""), Block("text", self.text or "")]
        said += [Block("refusal", self.refusal or ""), *(Block("call", call=call) for call in self.tool_calls)]
        return tuple(block for block in said if block.text or block.call)


@value
class Reply:
    """What is answered, whatever the format. What is None is made for each answer: id, time, model, usage.

    `created` is in seconds since the epoch. `serial` is a random text of the answer's own, from which a format makes
    the ids that the script does not give. `counts` are the fields of the usage that a script gives; the others are
    counted. `body` is set where a script gives the document of one format word by word; that format sends it as it
    stands, the others say the same in their own shape. `events` is set where a script gives the events of a stream word
    by word, whatever the format.
    """

    choices: tuple[Choice, ...]
    id: str | None = None
    created: int | None = None
    model: str | None = None
    usage: Usage | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    serial: str = ""
    body: Mapping[str, object] | None = None
    events: tuple[RawEvent, ...] | None = None


@value
class Traffic:
    """The bytes of one exchange, from which its format reads what was asked and said.

    `route` has the parts of the address that the format reads. `response` is one body; of a stream it is the events as
    they went out. What is `cut` is not all there: the journal keeps so many bytes of each body and no more.
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
    """A piece of a choice's text, reasoning or refusal, and the number of the event that carried it."""

    choice: int
    kind: Spoken
    text: str
    event: int


@value
class Said:
    """What was asked and said in an exchange, whatever its format.

    No `prompt`: the request cannot be read. Of a request that was `cut` it has what is left, so the last message may be
    missing. The `reply` is as far as it was sent; its finish reasons are chat's. None: nothing was said. `pieces` are
    in the order in which they were sent.
    """

    prompt: Prompt | None = None
    reply: Reply | None = None
    error: ErrorSaid | None = None
    pieces: tuple[Piece, ...] = ()
    cut: bool = False
