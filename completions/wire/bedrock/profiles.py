"""Application inference profiles at `/model/{arn}/invoke`: the ARN does not tell the model, but the body does.

Recorded in 2026 of Titan's embeddings (pydantic/pydantic-ai) and Cohere's (vercel/ai).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Body, Event
from completions.wire.base import NO_ROUTE, Headers, Route, WireFormat, decode_object
from completions.wire.bedrock import invoke
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.embeddings import CohereEmbeddings, TitanEmbeddings
from completions.wire.bedrock.gpt import BedrockGPT
from completions.wire.bedrock.nova import EVENTS, Nova
from completions.wire.bedrock.nova_embeddings import NovaEmbeddings
from completions.wire.bedrock.text_models import OF_PROFILES, TextModels
from completions.wire.fields import contents, dicts
from completions.wire.framing import Framing
from completions.wire.readback import Answer

CLAUDE, NOVA, GPTS, TEXTS = BedrockClaude(), Nova(), BedrockGPT(), TextModels()
COHERE, TITAN, NOVA_EMBEDS = CohereEmbeddings(), TitanEmbeddings(), NovaEmbeddings()
ASKED: Mapping[str, WireFormat] = {
    "anthropic_version": CLAUDE,
    "taskType": NOVA_EMBEDS,
    "schemaVersion": NOVA,
    "inferenceConfig": NOVA,
    "texts": COHERE,
    "images": COHERE,
    **dict.fromkeys(OF_PROFILES, TEXTS),
    "inputText": TITAN,
    **dict.fromkeys(("max_completion_tokens", "response_format", "stream_options"), GPTS),
}
"""Formats by the fields that their requests alone have."""


SAID = ("results", "outputText", "generation", "outputs", "text")
"""What the answers of models that continue a text have, one of them each."""


class ProfiledModels(BedrockClaude):
    """A request to the model whose format it is in: a Claude's, a Nova's, a GPT's, a text's, or one for embeddings."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request as the model's own address does."""
        wire = _asked(decode_object(body))
        return wire.parse(body, headers, validate=validate, route=route)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the answer of the model."""
        return _asked(prompt.body).document(reply, prompt)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer of the model, with its headers."""
        return _asked(prompt.body).render(reply, prompt)

    def framing(self, prompt: Prompt) -> Framing:
        """Return the framing of the model's stream."""
        return _asked(prompt.body).framing(prompt)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the model's stream."""
        return _asked(prompt.body).events(reply, prompt)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in what any of the models says."""
        _told(document).collect(document, answer)


def _asked(body: Mapping[str, Any]) -> WireFormat:
    found = next((wire for name, wire in ASKED.items() if name in body), None)
    if any(message.get("role") in ("system", "developer") for message in dicts(body.get("messages"))):
        return found or GPTS
    return found or (NOVA if any("type" not in block for block in contents(body.get("messages"))) else CLAUDE)


def _told(document: Mapping[str, Any]) -> WireFormat:
    if "embedding" in document:
        return TITAN
    if "embeddings" in document:
        return NOVA_EMBEDS if dicts(document["embeddings"]) else COHERE
    said = invoke.opened(document)
    if "choices" in said:
        return GPTS
    if not said.keys().isdisjoint(SAID):
        return TEXTS
    return NOVA if "output" in said or not said.keys().isdisjoint(EVENTS) else CLAUDE
