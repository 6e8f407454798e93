"""What a namespace holds between requests: so far, its script."""

import functools
from dataclasses import dataclass

from completions.conf import conf
from completions.script.loader import load
from completions.script.rules import Script

DEFAULT = "default"


@dataclass(slots=True)
class Namespace:
    """One isolated world; so far there is one, and it holds the script that the settings name."""

    name: str
    script: Script


def namespace(name: str = DEFAULT) -> Namespace:
    """Return a namespace, loading its script on first use; raise `ScriptError` where that fails."""
    return _namespace(name, conf.MOCK_SCRIPT)


@functools.lru_cache(maxsize=64)
def _namespace(name: str, source: str) -> Namespace:
    return Namespace(name, load(source))
