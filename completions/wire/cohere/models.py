"""Cohere's list of models: `GET /v1/models`, in the shape of the `GetModelResponse` of its SDKs; read on 2026-11-27."""

from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.tokens.models import context_window

DEFAULT_MODELS = (
    "command-a-03-2025",
    "command-a-reasoning-08-2025",
    "command-r-plus-08-2024",
    "command-r7b-12-2024",
    "embed-v4.0",
    "rerank-v3.5",
)
"""The models that are listed if a script lists none; then any other model exists, too."""

WINDOW = 128_000
"""The context window, in tokens, of models that the table does not know."""

DEFAULT_PAGE, MAX_PAGE = 20, 1000
FEATURES = ["json_mode", "json_schema", "safety_modes", "strict_tools", "tools"]
TOKENIZER = "https://storage.googleapis.com/cohere-public/tokenizers/{}.json"


def model_list(models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the requested page of the list, of the models of an endpoint if the query names one."""
    endpoint = query.get("endpoint")
    models_found = [
        model for model in map(_model, models or DEFAULT_MODELS) if not endpoint or endpoint in model["endpoints"]
    ]
    size, start = query.get("page_size") or str(DEFAULT_PAGE), query.get("page_token") or "0"
    if not (size.isdecimal() and len(size) <= 4 and 1 <= int(size) <= MAX_PAGE):
        raise RequestError(f"invalid request: page_size must be from 1 to {MAX_PAGE}")
    if not (start.isdecimal() and len(start) < 10):
        raise RequestError("invalid request: page_token is not one of the list")
    end = int(start) + int(size)
    return {"models": models_found[int(start) : end]} | (
        {"next_page_token": str(end)} if end < len(models_found) else {}
    )


def find(name: str, models: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    if models and name not in models:
        raise RequestError(
            f"The model '{name}' does not exist", status=404, kind="model_not_found", facts={"model": name}
        )
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    endpoint = next((task for task in ("embed", "rerank") if name.startswith(task)), "chat")
    return {
        "name": name,
        "is_deprecated": False,
        "endpoints": [endpoint],
        "finetuned": False,
        "context_length": context_window(name) or WINDOW,
        "tokenizer_url": TOKENIZER.format(name),
        "default_endpoints": [],
        "features": FEATURES if endpoint == "chat" else [],
    }
