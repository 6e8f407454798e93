"""Rare garbage collections during large imports: each collection would scan all imported objects in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARE_THRESHOLD = 500_000
"""The number of new objects before a collection; Python's default is some hundreds."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage rarely within the block; importing LiteLLM causes 950 collections, a sixth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(RARE_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
