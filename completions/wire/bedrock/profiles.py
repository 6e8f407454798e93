"""Application inference profiles at `/model/{arn}/invoke`: the body, not the ARN, shows the kind of model.

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
from completions.wire.bedrock.text_models import FAMILY_BY_FIELD, TextModels
from completions.wire.fields import contents, dicts
from completions.wire.framing import Framing
from completions.wire.readback import Answer

CLAUDE, NOVA, GPT, TEXTS = BedrockClaude(), Nova(), BedrockGPT(), TextModels()
COHERE, TITAN, NOVA_EMBEDDINGS = CohereEmbeddings(), TitanEmbeddings(), NovaEmbeddings()
FORMAT_BY_FIELD: Mapping[str, WireFormat] = {
    "anthropic_version": CLAUDE,
    "taskType": NOVA_EMBEDDINGS,
    "schemaVersion": NOVA,
    "inferenceConfig": NOVA,
    "texts": COHERE,
    "images": COHERE,
    **dict.fromkeys(FAMILY_BY_FIELD, TEXTS),
    "inputText": TITAN,
    **dict.fromkeys(("max_completion_tokens", "response_format", "stream_options"), GPT),
}
"""The formats by fields that only their requests have."""


TEXT_ANSWER_FIELDS = ("results", "outputText", "generation", "outputs", "text")
"""Fields of the answers of text models; each answer has one of them."""


class ProfiledModels(BedrockClaude):
    """A request in the format of any model: a Claude, a Nova, a GPT, a text model, or one for embeddings."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request as the model's own address does."""
        wire = _format_of_request(decode_object(body))
        return wire.parse(body, headers, validate=validate, route=route)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the answer of the model."""
        return _format_of_request(prompt.body).document(reply, prompt)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer of the model, with its headers."""
        return _format_of_request(prompt.body).render(reply, prompt)

    def framing(self, prompt: Prompt) -> Framing:
        """Return the framing of the model's stream."""
        return _format_of_request(prompt.body).framing(prompt)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the model's stream."""
        return _format_of_request(prompt.body).events(reply, prompt)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the answer of any of the models back."""
        _format_of_answer(document).collect(document, answer)


def _format_of_request(body: Mapping[str, Any]) -> WireFormat:
    format_or_none = next((wire for name, wire in FORMAT_BY_FIELD.items() if name in body), None)
    if any(message.get("role") in ("system", "developer") for message in dicts(body.get("messages"))):
        return format_or_none or GPT
    return format_or_none or (NOVA if any("type" not in block for block in contents(body.get("messages"))) else CLAUDE)


def _format_of_answer(document: Mapping[str, Any]) -> WireFormat:
    if "embedding" in document:
        return TITAN
    if "embeddings" in document:
        return NOVA_EMBEDDINGS if dicts(document["embeddings"]) else COHERE
    content = invoke.decoded_chunk(document)
    if "choices" in content:
        return GPT
    if not content.keys().isdisjoint(TEXT_ANSWER_FIELDS):
        return TEXTS
    return NOVA if "output" in content or not content.keys().isdisjoint(EVENTS) else CLAUDE
