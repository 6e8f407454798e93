"""Gemini's list of models: `GET /v1beta/models`, in the shape of the API's `Model`.

What each model is listed with is as it was recorded on 2026-06-12; what is said of others is quoted by users.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.tokens.models import OUTPUT, context_window, max_output
from completions.wire.gemini.pages import page

DEFAULT_MODELS = (
    "gemini-3-pro-preview",
    "gemini-3-flash-preview",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-embedding-001",
)
"""What is listed where a script lists none; then any other model is there as well."""

WINDOW = 1_048_576
"""Tokens, of models that the table of real windows does not know."""

DEFAULT_PAGE = 50

TALKS = ("generateContent", "countTokens")
BATCHED = (*TALKS, "batchGenerateContent")
CACHED = (*TALKS, "createCachedContent", "batchGenerateContent")
EMBEDS = ("embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent")


class Kind(NamedTuple):
    """What the models of a kind are listed with; without a `top_k` no numbers of sampling are.

    An `output` of None is the one in the table of models.
    """

    methods: tuple[str, ...]
    top_k: int | None = 64
    max_temperature: int = 2
    window: int = WINDOW
    output: int | None = None


KINDS: Mapping[str, Kind] = {
    "embedding": Kind(EMBEDS, top_k=None, window=2048, output=1),
    "^imagen": Kind(("predict",), top_k=None, window=480, output=8192),
    "^veo": Kind(("predictLongRunning",), top_k=None, window=480, output=8192),
    "-image": Kind(BATCHED, max_temperature=1),
    "-live|native-audio": Kind(("countTokens", "bidiGenerateContent"), window=131_072),
    "-tts": Kind(BATCHED, window=8192, output=16_384),
    "^gemma|^lyria|^deep-research|computer-use": Kind(TALKS),
    r"^gemini-(?:1|2\.0)": Kind(CACHED, top_k=40, output=8192),
    "": Kind(CACHED),
}
"""The kinds of models, by what their names have in them; the first that fits."""

THINKS = re.compile(r"^gemini-(?:2\.5(?!.*-(?:image|tts))|[3-9]|flash|pro|robotics)|^gemma-4|^deep-research")
"""The models that are listed as thinking."""


def model_list(models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of the list that a query asks for."""
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
        "outputTokenLimit": kind.output or max_output(name) or OUTPUT,
        "supportedGenerationMethods": list(kind.methods),
    }
    if kind.top_k is not None:
        document |= {"temperature": 1, "topP": 0.95, "topK": kind.top_k, "maxTemperature": kind.max_temperature}
    return document | ({"thinking": True} if THINKS.search(name) else {})


def find(name: str, models: Collection[str]) -> dict[str, Any]:
    """Return the document of the model `name`, or raise the API's 404."""
    if models and name not in models:
        raise RequestError(f"Model is not found: models/{name} for api version v1beta", status=404)
    return model(name)
