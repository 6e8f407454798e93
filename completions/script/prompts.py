"""Step 3: `prompts:`, the templates that requests for responses name by id.

Their `{{…}}` are the API's own placeholders for the variables of a request, and no Django templates.
"""

from collections.abc import Mapping
from typing import Any

from completions.script import language
from completions.script.node import Node

Templates = Mapping[str, Mapping[str, Any]]
"""The templates by id, each with its `versions`: their `messages`, and what else they say of a `request`."""


def prompts(node: Node) -> Templates:
    """Read templates by id: each is one, or a list of its versions, of which the first is version 1."""
    return {name: {"versions": _versions(child)} for name, child in node.entries().items()}


def _versions(node: Node) -> list[dict[str, Any]]:
    nodes = node.items() if isinstance(node.value, list) else [node]
    if not nodes:
        raise node.error("must hold at least one version.")
    return [_version(item) for item in nodes]


def _version(node: Node) -> dict[str, Any]:
    fields = node.keyed(language.PROMPT)
    if not fields["messages"].items():
        raise fields["messages"].error("must hold at least one message.")
    request = fields["request"].as_(dict) if "request" in fields else {}
    for name in language.NOT_IN_PROMPTS:
        if name in request:
            raise fields["request"].error(f"cannot have `{name}`, which a request says itself.")
    return {"messages": [_message(item) for item in fields["messages"].items()], "request": request}


def _message(node: Node) -> dict[str, str]:
    fields = node.keyed(language.PROMPT_MESSAGE)
    return {"role": fields["role"].one_of(language.PROMPT_ROLES), "content": fields["content"].as_(str)}
