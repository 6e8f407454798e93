"""Step 3: `reply: {body: …}` with a document of an API that one vendor has: Ollama's, Cohere's, Bedrock's Converse.

As in `verbatim_others`, each is read so that every format can say the same.
"""

from collections.abc import Iterator, Mapping

from completions.conversation import Block, Choice, Reply, TextKind, ToolCall, Usage
from completions.script.reply.verbatim_others import cached_usage, called, inside, listed, number, opened, word
from completions.script.text.node import Node

COHERE_REASONS: Mapping[str, str] = {"MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}
CONVERSE_REASONS: Mapping[str, str] = {
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}


def ollama(body: Node) -> Reply:
    """Read an answer of Ollama's to a chat or, with `response` in place of a message, to a prompt."""
    fields = opened(body)
    is_chat = "message" in fields
    said = inside(fields, "message") if is_chat else fields
    blocks = [*_spoken("reasoning", said, "thinking"), *_spoken("text", said, "content" if is_chat else "response")]
    for node in listed(said, "tool_calls"):
        call = opened(opened(node, "function")["function"], "name")
        blocks.append(called(call["name"], call.get("arguments"), word(opened(node), "id")))
    usage = Usage(number(fields, "prompt_eval_count"), number(fields, "eval_count"))
    usual = "tool_calls" if any(block.call for block in blocks) else "stop"
    reason = "length" if word(fields, "done_reason") == "length" else usual
    choice, name = Choice(blocks=tuple(blocks), finish_reason=reason), "ollama" if is_chat else "ollama_generate"
    return Reply((choice,), None, None, word(fields, "model"), usage, body=body.as_(dict), body_format=name)


def cohere(body: Node) -> Reply:
    """Read an answer of the second version of Cohere's chat."""
    fields = opened(body, "message")
    said = opened(fields["message"])
    blocks = [*_spoken("text", said, "tool_plan")]
    for node in listed(said, "content"):
        part = opened(node)
        blocks += [*_spoken("reasoning", part, "thinking"), *_spoken("text", part, "text")]
    for node in listed(said, "tool_calls"):
        call = opened(opened(node, "function")["function"], "name", "arguments")
        identity = word(opened(node), "id") or ""
        blocks.append(Block("call", call=ToolCall(call["name"].as_(str), call["arguments"].as_(str), identity)))
    used = inside(fields, "usage")
    counted = inside(used, "tokens")
    usage = Usage(
        number(counted, "input_tokens"), number(counted, "output_tokens"), cached_tokens=number(used, "cached_tokens")
    )
    choice = Choice(blocks=tuple(blocks), finish_reason=COHERE_REASONS.get(word(fields, "finish_reason") or "", "stop"))
    return Reply((choice,), word(fields, "id"), None, None, usage, body=body.as_(dict), body_format="cohere")


def converse(body: Node) -> Reply:
    """Read an answer of Bedrock's Converse."""
    fields = opened(body, "output")
    message = inside(opened(fields["output"]), "message")
    used = inside(fields, "usage")
    cache = "cacheReadInputTokens", "cacheWriteInputTokens"
    usage = cached_usage(used, ("inputTokens", "outputTokens"), cache)
    blocks = tuple(block for node in listed(message, "content") for block in _converse(node))
    reason = CONVERSE_REASONS.get(word(fields, "stopReason") or "", "stop")
    choice = Choice(blocks=blocks, finish_reason=reason)
    return Reply((choice,), None, None, None, usage, body=body.as_(dict), body_format="converse")


def _converse(node: Node) -> Iterator[Block]:
    fields = opened(node)
    yield from _spoken("reasoning", inside(inside(fields, "reasoningContent"), "reasoningText"), "text")
    yield from _spoken("text", fields, "text")
    if "toolUse" in fields:
        call = opened(fields["toolUse"], "name")
        yield called(call["name"], call.get("input"), word(call, "toolUseId"))


def _spoken(kind: TextKind, fields: Mapping[str, Node], key: str) -> Iterator[Block]:
    """Yield a block of what a field says, if it says anything."""
    if said := word(fields, key):
        yield Block(kind, said)
