"""Step 4: what an answer says, in its order, as the formats need it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from completions.conversation import Block, Choice, Reply, ToolCall
from completions.wire.fields import mapping, object_of, whole

PAGE: Mapping[str, str] = {"url": "https://example.com/", "title": "Example Domain"}
"""What a search of the web finds where a script does not say."""

CODE, PRINTED = "print(6 * 7)", "42\n"
"""What is run where the script says nothing of it, and what it prints."""

URL = re.compile(r"https?://[^\s<>\"'`()\[\]{}]{1,2000}")


def only_choice(reply: Reply) -> Choice:
    """Return the only choice, for an API that has one answer; an empty one where there is none."""
    return reply.choices[0] if reply.choices else Choice()


def cited(choice: Choice) -> Iterator[tuple[Block, list[Mapping[str, Any]]]]:
    """Go through what is said, each block with its annotations.

    A script counts their places over the whole text; here they are counted in the block that has them.
    """
    texts, start, left = sum(block.kind == "text" for block in choice.content), 0, list(choice.annotations)
    for block in choice.content:
        if block.kind != "text":
            yield block, []
            continue
        texts, end = texts - 1, start + len(block.text)
        here = [each for each in left if not texts or _start(each) < end]
        left = [each for each in left if each not in here]
        yield block, [moved(each, -start) for each in here]
        start = end


def in_one_text(choice: Choice) -> list[Block]:
    """Return what is said, all of its text in place of the first of it."""
    content, whole = choice.content, Block("text", choice.text or "")
    first = next((at for at, block in enumerate(content) if block.kind == "text"), -1)
    others = enumerate(content)
    return [whole if at == first else block for at, block in others if block.kind != "text" or at == first]


def moved(annotation: Mapping[str, Any], by: int) -> Mapping[str, Any]:
    """Return an annotation, of chat's shape, so many characters further on."""
    place = mapping(annotation.get("url_citation"))
    if not by or not place:
        return annotation
    counted = {key: value + by for key in ("start_index", "end_index") if isinstance(value := place.get(key), int)}
    return {**annotation, "url_citation": {**place, **counted}}


def _start(annotation: Mapping[str, Any]) -> int:
    return whole(mapping(annotation.get("url_citation")).get("start_index"), 0) or 0


def arguments_of(call: ToolCall) -> dict[str, Any] | None:
    """Return a call's arguments as an object, which holds the text of a custom tool's `input`.

    None where they are no object, as when the token limit cut them.
    """
    return object_of(written_arguments(call) or "{}")


def written_arguments(call: ToolCall) -> str:
    """Return a call's arguments as JSON; where an API has no custom tools, the text of one becomes its `input`."""
    return orjson.dumps({"input": call.arguments}).decode() if call.kind == "custom" else call.arguments


def pages_in(said: str) -> list[str]:
    """Return the addresses of pages that a text names, each once."""
    return list(dict.fromkeys(page.rstrip(".,;:!?") for page in URL.findall(said)))
