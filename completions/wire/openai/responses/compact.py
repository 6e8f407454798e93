"""Compacted responses: `POST /v1/responses/compact`, the messages and one opaque item for all the rest.

Shapes: `openai.types.responses.CompactedResponse`, and recordings of it (the last in October 2026, whose usage counts
cached tokens). Models whose messages have a phase keep the assistant's messages too (gpt-5.4, recorded in September;
gpt-4.1 and gpt-4o-mini kept only those of users, in April 2026).
"""

from typing import Any

from completions.conversation import Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.fields import dicts
from completions.wire.openai.responses import reasoning_order
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.document import PHASED, response_id, usage
from completions.wire.openai.responses.format import WithoutAnswer
from completions.wire.openai.responses.prompt import own_items
from completions.wire.openai.responses.stored import complete_item


class Compaction(WithoutAnswer):
    """OpenAI's compaction of a conversation, which continues from the result."""

    name = "compact"
    task = "compact"
    _validate = staticmethod(responses_rules.validate_compaction)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the messages and the item that replaces the rest of the conversation."""
        recalled = prompt.recalled
        items = [*dicts(recalled["items"]), *dicts(recalled["own"])] if "own" in recalled else own_items(prompt.body)
        roles = ("user", "assistant") if PHASED.search(prompt.model or "") else ("user",)
        kept = [item for item in items if item.get("role") in roles]
        opaque = reasoning_order.encrypted("\n".join(message.text for message in prompt.messages), reply.serial)
        counted = usage(reply.used)
        written = tokens.count(opaque, prompt.model)
        return {
            "id": response_id(reply),
            "object": "response.compaction",
            "created_at": reply.created,
            "output": [
                *(complete_item(item, f"{reply.serial}/{at}") for at, item in enumerate(kept)),
                {
                    "id": reasoning_order.free_id("cmp_", reply.serial, 0),
                    "type": "compaction",
                    "encrypted_content": opaque,
                },
            ],
            "usage": counted | {"output_tokens": written, "total_tokens": counted["input_tokens"] + written},
        }
