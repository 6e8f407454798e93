"""Compacted responses: `POST /v1/responses/compact`, what users said, and one opaque item for all the rest.

Shapes: `openai.types.responses.CompactedResponse`, and recordings of it (pydantic/pydantic-ai, seen 2026-11-26).
"""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.fields import dicts
from completions.wire.openai.responses import order
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.document import response_id, usage, without_writes
from completions.wire.openai.responses.format import Unanswered
from completions.wire.openai.responses.prompt import own_items
from completions.wire.openai.responses.stored import whole_item


class Compaction(Unanswered):
    """OpenAI's compaction of a conversation, which goes on from what it returns."""

    name = "compact"
    task = "compact"

    def _validate(self, body: dict[str, Any]) -> None:
        responses_rules.validate_compaction(body)

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
