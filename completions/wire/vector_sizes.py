"""The dimensions of models' vectors (step 4), by the model's name alone, whatever the server.

Source: the models' own cards, and for Google's and OpenAI's the table in LiteLLM's package.
"""

import functools
from collections.abc import Mapping

SIZES: Mapping[str, int] = {
    "all-minilm": 384,
    "all-mpnet-base": 768,
    "bge-base": 768,
    "bge-large": 1024,
    "bge-m3": 1024,
    "bge-small": 384,
    "codestral-embed": 1536,
    "e5-base": 768,
    "e5-large": 1024,
    "e5-mistral-7b": 4096,
    "e5-small": 384,
    "embed-english-light-v3": 384,
    "embed-english-v3": 1024,
    "embed-multilingual-light-v3": 384,
    "embed-multilingual-v3": 1024,
    "embed-v4": 1536,
    "embeddinggemma": 768,
    "gemini-embedding": 3072,
    "gte-base": 768,
    "gte-large": 1024,
    "gte-small": 384,
    "mistral-embed": 1024,
    "multilingual-e5-base": 768,
    "multilingual-e5-large": 1024,
    "multilingual-e5-small": 384,
    "mxbai-embed-large": 1024,
    "nomic-embed-text": 768,
    "qwen3-embedding": 4096,
    "qwen3-embedding-0.6b": 1024,
    "qwen3-embedding-4b": 2560,
    "snowflake-arctic-embed": 1024,
    "snowflake-arctic-embed-22m": 384,
    "snowflake-arctic-embed-33m": 384,
    "snowflake-arctic-embed-110m": 768,
    "snowflake-arctic-embed-137m": 768,
    "text-embedding-004": 768,
    "text-embedding-005": 768,
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
    "text-multilingual-embedding": 768,
}
"""Dimensions by the prefix of the model's name without its maker; the longest prefix counts."""

_LONGEST_FIRST = sorted(SIZES, key=len, reverse=True)


@functools.lru_cache(maxsize=1024)
def size_of(model: str) -> int | None:
    """Return a model's dimensions, or None for an unknown one; its name may have its maker's name and a tag."""
    name = model.rpartition("/")[2].lower().replace(":", "-")
    return next((SIZES[start] for start in _LONGEST_FIRST if name.startswith(start)), None)
