"""Step 4 for Converse: the blocks of an answer, which differ between models (recorded in 2025 and 2026).

Claude alone signs its thinking. OpenAI's GPTs hide it, as Claude does on request.
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
from completions.wire.bedrock.rules import SERVER_TOOL_USE
from completions.wire.content import only_choice, written_arguments
from completions.wire.fields import as_text, dicts, mapping
from completions.wire.fragments import partial
from completions.wire.framing import pieces
from completions.wire.seals import sealed

TYPED_CALL_MODELS = re.compile(r"claude-(?!3-(?!7)|v?2|instant)|nova-[2-9]")
"""Models whose calls have a type: Claude from 3.7 on, and Nova 2 (recorded in 2026)."""

NAMED_CALL_ID_MODELS = "kimi-k2"
"""Part of the names of models whose call ids are the tool's name and a number (recorded in 2026)."""

HIDDEN_THINKING_MODELS = re.compile(r"openai\.gpt-\d")
"""OpenAI's models that hide their thinking, and whose calls have OpenAI's ids (GPT-5.6, recorded in August 2026)."""

WHOLE_ARGUMENTS_MODELS = re.compile(r"nova|kimi")
"""Models that stream the arguments of a call in one piece."""

TEXT_FIRST_MODELS = "deepseek.r1"
"""DeepSeek R1 has the answer before its thinking in an answer that is not streamed."""

EMPTY_TEXT_FIRST_MODELS, EMPTY_TEXT_AROUND_CALLS_MODELS = re.compile(r"gpt-oss|kimi-k2"), re.compile(r"kimi-k2")
"""Models whose streams begin with an empty text, and those that also have one around calls (recorded in 2026)."""


class Block(NamedTuple):
    """A content block: its opening in a stream, if there is one; its deltas, with the values for them; all of it."""

    opening: dict[str, Any] | None
    runs: list[tuple[dict[str, Any], list[Any], bool]]
    whole: dict[str, Any]


EMPTY_TEXT = Block(None, [({"text": HOLE}, [""], False)], {"text": ""})


def blocks(reply: Reply, prompt: Prompt) -> Iterator[Block]:
    """Yield the content blocks of an answer."""
    choice = only_choice(reply)
    call_indexes = count()
    must_think = claude_thinking.begins_with_thinking(prompt.body, model_of(prompt.model or ""))
    if must_think and choice.tool_calls and choice.content[0].kind != "reasoning":
        yield _thinking("", reply, prompt)
    for block in choice.content:
        block_text = block.text
        if block.kind == "reasoning":
            yield _thinking(block_text, reply, prompt)
        elif block.kind == "text" or (block.kind == "refusal" and not choice.text):
            yield _text(block_text, citations.citations_of(block_text, choice, prompt), prompt)
        elif block.call is not None:
            call_id = block.call.id or _call_id(block.call, next(call_indexes), reply, prompt)
            yield _call(block.call, call_id, prompt)
            if is_run_by_server(block.call, prompt):
                yield _server_result(block.call, call_id)


def _text(block_text: str, blocks_with_annotations: list[dict[str, Any]], prompt: Prompt) -> Block:
    runs: list[tuple[dict[str, Any], list[Any], bool]] = [({"text": HOLE}, pieces(block_text, prompt), True)]
    if not blocks_with_annotations:
        return Block(None, runs, {"text": block_text})
    citations_content = {"citations": blocks_with_annotations, "content": [{"text": block_text}]}
    return Block(
        None, [({"citation": HOLE}, blocks_with_annotations, False), *runs], {"citationsContent": citations_content}
    )


def sort_key(model: str) -> Callable[[Block], bool]:
    """Return the sort key for the blocks of a whole answer: for most models they keep their order."""
    return lambda block: TEXT_FIRST_MODELS in model and "reasoningContent" in block.whole


def streamed(reply: Reply, prompt: Prompt) -> Iterator[Block]:
    """Yield the blocks of a stream, with the empty texts that some models put between them."""
    model, previous = prompt.model or "", ""
    for block in blocks(reply, prompt):
        kind = next(iter(block.whole))
        if not previous and EMPTY_TEXT_FIRST_MODELS.search(model):
            if kind == "text":
                block = block._replace(runs=[*EMPTY_TEXT.runs, *block.runs])
            else:
                yield EMPTY_TEXT
                previous = "text"
        if kind == "toolUse" and previous == "reasoningContent" and EMPTY_TEXT_AROUND_CALLS_MODELS.search(model):
            yield EMPTY_TEXT
        yield block
        previous = kind
    if previous == "toolUse" and EMPTY_TEXT_AROUND_CALLS_MODELS.search(model):
        yield EMPTY_TEXT


def _call_id(call: ToolCall, index: int, reply: Reply, prompt: Prompt) -> str:
    model = prompt.model or ""
    if NAMED_CALL_ID_MODELS in model:
        return f"functions.{call.name}:{index}"
    if HIDDEN_THINKING_MODELS.search(model):
        return f"call_{ids.uuid_of(f'{reply.serial}{index}').replace('-', '')}"
    return f"tooluse_{ids.spelled(f'{reply.serial}{index}', 22, ids.BASE64)}"


def _thinking(thinking: str, reply: Reply, prompt: Prompt) -> Block:
    """Return a model's thinking: signed, hidden, or as it is (recorded of six makers' models in 2026)."""
    model = prompt.model or ""
    signed = signature(thinking, reply.serial)
    if HIDDEN_THINKING_MODELS.search(model):
        return _hidden(f"rsn_{base64.b64encode(sealed(thinking, reply.serial)).decode()}")
    if is_claude(model) and is_redacted(prompt):
        return _hidden(signed)
    runs = [({"reasoningContent": {"text": HOLE}}, pieces(thinking, prompt), True)]
    if not is_claude(model):
        return Block(None, runs, {"reasoningContent": {"reasoningText": {"text": thinking}}})
    runs.append(({"reasoningContent": {"signature": HOLE}}, [signed], False))
    return Block(None, runs, {"reasoningContent": {"reasoningText": {"signature": signed, "text": thinking}}})


def _hidden(data: str) -> Block:
    """Return thinking that is hidden in an AWS blob."""
    blob = base64.b64encode(data.encode()).decode()
    delta = {"reasoningContent": {"redactedContent": HOLE}}
    return Block(None, [(delta, [blob], False)], {"reasoningContent": {"redactedContent": blob}})


def is_run_by_server(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether the model's server runs a call: that of a system tool, which Nova 2 has."""
    tools = dicts(mapping(prompt.body.get("toolConfig")).get("tools"))
    return any(mapping(tool.get("systemTool")).get("name") == call.name for tool in tools)


def _server_result(call: ToolCall, call_id: str) -> Block:
    """Return the result of a call that the server ran: the script's, which may be the output alone."""
    scripted = orjson.loads(call.result) if call.result else ""
    output = {"exitCode": 0, "isError": False, "stdErr": "", "stdOut": as_text(scripted)}
    result = scripted if "stdOut" in mapping(scripted) else output
    head = {"status": "success", "toolUseId": call_id, "type": f"{call.name}_result"}
    content = [{"json": result}]
    runs: list[tuple[dict[str, Any], list[Any], bool]] = [({"toolResult": HOLE}, [content], False)]
    return Block({"toolResult": head}, runs, {"toolResult": {"content": content, **head}})


def _call(call: ToolCall, call_id: str, prompt: Prompt) -> Block:
    arguments, model = written_arguments(call), prompt.model or ""
    type = SERVER_TOOL_USE if is_run_by_server(call, prompt) else "tool_use" if TYPED_CALL_MODELS.search(model) else ""
    head = {"name": call.name, "toolUseId": call_id, **({"type": type} if type else {})}
    arguments_pieces = [arguments] if WHOLE_ARGUMENTS_MODELS.search(model) else pieces(arguments, prompt)
    delta = {"toolUse": {"input": HOLE}}
    runs = [(delta, [""], False)] * ("claude" in model) + [(delta, arguments_pieces, True)]
    return Block({"toolUse": head}, runs, {"toolUse": {"input": partial(arguments), **head}})
