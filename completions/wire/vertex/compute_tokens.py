"""Vertex AI's `computeTokens`: the tokens of texts, with their ids.

Shapes: `ComputeTokensResponse` of google-genai (3.6), and, for `instances`, what HELM sends and reads (2024). The
tokens are those by which this server counts, and not Gemini's, whose vocabulary is not here; only texts have any.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.tokens import text as tokens
from completions.wire.fields import dicts, text
from completions.wire.gemini.fields import many, pick


def tokens_info(prompt: Prompt) -> dict[str, Any]:
    """Return the tokens of each content, or of each instance of the older request."""
    return {"tokensInfo": [_info(role, texts, prompt.model) for role, texts in _sources(prompt.body)]}


def _sources(body: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the role and the texts of each content or instance."""
    for content in dicts(many(body.get("contents") or [])):
        parts = dicts(many(content.get("parts") or []))
        yield text(content.get("role")), [text(part.get("text")) for part in parts]
    for instance in dicts(many(body.get("instances") or [])):
        yield "", [text(pick(instance, "prompt")) or text(pick(instance, "content"))]


def _info(role: str, texts: list[str], model: str | None) -> dict[str, Any]:
    found = [token for each in texts for token in tokens.numbered(each, model)]
    return {
        **({"role": role} if role else {}),
        "tokens": [base64.b64encode(data).decode() for _, data in found],
        "tokenIds": [str(number) for number, _ in found],
    }
