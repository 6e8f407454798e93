"""Tools of which a prompt has only the names, for step 3: a loader tool loads the one that fits, which is then called.

Claude Code (2.1) lists them in a message of the user, those of MCP servers among them, and offers `ToolSearch`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.instructions import texts_so_far
from completions.script.protocols.observation import is_loader, question

NAMES = re.compile(r"(?i)\bdeferred tools\b[^\n]{0,1000}:[ \t]*\n((?:[\w.-]{1,128}[ \t]*(?:\n|\Z)){1,500})")


def choose_loader(tools: Sequence[Tool], prompt: Prompt) -> Tool | None:
    """Return the loader tool, limited to the deferred tool that fits best; None if an offered tool fits better."""
    loader = next((tool for tool in tools if is_loader(tool.name)), None)
    properties = loader.parameters.get("properties") if loader else None
    if loader is None or not isinstance(properties, Mapping) or "query" not in properties:
        return None
    offered = {tool.name: tool for tool in tools if tool is not loader}
    late = [Tool(name) for name in _deferred(prompt) if name not in offered]
    best = best_fitting([*offered.values(), *late], question(prompt)) if late else loader
    if best not in late:
        return None
    query = {"type": "string", "enum": [f"select:{best.name}"]}
    return replace(loader, parameters={"type": "object", "properties": {"query": query}, "required": ["query"]})


def _deferred(prompt: Prompt) -> list[str]:
    return [name for text in texts_so_far(prompt) for found in NAMES.finditer(text) for name in found[1].split()]
