"""Gemini's list of models: `GET /v1beta/models`, in the shape of the API's `Model`.

The fields of each model are as recorded on 2026-06-12; the error for others is quoted by users.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.tokens.models import GOOGLE_OUTPUT, context_window, max_output
from completions.wire.gemini.pages import page

DEFAULT_MODELS = (
    *("gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview"),
    *("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"),
    "gemini-embedding-001",
)
"""The models that are listed if the script lists none; then any other model exists as well."""

WINDOW = 1_048_576
"""Tokens of models that the table of context windows does not have."""

DEFAULT_PAGE = 50

GENERATE_METHODS = ("generateContent", "countTokens")
BATCH_METHODS = (*GENERATE_METHODS, "batchGenerateContent")
CACHE_METHODS = (*GENERATE_METHODS, "createCachedContent", "batchGenerateContent")
EMBED_METHODS = ("embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent")


class Kind(NamedTuple):
    """The listed fields of a kind of models; without a `top_k`, sampling parameters are left out.

    If `output` is None, it comes from the table of models.
    """

    methods: tuple[str, ...]
    top_k: int | None = 64
    max_temperature: int = 2
    window: int = WINDOW
    output: int | None = None


KINDS: Mapping[str, Kind] = {
    "embedding": Kind(EMBED_METHODS, top_k=None, window=2048, output=1),
    "^imagen": Kind(("predict",), top_k=None, window=480, output=8192),
    "^veo": Kind(("predictLongRunning",), top_k=None, window=480, output=8192),
    "-image": Kind(BATCH_METHODS, max_temperature=1),
    "-live|native-audio": Kind(("countTokens", "bidiGenerateContent"), window=131_072),
    "-tts": Kind(BATCH_METHODS, window=8192, output=16_384),
    "^gemma|^lyria|^deep-research|computer-use": Kind(GENERATE_METHODS),
    r"^gemini-(?:1|2\.0)": Kind(CACHE_METHODS, top_k=40, output=8192),
    "": Kind(CACHE_METHODS),
}
"""The kinds of models by patterns of their names; the first match counts."""

THINKING_MODELS = re.compile(r"^gemini-(?:2\.5(?!.*-(?:image|tts))|[3-9]|flash|pro|robotics)|^gemma-4|^deep-research")
"""The models that are listed as thinking."""


def model_list(models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the requested page of the list."""
    return page([model(name) for name in models or DEFAULT_MODELS], query, "models", DEFAULT_PAGE)


def model(name: str) -> dict[str, Any]:
    """Return one model's document."""
    kind = next(kind for pattern, kind in KINDS.items() if re.search(pattern, name))
    document = {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "description": f"A mock of {name}.",
        "inputTokenLimit": context_window(name) or kind.window,
        "outputTokenLimit": kind.output or max_output(name) or GOOGLE_OUTPUT,
        "supportedGenerationMethods": list(kind.methods),
    }
    if kind.top_k is not None:
        document |= {"temperature": 1, "topP": 0.95, "topK": kind.top_k, "maxTemperature": kind.max_temperature}
    return document | ({"thinking": True} if THINKING_MODELS.search(name) else {})


def find(name: str, models: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404; none has operations, such as that of a video."""
    if "/operations/" in name:
        raise RequestError("Requested entity was not found.", status=404)
    if models and name not in models:
        raise RequestError(f"Model is not found: models/{name} for api version v1beta", status=404)
    return model(name)
