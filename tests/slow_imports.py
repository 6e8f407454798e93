"""What takes seconds to import; `tests/forked.py` imports it once for many processes."""

import contextlib
import gc
import importlib

from llmclient import lite

for name in ("anthropic", "google.genai", "openai"):
    with contextlib.suppress(ImportError):  # the environment of the oldest LiteLLM has no other clients
        importlib.import_module(name)
lite.load()
gc.freeze()  # a collection in a forked process would otherwise copy all of it
