"""Step 3: `reply: {body: …}` with a document of a single vendor's API: Ollama's, Cohere's, Bedrock's Converse.

As in `verbatim_formats`, each is read so that every format can give the same answer.
"""

from collections.abc import Iterator, Mapping

from completions.conversation import Block, Choice, Reply, TextKind, ToolCall, Usage
from completions.script.reply.verbatim_formats import cached_usage, called, inside, listed, number, opened, word
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
    message = inside(fields, "message") if is_chat else fields
    blocks = [
        *_text_block("reasoning", message, "thinking"),
        *_text_block("text", message, "content" if is_chat else "response"),
    ]
    for node in listed(message, "tool_calls"):
        call = opened(opened(node, "function")["function"], "name")
        blocks.append(called(call["name"], call.get("arguments"), word(opened(node), "id")))
    usage = Usage(number(fields, "prompt_eval_count"), number(fields, "eval_count"))
    default_reason = "tool_calls" if any(block.call for block in blocks) else "stop"
    reason = "length" if word(fields, "done_reason") == "length" else default_reason
    choice, name = Choice(blocks=tuple(blocks), finish_reason=reason), "ollama" if is_chat else "ollama_generate"
    return Reply((choice,), None, None, word(fields, "model"), usage, body=body.as_(dict), body_format=name)


def cohere(body: Node) -> Reply:
    """Read an answer of the second version of Cohere's chat."""
    fields = opened(body, "message")
    message = opened(fields["message"])
    blocks = [*_text_block("text", message, "tool_plan")]
    for node in listed(message, "content"):
        part = opened(node)
        blocks += [*_text_block("reasoning", part, "thinking"), *_text_block("text", part, "text")]
    for node in listed(message, "tool_calls"):
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
    yield from _text_block("reasoning", inside(inside(fields, "reasoningContent"), "reasoningText"), "text")
    yield from _text_block("text", fields, "text")
    if "toolUse" in fields:
        call = opened(fields["toolUse"], "name")
        yield called(call["name"], call.get("input"), word(call, "toolUseId"))


def _text_block(kind: TextKind, fields: Mapping[str, Node], key: str) -> Iterator[Block]:
    """Yield a block with the text of a field, if it is not empty."""
    if text := word(fields, key):
        yield Block(kind, text)
