"""Count the tokens of a prompt like OpenAI or like the model's vendor.

OpenAI's models read markers around the texts, as recordings of its API show. Each message has its markers; tools and
schemas are written as types in a system message; calls and results name their function; images cost tiles or patches by
their size. `docs/usage.md` says which of this is exact.
"""

import base64
import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from completions import budget
from completions.conversation import Message, Part, Prompt, PromptTokens, Thought, ToolCall
from completions.tokens import documents, media, openai_preamble
from completions.tokens import text as tokens
from completions.tokens.deferred import items_of, objects_in
from completions.tokens.measures import since_user
from completions.tokens.openai_images import image_tokens
from completions.tokens.vendors import vendor_of

PER_MESSAGE, PER_NAME = 3, 1
"""Tokens around each message, and for a name."""

FIRST_MODEL, FIRST_PER_MESSAGE, FIRST_PER_NAME = "gpt-3.5-turbo-0301", 4, -1
"""This model had `<|start|>{role/name}\\n{content}<|end|>\\n`: a name replaced the role."""

REASONING_MODELS = re.compile(r"(?:gpt-[5-9]|o\d|codex|gpt-oss|computer-use)")
"""Models that reason before they answer."""

NANO_MODELS = re.compile(r"gpt-[\d.]+-nano")
"""The smallest models, whose reasoning and documents have another form."""


class Marks(NamedTuple):
    """The tokens that the API adds, for one generation of models at one address.

    `priming` begins the answer; `call` is for a call and its result in addition to their names and texts; `final` is
    for each message of the assistant. If `joined`, parallel calls are one call.
    """

    priming: int
    call: int
    final: int
    joined: bool = False


MARKS: Mapping[tuple[bool, bool], Marks] = {
    (False, False): Marks(3, 11, 0, joined=True),
    (False, True): Marks(3, 9, 0),
    (True, False): Marks(2, 17, 2),
    (True, True): Marks(2, 15, 2),
}
"""By whether the model reasons, and whether the request is for `responses`."""

EARLY_MODELS, EARLY_MARKS = re.compile(r"o1|o3-mini"), Marks(2, 11, 0)
"""The first reasoning models; in chat their functions and calls are as for other models (o3-mini, 2026-01)."""

LATER_MODELS, LATER_CALL = re.compile(r"gpt-(?:5\.\d|[6-9])"), 18
"""From gpt-5.2 on a call at `responses` has more marks around it."""

OPEN = "gpt-oss"
OPEN_CALL, OPEN_RESULT, OPEN_THOUGHT = 8, 6, 6
"""The marks of calls, results and thoughts for OpenAI's open models, which see no text next to a call."""

AT_RESPONSES = frozenset({"responses", "input_tokens", "compact"})
"""The formats with the input of `responses`."""

TEXT_ONLY_MODELS = re.compile(r"gpt-4o(?:-mini)?-search")
"""Search models, which charge for the texts only."""

PARALLEL = 17
"""Tokens around parallel calls of a model that does not think: in chat they are one call of a built-in tool."""

PAGE_IMAGE, WORD_MARKS, SHEET_MARKS = 212, 14, 31
"""The tokens of a PDF's page as an image (only in chat), and those around the text of an office document."""

FILE_MARKS: Mapping[tuple[bool, bool], tuple[int, int]] = {
    (False, False): (4, 0),
    (False, True): (4, 3),
    (True, False): (5, 1),
    (True, True): (4, 3),
}
"""The marks around a file's text with a text of the user, and without one; by the keys of `MARKS`."""

BLANKS = re.compile(" {2,}")
"""Consecutive blanks in a PDF's text, of which all but the nano models see one."""

UNKNOWN_FILE = 750
"""Tokens of a file at a URL: as many as a full page of text."""

AUDIO_A_SECOND, AUDIO_MARKS = 10, 4

SEAL_SIZES: tuple[tuple[re.Pattern[str], float, float], ...] = ((NANO_MODELS, 880, 4.54), (re.compile(""), 690, 4.7))
"""The overhead of encrypted reasoning in bytes, and the bytes of a token, by model: fitted, within 15 %."""

MIN_SEALED = 16
"""The fewest tokens of encrypted reasoning."""

COMPACTING = 93
"""Tokens of the instruction to compact a conversation."""

COMPACTED_SEAL, COMPACTED_BYTES = 523, 5.88
"""The same for a compacted conversation: fitted, within 3 %."""

COMPACTED_ALONG_SEAL = 862
"""The same if an answer has compacted it, by `context_management`."""

ENCRYPTED_PREFIX = "gAAAA"
"""The prefix of data that OpenAI has encrypted."""


AZURE_EMBEDDER, COHERE_MODELS = "text-embedding-3-small", re.compile(r"(?i)cohere|embed-v")
"""The model by which Azure's deployments count embeddings, whatever their names (recorded in 2024), except Cohere's."""

MISTRAL_MARKS = 2
"""Tokens around a text that Mistral embeds."""

TEXT_TASKS = ("embed", "moderate", "decide", "speak", "transcribe", "draw")
"""The tasks whose prompts have no marks around their texts."""


def prompt_tokens(prompt: Prompt) -> int:
    """Return the number of tokens of a prompt; it is counted only once."""
    return count(prompt).total


def count(prompt: Prompt) -> PromptTokens:
    """Count the tokens of a prompt as its vendor does; the result is kept in the prompt."""
    if prompt.counted is None:
        if prompt.messages[budget.LOOP_MESSAGES :]:  # a slice instead of a call, as most conversations are short
            budget.leave_loop()
        object.__setattr__(prompt, "counted", _count(prompt))
    return prompt.counted or PromptTokens(0)


def _count(prompt: Prompt) -> PromptTokens:
    if prompt.raw_input is not None:
        embeds = prompt.task == "embed"
        is_deployment = prompt.address.get("dialect") == "azure" and not COHERE_MODELS.search(prompt.model or "")
        model = AZURE_EMBEDDER if embeds and is_deployment else prompt.model
        return PromptTokens(_raw_input_tokens(prompt.raw_input, model, int(embeds)) + _marks_around_texts(prompt))
    if prompt.task in TEXT_TASKS:
        return PromptTokens(sum(tokens.count(message.text, prompt.model) for message in prompt.messages))
    address = prompt.address
    vendor = vendor_of(prompt.model or "", prompt.format, "vertex" in address, address.get("dialect"))
    return _count_as_openai(prompt) if vendor is None else vendor.count(prompt)


def _raw_input_tokens(value: object, model: str | None, minimum: int) -> int:
    """Count an input without messages: a text, tokens, or an array of either.

    A text counts at least `minimum`: embedding an empty text costs one token.
    """
    match value:
        case str():
            return max(tokens.count(value, model), minimum)
        case list():
            token_lists = [item for item in value if isinstance(item, list)]
            return sum(_raw_input_tokens(item, model, minimum) for item in value if not isinstance(item, list)) + sum(
                map(len, token_lists)
            )
        case int():
            return 1
    return 0


def _marks_around_texts(prompt: Prompt) -> int:
    """Count the marks that Mistral adds before and after each text to embed."""
    if not (prompt.model or "").startswith(("mistral-embed", "codestral-embed")):
        return 0
    raw_input = prompt.raw_input
    return MISTRAL_MARKS * (len(raw_input) if isinstance(raw_input, list) else 1)


def _count_as_openai(prompt: Prompt) -> PromptTokens:
    """Count the tokens of a prompt as OpenAI's API does."""
    routed = prompt.address.get("dialect") == "openrouter" and "gpt-4o" not in (prompt.model or "")  # a request to chat
    responses = prompt.format in AT_RESPONSES or routed
    model, thinks, marks = _marks(prompt.model or "", responses)
    if model != (prompt.model or ""):
        prompt = replace(prompt, model=model)
    if marks is None:
        return PromptTokens(sum(tokens.count(message.text, model) for message in prompt.messages))
    names = {call.id: call.name for message in prompt.messages if message.tool_calls for call in message.tool_calls}
    total = marks.priming + _preamble(prompt, thinks, responses)
    if OPEN in model:
        total += _repeated_thoughts(prompt, model)
    if responses:
        total += _items(prompt, marks, model)
        total += sum(thought_tokens(thought, model) for message in since_user(prompt) for thought in message.thoughts)
        total += COMPACTING if prompt.task == "compact" else 0
    in_lines = False
    for message in _messages_read(prompt) if responses else prompt.messages:
        total += _message(message, marks, names, model)
        in_lines = in_lines or "\n" in message.text
    total += _joined_parts(prompt) if in_lines else 0
    image, audio, document = _media(prompt, thinks, responses)
    return PromptTokens(total + image + audio + document, image, audio, document)


@functools.lru_cache(maxsize=1024)
def _marks(name: str, responses: bool) -> tuple[str, bool, Marks | None]:
    """Return a model's plain name, whether it thinks, and the marks of its messages; None if only their texts count.

    `openai/gpt-5` and `ft:gpt-4o:organization::id` count as `gpt-5` and `gpt-4o`.
    """
    model = name.removeprefix("ft:").removeprefix("openai/").partition(":")[0]
    thinks = REASONING_MODELS.match(model) is not None
    marks = MARKS[thinks, responses]
    if not responses and EARLY_MODELS.match(model):
        marks = EARLY_MARKS
    if responses and LATER_MODELS.match(model):
        marks = marks._replace(call=LATER_CALL)
    if OPEN in model:
        marks = marks._replace(call=OPEN_CALL)
    return model, thinks, None if TEXT_ONLY_MODELS.match(model) else marks


def _messages_read(prompt: Prompt) -> Sequence[Message]:
    """Return the messages that are read: before the last compaction item, only those of users.

    Items of users, tools and systems are separate messages, so that their number shows the place of that item.
    """
    items = list(items_of(prompt))
    place = max((at for at, item in enumerate(items) if item.get("type") == "compaction"), default=None)
    if place is None:
        return prompt.messages
    later = sum(_is_client_item(item) for item in items[place + 1 :])
    client_messages = [at for at, message in enumerate(prompt.messages) if message.role != "assistant"]
    start = client_messages[-later] if 0 < later <= len(client_messages) else len(prompt.messages)
    before = (message for message in prompt.messages[:start] if message.role not in ("assistant", "tool"))
    return [*before, *prompt.messages[start:]]


def _is_client_item(item: Mapping[str, Any]) -> bool:
    return item.get("role", "assistant") != "assistant" or str(item.get("type", "")).endswith("_call_output")


def _preamble(prompt: Prompt, thinks: bool, responses: bool) -> int:
    """Count the preamble, if there is one."""
    is_open = OPEN in (prompt.model or "")
    if not (prompt.tools or "tools" in prompt.body or prompt.response_format.kind != "text" or is_open or responses):
        return 0
    shows_reasoning_form = thinks and (responses or not EARLY_MODELS.match(prompt.model or ""))
    total = openai_preamble.count(prompt, openai_preamble.MARKS[shows_reasoning_form, responses], responses, is_open)
    serial = thinks and responses and prompt.tools and not prompt.parallel_tool_calls
    return total + openai_preamble.ONE_AT_A_TIME if serial else total


def _items(prompt: Prompt, marks: Marks, model: str) -> int:
    """Count items of `responses` in addition to the messages that were read from them."""
    items = items_of(prompt)
    silent: int = sum(
        item.get("role") == "assistant" and item.get("content") == "" and after.get("type") == "function_call"
        for item, after in pairwise(items)
    )
    overlap = any(item.get("type") == "tool_search_call" for item in items)
    spaces = sum(2 * _namespace(item, model) - overlap for item in items if item.get("namespace"))
    seal = COMPACTED_ALONG_SEAL if prompt.body.get("context_management") else COMPACTED_SEAL
    compacted = sum(_compaction_item(item, seal, model) for item in items if item.get("type") == "compaction")
    return silent * (PER_MESSAGE + 1 + marks.final) + spaces + compacted


def _joined_parts(prompt: Prompt) -> int:
    """Count how much less the text parts of one message cost than joined by newlines, as the message has them."""
    total = 0
    for item in objects_in(prompt.body.get("messages", prompt.body.get("input"))):
        texts = [text for part in objects_in(item.get("content")) if isinstance(text := part.get("text"), str)]
        if len(texts) > 1:
            total += tokens.count("".join(texts), prompt.model) - tokens.count("\n".join(texts), prompt.model)
    return total


def _namespace(call: Mapping[str, Any], model: str) -> int:
    """Count how much more the namespace of a call costs than `functions`, with which the messages are counted."""
    name = call.get("name")
    return tokens.count(f"{call['namespace']}.{name}", model) - tokens.count(f"functions.{name}", model)


def _compaction_item(item: Mapping[str, Any], seal: int, model: str) -> int:
    """Count a compaction item: by its size, or by the mock's text in it."""
    sealed = item.get("encrypted_content")
    if not isinstance(sealed, str):
        return 0
    if sealed.startswith(ENCRYPTED_PREFIX):
        return max(MIN_SEALED, round((len(sealed) * 3 / 4 - seal) / COMPACTED_BYTES))
    return thought_tokens(Thought(sealed=sealed), model)


def _message(message: Message, marks: Marks, names: Mapping[str, str], model: str) -> int:
    first = model == FIRST_MODEL
    if message.role in ("tool", "function"):
        name = names.get(message.tool_call_id or "", message.name or "")
        around = OPEN_RESULT if OPEN in model else 0
        return around + _result_name(name, model) + tokens.count(message.text, model)
    total = _calls(message, marks, model) if message.tool_calls else 0
    if message.tool_calls and marks.call == OPEN_CALL:
        return total
    if message.text or message.parts or not message.tool_calls:
        total += FIRST_PER_MESSAGE if first else PER_MESSAGE
        total += tokens.count(message.role, model) + tokens.count(message.text, model)
        total += marks.final if message.role == "assistant" else 0
    if message.name is not None:
        total += tokens.count(message.name, model) + (FIRST_PER_NAME if first else PER_NAME)
    return total


def _result_name(name: str, model: str) -> int:
    """Count the name of a result's function."""
    if REASONING_MODELS.match(model):
        return tokens.count(f"functions.{name}", model)
    return 1 + tokens.count(name, model)


def _calls(message: Message, marks: Marks, model: str) -> int:
    """Count calls, with the markers around them and their results."""
    calls = message.tool_calls
    if len(calls) > 1 and marks.joined:
        uses = ",".join(
            f'{{"parameters":{_arguments(call)},"recipient_name":"functions.{call.name}"}}' for call in calls
        )
        return PARALLEL + tokens.count(f'{{"tool_uses":[{uses}]}}', model)
    to = "=" if OPEN in model else "functions."
    total = sum(tokens.count(f"{to}{call.name}", model) + tokens.count(_arguments(call), model) for call in calls)
    return total + marks.call * len(calls)


def _repeated_thoughts(prompt: Prompt, model: str) -> int:
    """Count the thoughts before calls since the user's last message, which Groq sends to OpenAI's open models again."""
    items = objects_in(prompt.body.get("messages"))
    last = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    thoughts = [item["reasoning"] for item in items[last + 1 :] if item.get("reasoning") and item.get("tool_calls")]
    return sum(OPEN_THOUGHT + tokens.count(thought, model) for thought in thoughts if isinstance(thought, str))


def _arguments(call: ToolCall) -> str:
    """Return a call's arguments as the model sees them: as JSON without blanks."""
    if call.kind == "custom":
        return call.arguments
    try:
        return orjson.dumps(orjson.loads(call.arguments)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return call.arguments


def thought_tokens(thought: Thought, model: str) -> int:
    """Count reasoning: by its text, or by the size of its encrypted form."""
    if thought.text:
        return tokens.count(thought.text, model)
    if not thought.sealed:
        return 0
    if not thought.sealed.startswith(ENCRYPTED_PREFIX):  # the mock's own, which is not encrypted
        try:
            return tokens.count(base64.b64decode(thought.sealed).decode(), model)
        except ValueError:
            return 0
    around, each = next((around, each) for models, around, each in SEAL_SIZES if models.match(model))
    return max(MIN_SEALED, round((len(thought.sealed) * 3 / 4 - around) / each))


def _media(prompt: Prompt, thinks: bool, responses: bool) -> tuple[int, int, int]:
    """Count images, audio and documents."""
    image = audio = document = 0
    model, marks = prompt.model or "", FILE_MARKS[thinks, responses]
    parts = [(message, part) for message in prompt.messages if message.parts for part in message.parts]
    for message, part in parts:
        match part.kind:
            case "image":
                image += image_tokens(part, model)
            case "audio":
                audio += math.floor((media.seconds(part.source) or 0) * AUDIO_A_SECOND) + AUDIO_MARKS
            case "file":
                document += (
                    _file(part, model, 0 if responses else PAGE_IMAGE)
                    + marks[message.role == "user" and not message.text]
                )
    return image, audio, document


def _file(part: Part, model: str, page: int) -> int:
    """Count a file; each page of a PDF costs `page` in addition to its text."""
    if (pdf := documents.read_pdf(part.source)) is not None:
        text = pdf.text if NANO_MODELS.match(model) else BLANKS.sub(" ", pdf.text)
        return page * pdf.pages + round(tokens.count(text, model) * pdf.more)
    if media.is_address(part.source) or part.source.startswith("file-"):
        return UNKNOWN_FILE
    if (office := documents.read_office(part.source)) is not None:
        return (SHEET_MARKS if office.is_spreadsheet else WORD_MARKS) + tokens.count(office.text, model)
    return tokens.count(documents.decoded_text(part.source) or "", model)
