"""Errors as Ollama sends them: `{"error": "…"}`, as a separate line in a stream.

The wording is that of `server/routes.go` and `server/sched.go` in ollama/ollama, as far as it is known.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities
from completions.wire.ollama.loading import is_unloading
from completions.wire.ollama.names import full_name
from completions.wire.openai.wordings import ADDRESS, METHOD
from completions.wire.refusals import FORMAT, Occurrence, Refusal, has_part
from completions.wire.wordings import Wording

WORDS: Mapping[int, str] = {
    401: "unauthorized",
    413: "http: request body too large",
    429: "too many requests",
    500: "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
    "check ollama server logs for details",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
"""The default message for a status."""

UNKNOWN_ADDRESS = "ollama/ollama 2736, and `HandleMethodNotAllowed` of server/routes.go"

ERROR_WORDINGS: Mapping[str, Wording] = {
    ADDRESS: Wording("404 page not found", 404, source=UNKNOWN_ADDRESS, seen="2026-12-01", plain=True),
    METHOD: Wording("405 method not allowed", 405, source=UNKNOWN_ADDRESS, seen="2026-12-01", plain=True),
    "context_length_exceeded": Wording(
        "the input length exceeds the context length", 400, source="nano-step/nano-brain 208", seen="2026-05-30"
    ),
}
"""How the server puts the usual errors; its library for HTTP, gin, has a text for addresses and methods."""

EMBEDDING_WORDINGS: Mapping[str, Wording] = {
    **ERROR_WORDINGS,
    "model_not_found": Wording(
        'model "{model}" not found, try pulling it first', 404, source="`handleScheduleError` in server/routes.go"
    ),
}
"""How it puts them where texts are embedded."""

WORDINGS_BY_FORMAT: Mapping[str, Mapping[str, Wording]] = {"embeddings": EMBEDDING_WORDINGS}
"""In OpenAI's format."""


def _find_tools(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("tools", full_name(prompt.model or "")) if prompt.tools else None


def _find_suffix(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    is_completion = prompt.format in ("ollama_generate", "legacy")
    return Occurrence("suffix", full_name(prompt.model or "")) if is_completion and prompt.body.get("suffix") else None


OPERATIONS: Mapping[str, str] = {
    **dict.fromkeys(("ollama", "chat", "responses"), "chat"),
    **dict.fromkeys(("ollama_generate", "legacy"), "generate"),
}
"""What the server calls what a format asks for."""


def _find_thinking(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("think", prompt.model) if prompt.reasoning_effort not in (None, "none") else None


def _find_embedding_model(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    operation = OPERATIONS.get(prompt.format)
    is_refused = operation and "embeddings" in (can.formats or ()) and not is_unloading(prompt)
    return Occurrence("model", operation) if is_refused else None


REFUSALS = (
    Refusal(
        FORMAT,
        _find_embedding_model,
        '"{model}" does not support {value}',
        source="ollama/ollama 12182 and 12183; quotes by users, of nomic-embed-text and bge-m3",
        seen="2026-09-09",
    ),
    Refusal(
        "reasoning",
        _find_thinking,
        '"{model}" does not support thinking',
        source="Gitlawb/openclaude 1371; agentscope-ai/agentscope 1099; ollama/ollama 14212",
        seen="2026-05-26",
    ),
    Refusal(
        "tools",
        _find_tools,
        "{value} does not support tools",
        source="louisho5/picobot 6; ItzCrazyKns/Vane 1137",
        seen="2026-09-29",
    ),
    Refusal(
        "insert",
        _find_suffix,
        "{value} does not support insert",
        source="ollama/ollama 8320; Kurama622/llm.nvim 117; `CheckCapabilities` of server/images.go",
        seen="2026-12-01",
    ),
    Refusal(
        "images",
        has_part("image", "images"),
        "Failed to create new sequence: failed to process inputs: this model is missing data required for image input",
        status=500,
        source="valentinfrlch/ha-llmvision 691; open-webui/open-webui 13077",
        seen="2026-07-08",
        part="image",
    ),
)
"""The requests that the server refuses because of the model."""


def words(exc: RequestError) -> str:
    """Return an error's message, in Ollama's wording if it is a standard one."""
    if exc.facts is None:
        return exc.message
    if exc.status == 404 and exc.facts.get("model") is not None:
        return f"model '{exc.facts['model']}' not found"
    limit = exc.facts.get("limit")
    return f"{WORDS[429]}: limit of {limit} reached" if limit else WORDS.get(exc.status, exc.message)


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the document of an error."""
    return {"error": words(exc)}
