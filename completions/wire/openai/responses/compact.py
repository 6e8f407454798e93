"""Compacted responses: `POST /v1/responses/compact`, what users said, and one opaque item for all the rest.

Shapes: `openai.types.responses.CompactedResponse`, and recordings of it (pydantic/pydantic-ai, seen 2026-11-26).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Span, StoredDocument
from completions.wire.fields import dicts
from completions.wire.openai.responses import order
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.document import response_id, usage, without_writes
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.responses.prompt import own_items
from completions.wire.openai.responses.stored import whole_item


class Compaction(Responses):
    """OpenAI's compaction of a conversation, which goes on from what it returns."""

    name = "compact"
    refusals = ()

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request that has a response's input and model; nothing is generated for it."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        return replace(prompt, format=self.name, task="compact", stream=False, background=False)

    def _validate(self, body: dict[str, Any]) -> None:
        responses_rules.validate_compaction(body)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return nothing: a compaction is not kept."""
        return ()

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the users' messages and the item that stands for the conversation."""
        recalled = prompt.recalled
        items = [*dicts(recalled["items"]), *dicts(recalled["own"])] if "own" in recalled else own_items(prompt.body)
        asked = [item for item in items if item.get("role") == "user"]
        opaque = order.encrypted("\n".join(message.text for message in prompt.messages), reply.serial)
        counted = without_writes(usage(reply.usage)) or {}
        written = tokens.count(opaque, prompt.model)
        return {
            "id": response_id(reply),
            "object": "response.compaction",
            "created_at": reply.created,
            "output": [
                *(whole_item(item, f"{reply.serial}/{at}") for at, item in enumerate(asked)),
                {"id": order.free_id("cmp_", reply.serial, 0), "type": "compaction", "encrypted_content": opaque},
            ],
            "usage": counted | {"output_tokens": written, "total_tokens": counted["input_tokens"] + written},
        }
