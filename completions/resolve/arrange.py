"""Between resolve and render: change the content of an answer and keep its order."""

from collections.abc import Sequence
from dataclasses import replace

from completions.conversation import Block, Choice


def with_content(choice: Choice, content: Sequence[Block]) -> Choice:
    """Return a choice with only this content; a kind of content that it no longer has becomes empty, not missing."""

    def joined(kind: str, before: str | None) -> str | None:
        return None if before is None else "".join(block.text for block in content if block.kind == kind)

    return replace(
        choice,
        reasoning=joined("reasoning", choice.reasoning),
        text=joined("text", choice.text),
        refusal=joined("refusal", choice.refusal),
        tool_calls=tuple(block.call for block in content if block.call),
        blocks=tuple(content) if choice.blocks else (),
    )


def arranged(choice: Choice, order: Sequence[Block]) -> Choice:
    """Return a choice with its changed texts and calls in an earlier order of blocks, as far as they still fit it.

    A text that begins as before fills its blocks again, and the rest goes into the last of them, or into the first that
    differs now; calls take the places of calls, and further calls come last.
    """
    if not order:
        return choice
    remaining = {"reasoning": choice.reasoning or "", "text": choice.text or "", "refusal": choice.refusal or ""}
    last = {block.kind: at for at, block in enumerate(order)}
    calls, blocks = list(choice.tool_calls), list[Block]()
    for at, block in enumerate(order):
        if block.kind == "call":
            blocks += [Block("call", call=calls.pop(0))] if calls else []
            continue
        rest = remaining[block.kind]
        is_unchanged = at < last[block.kind] and rest.startswith(block.text)
        text = block.text if is_unchanged else rest
        remaining[block.kind] = rest[len(text) :]
        blocks += [replace(block, text=text)] if text else []
    leftover = Choice(remaining["text"], None, tuple(calls), remaining["refusal"], remaining["reasoning"])
    return replace(choice, blocks=(*blocks, *leftover.content))
