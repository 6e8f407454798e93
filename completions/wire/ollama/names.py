"""The names of Ollama's models, which may have a tag: `llama3.2:1b`."""

from completions.tokens.capabilities import is_known

VENDOR = "ollama"
DEFAULT_MODELS = ("llama3.2", "qwen3", "gpt-oss", "nomic-embed-text")
"""The models that are listed if a script lists none."""


def has_model(model: str) -> bool:
    """Tell whether a model exists, with any tag: it is listed, or in the model table."""
    name = model.partition(":")[0]
    return name in DEFAULT_MODELS or is_known(name, VENDOR) or is_known(model, VENDOR)
