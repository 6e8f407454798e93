"""Between resolve and render: change what an answer says and keep its order."""

from collections.abc import Sequence
from dataclasses import replace

from completions.conversation import Block, Choice


def saying(choice: Choice, content: Sequence[Block]) -> Choice:
    """Return a choice that says only this; a kind of content that it no longer has becomes empty, not missing."""

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
    """Return a choice whose texts or calls were changed with them in an earlier order, as far as they still fit it.

    A text that goes on as before fills its blocks again, and the rest stands in the last of them, or in the first that
    is another one now; calls take the places of calls, and the others come last.
    """
    if not order:
        return choice
    left = {"reasoning": choice.reasoning or "", "text": choice.text or "", "refusal": choice.refusal or ""}
    last = {block.kind: at for at, block in enumerate(order)}
    calls, laid = list(choice.tool_calls), list[Block]()
    for at, block in enumerate(order):
        if block.kind == "call":
            laid += [Block("call", call=calls.pop(0))] if calls else []
            continue
        rest = left[block.kind]
        goes_on = at < last[block.kind] and rest.startswith(block.text)
        said = block.text if goes_on else rest
        left[block.kind] = rest[len(said) :]
        laid += [replace(block, text=said)] if said else []
    rest_of_all = Choice(left["text"], None, tuple(calls), left["refusal"], left["reasoning"])
    return replace(choice, blocks=(*laid, *rest_of_all.content))
