"""The names of Ollama's models, which may have a tag: `llama3.2:1b`."""

import re

from completions.tokens.capabilities import is_known

VENDOR = "ollama"
DEFAULT_MODELS = ("llama3.2", "qwen3", "gpt-oss", "nomic-embed-text")
"""The models that are listed if a script lists none."""

NAME = re.compile(
    r"(?:(?:(?:[^/]*://)?(?P<host>\w[\w.:-]{0,349})/)?(?P<space>\w[\w-]{0,79})/)?"
    r"(?P<model>\w[\w.-]{0,79})(?::(?P<tag>\w[\w.-]{0,79}))?",
    re.ASCII,
)
"""A model's name, as `types/model/name.go` of ollama/ollama has it."""


def has_model(model: str) -> bool:
    """Tell whether a model exists, with any tag: it is listed, or in the model table."""
    name = model.partition(":")[0]
    return name in DEFAULT_MODELS or is_known(name, VENDOR) or is_known(model, VENDOR)


def is_valid(name: str) -> bool:
    """Tell whether a model can have this name."""
    return NAME.fullmatch(name) is not None


def full_name(name: str) -> str:
    """Return a model's name with all of its parts: `registry.ollama.ai/library/llama3.2:latest`."""
    return ":".join(file_path(name).rsplit("/", 1)) if is_valid(name) else name


def file_path(name: str) -> str:
    """Return the path of a model's manifest, below the folder of all: `registry.ollama.ai/library/llama3.2/latest`."""
    if (match := NAME.fullmatch(name)) is None:
        return name
    host, space = match["host"] or "registry.ollama.ai", match["space"] or "library"
    return f"{host}/{space}/{match['model']}/{match['tag'] or 'latest'}"
