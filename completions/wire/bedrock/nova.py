"""Amazon's Nova at `/model/{id}/invoke` and `/invoke-with-response-stream`: Converse's shape, with differences.

Recorded from 2025 to 2026: calls have UUIDs, each piece of a text is a block of its own in a stream, and the usage
always has the cache's counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, Usage
from completions.event import Body, Event, Template
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import converse, guardrail, invoke, signing
from completions.wire.bedrock.base import collect_error
from completions.wire.bedrock.blocks import blocks
from completions.wire.bedrock.malformed import check, extraneous, malformed
from completions.wire.bedrock.members import CONTENT, REQUEST
from completions.wire.fields import dicts, mapping
from completions.wire.framing import with_counts
from completions.wire.readback import Answer

FIELDS = {*REQUEST, "schemaVersion", "reasoningConfig"}
EVENTS = ("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata")


class Nova(converse.Converse):
    """An answer of a Nova in its own shape."""

    default_framing = invoke.CHUNKS

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request in Converse's shape; its fields are checked like those of any body at `invoke`."""
        if validate:
            signing.check(headers)
            _check(decode_object(body))
        method = "converse-stream" if route.get("method") == invoke.STREAM_METHOD else "converse"
        return super().parse(body, headers, validate=validate, route={**route, "method": method})

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message, its stop reason and its usage."""
        content = [_with_uuid(block.whole, reply, index) for index, block in enumerate(blocks(reply, prompt))]
        return {
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": converse.stop_reason(reply, prompt),
            "usage": _usage(reply.used, whole=True),
            **guardrail.invoke_fields(reply, prompt),
        }

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the message; headers have the usage."""
        return invoke.with_headers(super().render(reply, prompt), _metrics(reply.used))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events as chunks, each document under its name."""
        return invoke.chunked(_events(reply, prompt), invoke.ending(reply, prompt, always=True))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read an answer back, or the content of a chunk."""
        if collect_error(document, answer):
            return
        document = invoke.decoded_chunk(document)
        inner = next((mapping(document[name]) for name in EVENTS if name in document), document)
        is_text = not {"text", "reasoningContent"}.isdisjoint(mapping(inner.get("delta")))
        super().collect({**inner, "contentBlockIndex": 0} if is_text else inner, answer)


def _check(document: Mapping[str, Any]) -> None:
    check(document, {"messages": [{"content": [dict]}]}, ("messages",), FIELDS)
    for message_index, message in enumerate(dicts(document.get("messages"))):
        for block_index, block in enumerate(dicts(message.get("content"))):
            if problems := extraneous(block, CONTENT, f"#/messages/{message_index}/content/{block_index}"):
                raise malformed("".join(problems))


def _events(reply: Reply, prompt: Prompt) -> Iterator[Event]:
    yield _event("messageStart", {"role": "assistant"})
    index = 0
    for block_index, block in enumerate(blocks(reply, prompt)):
        if block.opening is not None:
            start = _with_uuid(block.opening, reply, block_index)
            yield _event("contentBlockStart", {"start": start, "contentBlockIndex": index}, token=True)
        for delta, values, token in block.runs:
            part = "arguments" if block.opening is not None else ""
            for value, size in with_counts(values):
                template = Template({"contentBlockDelta": {"delta": delta, "contentBlockIndex": index}})
                yield Event(template.one(value), size if token else 0, part=part)
                yield _event("contentBlockStop", {"contentBlockIndex": index})
                index += 1
    yield _event("messageStop", {"stopReason": converse.stop_reason(reply, prompt)}, part="finish")
    yield _event("metadata", {"usage": _usage(reply.used), "metrics": {}, "trace": {}}, chunk=False)


def _event(name: str, document: Mapping[str, Any], *, token: bool = False, chunk: bool = True, part: str = "") -> Event:
    return Event(orjson.dumps({name: document}), token, chunk, part)


def _with_uuid(block: dict[str, Any], reply: Reply, index: int) -> dict[str, Any]:
    """Return a block as Nova writes it: a call has its name first, and a UUID unless a script gives its id."""
    if not (call := block.get("toolUse")):
        return block
    script_id = call["toolUseId"]
    is_default = script_id.startswith("tooluse_") and len(script_id) == len("tooluse_") + 22
    tool_use = {"name": call["name"], "toolUseId": ids.uuid_of(f"{reply.serial}{index}") if is_default else script_id}
    optional = {key: call[key] for key in ("input", "type") if key in call and call[key] != "tool_use"}
    return {"toolUse": tool_use | optional}


def _metrics(usage: Usage) -> dict[str, int]:
    return invoke.metrics(usage, always=True)


def _usage(usage: Usage, *, whole: bool = False) -> dict[str, int]:
    metrics = _metrics(usage)
    input_tokens, output_tokens = metrics["inputTokenCount"], metrics["outputTokenCount"]
    total = {"totalTokens": usage.total_tokens} if whole else {}
    return {
        "inputTokens": input_tokens,
        "outputTokens": output_tokens,
        **total,
        **{name: metrics[name] for name in invoke.CACHE_COUNTS},
    }
