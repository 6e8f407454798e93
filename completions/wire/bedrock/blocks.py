"""Step 4 for Converse: the blocks of an answer, which models write each in its way (recorded in 2025 and 2026).

Nobody but Claude signs what it thinks. OpenAI's BedrockGPT hide it, as Claude does where it is asked to.
"""

import base64
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, ToolCall
from completions.event import HOLE
from completions.wire.anthropic.thinking import is_redacted, signature
from completions.wire.bedrock import citations, claude_thinking
from completions.wire.bedrock.base import is_claude, model_of
from completions.wire.bedrock.rules import BY_SERVER
from completions.wire.content import only_choice, written_arguments
from completions.wire.fields import as_text, dicts, mapping
from completions.wire.fragments import partial
from completions.wire.framing import pieces
from completions.wire.seals import sealed

TYPED = re.compile(r"claude-(?!3-(?!7)|v?2|instant)|nova-[2-9]")
"""Models of which a call says its type: Claude from 3.7 on, and Nova 2 (recorded in 2026)."""

NAMED_CALLS = "kimi-k2"
"""What the names of models have whose calls are told apart by the tool's name and their number (recorded in 2026)."""

HIDDEN = re.compile(r"openai\.gpt-\d")
"""Models of OpenAI's that hide what they think and whose calls have OpenAI's ids (GPT-5.6, recorded in August 2026)."""

AT_ONCE = re.compile(r"nova|kimi")
"""Models that stream the arguments of a call in one piece."""

TEXT_FIRST = "deepseek.r1"
"""DeepSeek R1 has the answer before what it thought, where it is not streamed."""

LED, PARTED = re.compile(r"gpt-oss|kimi-k2"), re.compile(r"kimi-k2")
"""Models whose streams begin with an empty text, and that have one before and after calls, too (recorded in 2026)."""


class Block(NamedTuple):
    """A content block: how a stream opens it, if it says so; its deltas with what goes into them; the whole of it."""

    opening: dict[str, Any] | None
    runs: list[tuple[dict[str, Any], list[Any], bool]]
    whole: dict[str, Any]


EMPTY = Block(None, [({"text": HOLE}, [""], False)], {"text": ""})


def blocks(reply: Reply, prompt: Prompt) -> Iterator[Block]:
    """Go through the content blocks of an answer."""
    choice = only_choice(reply)
    places = count()
    must_think = claude_thinking.begins_with_thinking(prompt.body, model_of(prompt.model or ""))
    if must_think and choice.tool_calls and choice.content[0].kind != "reasoning":
        yield _thinking("", reply, prompt)
    for block in choice.content:
        said = block.text
        if block.kind == "reasoning":
            yield _thinking(said, reply, prompt)
        elif block.kind == "text" or (block.kind == "refusal" and not choice.text):
            yield _text(said, citations.cited(said, choice, prompt), prompt)
        elif block.call is not None:
            made = block.call.id or _call_id(block.call, next(places), reply, prompt)
            yield _call(block.call, made, prompt)
            if is_run(block.call, prompt):
                yield _found(block.call, made)


def _text(said: str, cites: list[dict[str, Any]], prompt: Prompt) -> Block:
    runs: list[tuple[dict[str, Any], list[Any], bool]] = [({"text": HOLE}, pieces(said, prompt), True)]
    if not cites:
        return Block(None, runs, {"text": said})
    told = {"citations": cites, "content": [{"text": said}]}
    return Block(None, [({"citation": HOLE}, cites, False), *runs], {"citationsContent": told})


def text_first(model: str) -> Callable[[Block], bool]:
    """Return the key by which the blocks of a whole answer are sorted: for most models they stay as they are."""
    return lambda block: TEXT_FIRST in model and "reasoningContent" in block.whole


def streamed(reply: Reply, prompt: Prompt) -> Iterator[Block]:
    """Go through the blocks of a stream, with the empty texts that some models have between others."""
    model, before = prompt.model or "", ""
    for block in blocks(reply, prompt):
        kind = next(iter(block.whole))
        if not before and LED.search(model):
            if kind == "text":
                block = block._replace(runs=[*EMPTY.runs, *block.runs])
            else:
                yield EMPTY
                before = "text"
        if kind == "toolUse" and before == "reasoningContent" and PARTED.search(model):
            yield EMPTY
        yield block
        before = kind
    if before == "toolUse" and PARTED.search(model):
        yield EMPTY


def _call_id(call: ToolCall, place: int, reply: Reply, prompt: Prompt) -> str:
    model = prompt.model or ""
    if NAMED_CALLS in model:
        return f"functions.{call.name}:{place}"
    if HIDDEN.search(model):
        return f"call_{ids.uuid_of(f'{reply.serial}{place}').replace('-', '')}"
    return f"tooluse_{ids.spelled(f'{reply.serial}{place}', 22, ids.BASE64)}"


def _thinking(thought: str, reply: Reply, prompt: Prompt) -> Block:
    """Return what a model thinks: signed, hidden, or as it is (recorded of six makers' models in 2026)."""
    model = prompt.model or ""
    signed = signature(thought, reply.serial)
    if HIDDEN.search(model):
        return _hidden(f"rsn_{base64.b64encode(sealed(thought, reply.serial)).decode()}")
    if is_claude(model) and is_redacted(prompt):
        return _hidden(signed)
    runs = [({"reasoningContent": {"text": HOLE}}, pieces(thought, prompt), True)]
    if not is_claude(model):
        return Block(None, runs, {"reasoningContent": {"reasoningText": {"text": thought}}})
    runs.append(({"reasoningContent": {"signature": HOLE}}, [signed], False))
    return Block(None, runs, {"reasoningContent": {"reasoningText": {"signature": signed, "text": thought}}})


def _hidden(data: str) -> Block:
    """Return thinking that is hidden in a blob of AWS's."""
    blob = base64.b64encode(data.encode()).decode()
    delta = {"reasoningContent": {"redactedContent": HOLE}}
    return Block(None, [(delta, [blob], False)], {"reasoningContent": {"redactedContent": blob}})


def is_run(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether the model's own server runs a call, as that of a system tool, which Nova 2 has."""
    tools = dicts(mapping(prompt.body.get("toolConfig")).get("tools"))
    return any(mapping(tool.get("systemTool")).get("name") == call.name for tool in tools)


def _found(call: ToolCall, made: str) -> Block:
    """Return what a call found that the server ran: as the script says it, or what it prints."""
    found = orjson.loads(call.result) if call.result else ""
    printed = {"exitCode": 0, "isError": False, "stdErr": "", "stdOut": as_text(found)}
    result = found if "stdOut" in mapping(found) else printed
    head = {"status": "success", "toolUseId": made, "type": f"{call.name}_result"}
    content = [{"json": result}]
    runs: list[tuple[dict[str, Any], list[Any], bool]] = [({"toolResult": HOLE}, [content], False)]
    return Block({"toolResult": head}, runs, {"toolResult": {"content": content, **head}})


def _call(call: ToolCall, made: str, prompt: Prompt) -> Block:
    arguments, model = written_arguments(call), prompt.model or ""
    kind = BY_SERVER if is_run(call, prompt) else "tool_use" if TYPED.search(model) else ""
    head = {"name": call.name, "toolUseId": made, **({"type": kind} if kind else {})}
    said = [arguments] if AT_ONCE.search(model) else pieces(arguments, prompt)
    delta = {"toolUse": {"input": HOLE}}
    runs = [(delta, [""], False)] * ("claude" in model) + [(delta, said, True)]
    return Block({"toolUse": head}, runs, {"toolUse": {"input": partial(arguments), **head}})
