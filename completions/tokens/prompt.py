"""How many tokens a prompt has, counted like OpenAI or like the model's vendor.

OpenAI's models read markers around the texts, as recordings of its API show. Each message has its markers; tools and
schemas are written as types in a system message; calls and results name their function; images cost tiles or patches by
their size. `docs/usage.md` says which of this is exact.
"""

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from completions.conversation import Message, Part, Prompt, PromptTokens, ResponseFormat, Thought
from completions.tokens import media
from completions.tokens import text as tokens
from completions.tokens.deferred import as_tool, has_hidden, shown, shown_later
from completions.tokens.typescript import as_json, functions, is_flat, written
from completions.tokens.vendors import vendor_of

PER_MESSAGE, PER_NAME = 3, 1
"""Tokens around each message, and for a name."""

FIRST_MODEL, FIRST_PER_MESSAGE, FIRST_PER_NAME = "gpt-3.5-turbo-0301", 4, -1
"""This model had `<|start|>{role/name}\\n{content}<|end|>\\n`: a name took the place of the role."""

REASONING = re.compile(r"(?:ft:)?(?:openai/)?(?:gpt-5|o\d|codex|gpt-oss|computer-use)")
"""Models that reason before they answer."""


class Marks(NamedTuple):
    """What the API adds, in tokens, for one generation of models at one address.

    `priming` begins the answer; `tools` stand around the functions, `tools_with_system` where a system message is there
    already, `described` more where the first function has a description; `call` is for a call and its result beside
    their names and texts; `final` is for each message of the assistant; `schema` stands around that of the answer.
    """

    priming: int
    tools: int
    tools_with_system: int
    described: int
    call: int
    final: int
    schema: int


MARKS: Mapping[tuple[bool, bool], Marks] = {
    (False, False): Marks(3, 9, 5, 0, 11, 0, 19),
    (False, True): Marks(3, 3, 3, 0, 9, 0, 19),
    (True, False): Marks(2, 90, 90, 1, 17, 0, 18),
    (True, True): Marks(2, 8, 8, 1, 15, 2, 18),
}
"""By whether the model reasons, and whether the request is for `responses`."""

LATER, LATER_CALL = re.compile(r"gpt-5\.\d"), 18
"""From gpt-5.2 on a call at `responses` has more around it."""

OPEN, OPEN_SYSTEM, OPEN_SCHEMA = "gpt-oss", 65, 70
"""OpenAI's open models have a system message of their own, and a schema's form is longer."""

TEXT_ALONE = re.compile(r"gpt-4o(?:-mini)?-search")
"""Search models, which charge for the texts only."""

NESTED_SCHEMA = 5
"""Tokens around a schema that is not of plain properties, written as JSON; measured within 3 % of the whole."""

PARALLEL = 17
"""Tokens around calls that are made at once by a model that does not think: they are one call of a tool of its own."""

HOSTED: Mapping[str, int] = {"web_search": 290, "image_generation": 340, "code_interpreter": 700, "file_search": 500}
"""Tokens for a tool of the API's own before it is used, by type; approximate."""


SHOWN_LATER: Mapping[str, int] = {"additional_tools": 92, "tool_search_output": 137}
"""Tokens around tools that are shown in the middle of a conversation, by the item of `responses` that has them."""

SEARCH, OWN_SEARCH, IN_NAMESPACE = 381, 11, 5
"""The API's search for tools, while there are hidden ones; around the client's own; and for a call of what it found."""


class Tiles(NamedTuple):
    """An image in squares of 512 pixels: a base cost, which is all for `low` detail, and a cost per square."""

    base: int
    tile: int


class Patches(NamedTuple):
    """An image in at most `most` squares of 32 pixels, with a cost per square and a fixed cost."""

    each: float
    more: int = 0
    most: int = 1536


IMAGES: tuple[tuple[str, Tiles | Patches], ...] = (
    ("gpt-4o-mini", Tiles(2833, 5667)),
    ("gpt-4.1-mini", Patches(1.62, 1)),
    ("gpt-4.1-nano", Patches(2.46, 1)),
    ("gpt-5-mini", Patches(1.2)),
    ("gpt-5-nano", Patches(1.5)),
    ("o4-mini", Patches(1.72)),
    ("gpt-5.", Patches(1.2, most=2500)),
    ("gpt-5", Tiles(70, 140)),
    ("o1", Tiles(75, 150)),
    ("o3", Tiles(75, 150)),
    ("computer-use", Tiles(65, 129)),
)
"""By prefix of the model's name. Source: OpenAI's guide to images, "Calculating costs"."""

DEFAULT_IMAGES = Tiles(85, 170)
UNKNOWN_SIZE = (540, 360)
"""Pixels of an image of which only the address is known: the median of those recorded."""

_WIDTH = re.compile(r"/(\d{2,5})px-")
"""A width that an address tells, as Wikimedia's do; the height is taken for two thirds of it."""

LOW_PATCHES = 256
"""Patches of an image at low detail: 512 pixels squared."""

PAGE_IMAGE, PAGE_TEXT, CHARACTERS = 210, 6, 5.6
"""A document's page as a picture (on chat alone), what stands around its text, and the text's characters a token."""

UNKNOWN_FILE = 750
"""Tokens of a file that is elsewhere: as many as a page full of text."""

AUDIO_A_SECOND, AUDIO_MARKS = 10, 4

SEAL, BYTES_A_TOKEN, MIN_TOKENS = 900, 4.5, 28
"""Bytes of encrypted reasoning that are not reasoning, those of a token, and the fewest tokens: fitted, within 15 %."""

UNFRAMED = ("embed", "moderate", "speak", "transcribe", "draw")
"""The tasks whose prompts cost only their texts."""


def prompt_tokens(prompt: Prompt) -> int:
    """Return how many tokens a prompt has; it is counted only once."""
    return count(prompt).total


def count(prompt: Prompt) -> PromptTokens:
    """Count the tokens of a prompt as its vendor does; the prompt remembers it, so that nobody counts them again."""
    if prompt.counted is None:
        object.__setattr__(prompt, "counted", _count(prompt))
    return prompt.counted or PromptTokens(0)


def _count(prompt: Prompt) -> PromptTokens:
    if prompt.raw_input is not None:
        return PromptTokens(_raw(prompt.raw_input, prompt.model))
    if prompt.task in UNFRAMED:
        return PromptTokens(sum(tokens.count(message.text, prompt.model) for message in prompt.messages))
    address = prompt.address
    vendor = vendor_of(prompt.model or "", prompt.format, "vertex" in address, address.get("dialect"))
    return _as_openai(prompt) if vendor is None else vendor.count(prompt)


def _raw(value: object, model: str | None) -> int:
    """Count an input without messages: a text, tokens, or an array of either; each token counts as one."""
    match value:
        case str():
            return tokens.count(value, model)
        case list():
            return sum(_raw(item, model) for item in value if not isinstance(item, list)) + _token_lists(value)
        case int():
            return 1
    return 0


def _token_lists(prompts: list[object]) -> int:
    return sum(len(item) for item in prompts if isinstance(item, list))


def _as_openai(prompt: Prompt) -> PromptTokens:
    """Count the tokens of a prompt as OpenAI's API does."""
    model, responses = prompt.model or "", prompt.format in ("responses", "input_tokens")
    thinks = REASONING.match(model) is not None
    marks = MARKS[thinks, responses]
    if responses and LATER.match(model):
        marks = marks._replace(call=LATER_CALL)
    if TEXT_ALONE.match(model):
        return PromptTokens(sum(tokens.count(message.text, model) for message in prompt.messages))
    last = max((at for at, message in enumerate(prompt.messages) if message.role == "user"), default=-1)
    names = {call.id: call.name for message in prompt.messages for call in message.tool_calls}
    total = marks.priming + _preamble(prompt, marks)
    for at, message in enumerate(prompt.messages):
        total += _message(message, marks, names, model)
        if responses and at > last:
            total += sum(thought_tokens(thought, model) for thought in message.thoughts)
    image, audio, document = _media(prompt, responses)
    return PromptTokens(total + image + audio + document, image, audio, document)


def _preamble(prompt: Prompt, marks: Marks) -> int:
    """Count what comes before the conversation: the tools, and the schema for the answer."""
    total = 0
    if prompt.tools and (tools := shown(prompt)):
        instructed = any(message.role in ("system", "developer") for message in prompt.messages)
        total += marks.tools_with_system if instructed else marks.tools
        total += marks.described if tools[0].description else 0
        total += tokens.count(functions(tools), prompt.model)
    elif OPEN in (prompt.model or ""):
        total += OPEN_SYSTEM + (OPEN_SCHEMA if prompt.response_format.kind == "json_schema" else 0)
    total += sum(_hosted(tool) for tool in _tools_of(prompt.body)) + _searches(prompt)
    form = prompt.response_format
    return total + (_schema(form, marks, prompt.model) if form.kind == "json_schema" else 0)


def _tools_of(body: Mapping[str, object]) -> list[object]:
    tools = body.get("tools")
    return tools if isinstance(tools, list) else []


def _searches(prompt: Prompt) -> int:
    """Count a search for tools, and the tools that are shown in the middle of a conversation."""
    if prompt.format not in ("responses", "input_tokens"):
        return 0
    total = 0
    for kind, tools in shown_later(prompt):
        total += SHOWN_LATER[kind] + tokens.count(functions(tools), prompt.model)
    for tool in _tools_of(prompt.body):
        if isinstance(tool, Mapping) and tool.get("type") == "tool_search":
            own = replace(as_tool(tool), name="tool_search")
            hosted = SEARCH if has_hidden(prompt) else 0
            total += OWN_SEARCH + tokens.count(functions([own]), prompt.model) if own.parameters else hosted
    items = prompt.body.get("input")
    calls = (item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()
    return total + IN_NAMESPACE * sum(bool(item.get("namespace")) for item in calls)


def _hosted(tool: object) -> int:
    kind = tool.get("type") if isinstance(tool, dict) else None
    return next((cost for name, cost in HOSTED.items() if isinstance(kind, str) and kind.startswith(name)), 0)


def _schema(form: ResponseFormat, marks: Marks, model: str | None) -> int:
    """Count the schema of the answer: exact for an object of plain properties, nearly so for others."""
    if is_flat(form.schema):
        return marks.schema + tokens.count(form.name, model) + tokens.count(written(form.schema), model)
    return NESTED_SCHEMA + tokens.count(form.name, model) + tokens.count(as_json(form.schema), model)


def _message(message: Message, marks: Marks, names: Mapping[str, str], model: str) -> int:
    first = model == FIRST_MODEL
    if message.role in ("tool", "function"):
        name = names.get(message.tool_call_id or "", message.name or "")
        return tokens.count(f"functions.{name}", model) + tokens.count(message.text, model)
    total = _calls(message, marks, model) if message.tool_calls else 0
    if message.text or message.parts or not message.tool_calls:
        total += FIRST_PER_MESSAGE if first else PER_MESSAGE
        total += tokens.count(message.role, model) + tokens.count(message.text, model)
        total += marks.final if message.role == "assistant" else 0
    if message.name is not None:
        total += tokens.count(message.name, model) + (FIRST_PER_NAME if first else PER_NAME)
    return total


def _calls(message: Message, marks: Marks, model: str) -> int:
    """Count calls, with the markers around them and their results."""
    calls = message.tool_calls
    if len(calls) > 1 and not REASONING.match(model):
        uses = ",".join(f'{{"recipient_name":"functions.{call.name}","parameters":{call.arguments}}}' for call in calls)
        return PARALLEL + tokens.count(f'{{"tool_uses":[{uses}]}}', model)
    said = sum(tokens.count(f"functions.{call.name}", model) + tokens.count(call.arguments, model) for call in calls)
    return said + marks.call * len(calls)


def thought_tokens(thought: Thought, model: str) -> int:
    """Count reasoning: by its text, or by the size of what the API has encrypted."""
    if thought.text:
        return tokens.count(thought.text, model)
    if not thought.sealed:
        return 0
    if not thought.sealed.startswith("gAAAA"):  # the mock's own, which hides nothing
        try:
            return tokens.count(base64.b64decode(thought.sealed).decode(), model)
        except ValueError:
            return 0
    return max(MIN_TOKENS, round((len(thought.sealed) * 3 / 4 - SEAL) / BYTES_A_TOKEN))


def _media(prompt: Prompt, responses: bool) -> tuple[int, int, int]:
    """Count images, audio and documents."""
    image = audio = document = 0
    for part in (part for message in prompt.messages for part in message.parts):
        match part.kind:
            case "image":
                image += image_tokens(part, prompt.model or "")
            case "audio":
                audio += math.ceil((media.seconds(part.source) or 0) * AUDIO_A_SECOND) + AUDIO_MARKS
            case "file":
                document += _file(part, prompt.model or "", responses)
    return image, audio, document


def _file(part: Part, model: str, responses: bool) -> int:
    if (found := media.document(part.source)) is not None:
        pictures = 0 if responses else PAGE_IMAGE * found.pages
        return pictures + PAGE_TEXT + math.ceil(found.characters / CHARACTERS)
    if media.is_address(part.source) or part.source.startswith("file-"):
        return UNKNOWN_FILE
    found_text = media.text_of(part.source)
    return tokens.count(found_text, model) if found_text else 0


def image_tokens(part: Part, model: str) -> int:
    """Count an image by its size and detail; one at an address has the size that the address tells, or a usual one."""
    cost = next((cost for name, cost in IMAGES if model.startswith(name)), DEFAULT_IMAGES)
    width, height = media.image_size(part.source) or _told_size(part.source)
    if isinstance(cost, Tiles):
        return cost.base + (0 if part.detail == "low" else cost.tile * _tiles(width, height))
    patches = LOW_PATCHES if part.detail == "low" else _patches(width, height, cost.most)
    return math.ceil(min(patches, _patches(width, height, cost.most)) * cost.each) + cost.more


def _told_size(source: str) -> tuple[int, int]:
    if (told := _WIDTH.search(source[:2048])) is None:
        return UNKNOWN_SIZE
    return int(told[1]), int(told[1]) * 2 // 3


def _tiles(width: int, height: int) -> int:
    """Count the tiles: the image is made to fit 2048 x 2048, then its shorter side to be at most 768."""
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return -(-round(width * scale) // 512) * -(-round(height * scale) // 512)


def _patches(width: int, height: int, most: int) -> int:
    """Count the patches; an image of too many is made smaller, so that whole patches fit."""
    needed = -(-width // 32) * -(-height // 32)
    if needed <= most:
        return needed
    scale = math.sqrt(32**2 * most / (width * height))
    scale *= min(math.floor(side * scale / 32) / (side * scale / 32) for side in (width, height))
    return max(1, math.floor(width * scale / 32)) * max(1, math.floor(height * scale / 32))
