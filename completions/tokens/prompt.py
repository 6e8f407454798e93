"""How many tokens a prompt has: the text in the model's encoding, and what the API is known to add around it.

Sources: OpenAI's cookbook "How to count tokens with tiktoken" (messages, and `num_tokens_for_tools`), OpenAI's guide
to images ("Calculating costs"), and for the calls in assistant messages the measurements of hmarr/openai-chat-tokens.
"""

import binascii
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from completions.conversation import Message, Prompt, Tool
from completions.tokens import text as tokens

PER_MESSAGE, PER_NAME, PRIMING = 3, 1, 3
"""Tokens around each message, for a name, and `<|start|>assistant<|message|>`, which primes the answer."""

FIRST_MODEL, FIRST_PER_MESSAGE, FIRST_PER_NAME = "gpt-3.5-turbo-0301", 4, -1
"""This model had `<|start|>{role/name}\\n{content}<|end|>\\n`: a name took the place of the role."""

PER_CALL = 3

FUNCTION, OLD_FUNCTION, PROPERTIES, PROPERTY, ENUM, ENUM_ITEM, TOOLS_END = 7, 10, 3, 3, -3, 3, 12
"""The cookbook's func_init (gpt-4o; gpt-4 and gpt-3.5-turbo), prop_init, prop_key, enum_init, enum_item, func_end."""


class Tiles(NamedTuple):
    """What an image costs: a base, which is all for `low` detail, and each tile of 512 pixels."""

    base: int
    tile: int


TILES: Mapping[str, Tiles] = {
    "gpt-4o-mini": Tiles(2833, 5667),
    "gpt-5": Tiles(70, 140),
    "o1": Tiles(75, 150),
    "o3": Tiles(75, 150),
}
"""By the start of the model's name."""

USUAL_TILES = Tiles(85, 170)
UNKNOWN_SIZE = 4
"""Tiles of an image of which only the address is known: a square of 1024 pixels has so many."""

HEAD = 87_400
"""Characters of base64 that are decoded: some 64 KiB, for a JPEG's size may stand behind a preview."""

ALONE = {"legacy": "prompt", "embeddings": "input"}
"""Where a format has texts and tokens without any message around them: the parameter, by format."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG markers of a frame's start; the three are tables."""


def prompt_tokens(prompt: Prompt) -> int:
    """Count the tokens of a prompt in its model's encoding."""
    if (alone := ALONE.get(prompt.format)) is not None:
        return _texts(prompt.body.get(alone), prompt.model)
    if prompt.task in ("embed", "moderate"):
        return sum(tokens.count(message.text, prompt.model) for message in prompt.messages)
    first = prompt.model == FIRST_MODEL
    each, named = (FIRST_PER_MESSAGE, FIRST_PER_NAME) if first else (PER_MESSAGE, PER_NAME)
    messages = sum(each + _message(message, named, prompt.model) for message in prompt.messages)
    return messages + PRIMING + _images(prompt) + tool_tokens(prompt.tools, prompt.model)


def tool_tokens(tools: tuple[Tool, ...], model: str | None = None) -> int:
    """Count the tokens of the tools that are offered."""
    if not tools:
        return 0
    start = OLD_FUNCTION if tokens.encoding_name(model) == "cl100k_base" else FUNCTION
    lines = (f"{tool.name}:{tool.description.removesuffix('.')}" for tool in tools)
    named = sum(start + tokens.count(line, model) for line in lines)
    return named + sum(_parameters(tool.parameters, model) for tool in tools) + TOOLS_END


def _texts(prompt: object, model: str | None) -> int:
    """Count a prompt without messages: a text, tokens, or an array of either; each token counts for itself."""
    match prompt:
        case str():
            return tokens.count(prompt, model)
        case list():
            return sum(_texts(item, model) for item in prompt if not isinstance(item, list)) + _token_lists(prompt)
        case int():
            return 1
    return 0


def _token_lists(prompts: list[object]) -> int:
    return sum(len(item) for item in prompts if isinstance(item, list))


def _message(message: Message, named: int, model: str | None) -> int:
    total = tokens.count(message.role, model) + tokens.count(message.text, model)
    if message.name is not None:
        total += tokens.count(message.name, model) + named
    for call in message.tool_calls:
        total += PER_CALL + tokens.count(call.name, model) + tokens.count(call.arguments, model)
    return total


def _parameters(schema: Mapping[str, object], model: str | None) -> int:
    """Count an object's properties; those of objects in it count in the same way, where the cookbook stops."""
    total, objects = 0, [schema]
    while objects:
        properties = objects.pop().get("properties")
        if not isinstance(properties, dict) or not properties:
            continue
        total += PROPERTIES
        for name, inner in properties.items():
            inner = inner if isinstance(inner, dict) else {}
            total += PROPERTY + _property(name, inner, model)
            objects += [found for found in (inner, inner.get("items")) if isinstance(found, dict)]
    return total


def _property(name: str, schema: Mapping[str, object], model: str | None) -> int:
    kind, description, enum = schema.get("type", ""), schema.get("description", ""), schema.get("enum")
    total = tokens.count(f"{name}:{_word(kind)}:{_word(description).removesuffix('.')}", model)
    if isinstance(enum, list):
        total += ENUM + sum(ENUM_ITEM + tokens.count(_word(item), model) for item in enum)
    return total


def _word(value: object) -> str:
    """Write what stands in a schema; a list of types as their names."""
    if isinstance(value, list):
        return "|".join(item for item in value if isinstance(item, str))
    return str(value) if isinstance(value, str | int | float) else ""


def _images(prompt: Prompt) -> int:
    images = [part.source for message in prompt.messages for part in message.parts if part.kind == "image"]
    if not images:
        return 0
    model = prompt.model or ""
    cost = next((TILES[name] for name in TILES if model.startswith(name)), USUAL_TILES)
    details = list(_details(prompt.body.get("messages")))
    details += ["auto"] * (len(images) - len(details))
    pairs = zip(images, details, strict=False)
    return sum(cost.base + (0 if detail == "low" else cost.tile * _tiles(image)) for image, detail in pairs)


def _details(messages: object) -> Iterator[str]:
    """Go through the details of the images in a body of OpenAI's chat format; other formats have none."""
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "image_url":
                image = part.get("image_url")
                yield str(image.get("detail", "auto")) if isinstance(image, dict) else "auto"


def _tiles(source: str) -> int:
    """Count the tiles: the image is made to fit 2048 x 2048, then its shorter side to be at most 768."""
    if (found := _size(source)) is None:
        return UNKNOWN_SIZE
    width, height = found
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return -(-round(width * scale) // 512) * -(-round(height * scale) // 512)


def _size(source: str) -> tuple[int, int] | None:
    """Read width and height from the header of a PNG, GIF or JPEG in a data URL or in base64, if they are there."""
    if source[:5].lower() in ("http:", "https"):
        return None
    start = source.find(",", 0, 256) + 1 if source[:5].lower() == "data:" else 0
    data = source[start : start + HEAD].rstrip("=")
    try:
        head = binascii.a2b_base64(data + "=" * (-len(data) % 4))
    except ValueError:
        return None
    found = _png(head) or _gif(head) or _jpeg(head)
    return found if found and min(found) > 0 else None


def _png(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or len(head) < 24:
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _gif(head: bytes) -> tuple[int, int] | None:
    if not head.startswith((b"GIF87a", b"GIF89a")) or len(head) < 10:
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Go from segment to segment to the one that starts a frame."""
    if not head.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        if head[at + 1] in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7])
        at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4]))
    return None
