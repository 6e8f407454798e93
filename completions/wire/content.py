"""Step 4: the content of an answer in its order, as the formats need it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from completions.conversation import Block, Choice, Reply, ToolCall
from completions.wire.fields import mapping, object_of, whole

DEFAULT_PAGE: Mapping[str, str] = {"url": "https://example.com/", "title": "Example Domain"}
"""The page that a web search finds, if the script names none."""

DEFAULT_CODE, DEFAULT_OUTPUT = "print(6 * 7)", "42\n"
"""The code that is run, and its output, if the script has none."""

URL = re.compile(r"https?://[^\s<>\"'`()\[\]{}]{1,2000}")


def only_choice(reply: Reply) -> Choice:
    """Return the only choice, for an API that has one answer; an empty one where there is none."""
    return reply.choices[0] if reply.choices else Choice()


def blocks_with_annotations(choice: Choice) -> Iterator[tuple[Block, list[Mapping[str, Any]]]]:
    """Yield the blocks of a choice, each with its annotations.

    A script counts their places in the whole text; here they are counted in their block.
    """
    texts, start, left = sum(block.kind == "text" for block in choice.content), 0, list(choice.annotations)
    for block in choice.content:
        if block.kind != "text":
            yield block, []
            continue
        texts, end = texts - 1, start + len(block.text)
        in_block = [each for each in left if not texts or _start(each) < end]
        left = [each for each in left if each not in in_block]
        yield block, [shifted(each, -start) for each in in_block]
        start = end


def with_joined_text(choice: Choice) -> list[Block]:
    """Return the blocks of a choice, with all of its text in the first text block."""
    content, whole = choice.content, Block("text", choice.text or "")
    first = next((at for at, block in enumerate(content) if block.kind == "text"), -1)
    others = enumerate(content)
    return [whole if at == first else block for at, block in others if block.kind != "text" or at == first]


def shifted(annotation: Mapping[str, Any], by: int) -> Mapping[str, Any]:
    """Return an annotation in chat's shape, moved by this many characters."""
    place = mapping(annotation.get("url_citation"))
    if not by or not place:
        return annotation
    places = {key: value + by for key in ("start_index", "end_index") if isinstance(value := place.get(key), int)}
    return {**annotation, "url_citation": {**place, **places}}


def _start(annotation: Mapping[str, Any]) -> int:
    return whole(mapping(annotation.get("url_citation")).get("start_index"), 0) or 0


def arguments_of(call: ToolCall) -> dict[str, Any] | None:
    """Return a call's arguments as an object; the text of a custom tool is its `input`.

    Return None if they are not an object, for example because the token limit cut them.
    """
    return object_of(written_arguments(call) or "{}")


def written_arguments(call: ToolCall) -> str:
    """Return a call's arguments as JSON; the text of a custom tool becomes `input`, for APIs without custom tools."""
    return orjson.dumps({"input": call.arguments}).decode() if call.kind == "custom" else call.arguments


def urls_in(text: str) -> list[str]:
    """Return the URLs in a text, each once."""
    return list(dict.fromkeys(page.rstrip(".,;:!?") for page in URL.findall(text)))
