"""Step 3: `prompts:`, the templates that requests for responses name by id.

Their `{{…}}` are the API's own placeholders for the variables of a request, not Django templates.
"""

from collections.abc import Mapping
from typing import Any

from completions.script.language import Key, Keys
from completions.script.text.node import Node

PROMPT: Keys = {
    "messages": Key("prompt_messages", "The messages, with `{{name}}` for variables.", required=True),
    "request": Key(
        "any_object", "Other fields of a request, in the API's format; fields in the request take precedence."
    ),
}
"""A version of a prompt template."""

ROLES = ("developer", "system", "user", "assistant")
MESSAGE: Keys = {
    "role": Key("prompt_role", "Who says it.", required=True),
    "content": Key("text", "What is said.", required=True),
}
REQUEST_ONLY = ("prompt", "input", "instructions", "previous_response_id", "conversation", "stream", "background")
"""Fields of a request that a template cannot have."""

Templates = Mapping[str, Mapping[str, Any]]
"""The templates by id, each with its `versions`: their `messages`, and further fields of a `request`."""


def prompts(node: Node) -> Templates:
    """Read templates by id: each is one, or a list of its versions, of which the first is version 1."""
    return {
        name: {"versions": list(map(_version, child.one_or_more("version")))} for name, child in node.entries().items()
    }


def _version(node: Node) -> dict[str, Any]:
    fields = node.keyed(PROMPT)
    messages = list(map(_message, fields["messages"].items("message")))
    request = fields["request"].as_(dict) if "request" in fields else {}
    for name in REQUEST_ONLY:
        if name in request:
            raise fields["request"].error(f"cannot have `{name}`, which the request sets.")
    return {"messages": messages, "request": request}


def _message(node: Node) -> dict[str, str]:
    fields = node.keyed(MESSAGE)
    return {"role": fields["role"].one_of(ROLES), "content": fields["content"].as_(str)}
