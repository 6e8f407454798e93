"""The tools that Anthropic's API runs itself: a script's call of one that the request offers is run, and has a result.

Shapes: `ServerToolUseBlock` and the blocks of results of the anthropic SDK.
"""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Prompt, ToolCall
from completions.wire.content import PAGE
from completions.wire.fields import dicts, mapping, text

TYPES = {
    "web_search": "web_search_",
    "web_fetch": "web_fetch_",
    "code_execution": "code_execution_",
    "bash_code_execution": "code_execution_",
}
"""How the type of the tool begins that is called by a name."""

Document = dict[str, Any]


def is_servers(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether the API runs a call itself."""
    start = TYPES.get(call.name)
    offered = dicts(prompt.body.get("tools"))
    return start is not None and any(text(tool.get("type")).startswith(start) for tool in offered)


def result(call: ToolCall, identity: str) -> Document:
    """Return the block of what a call found: as the script says it, or made up."""
    found = orjson.loads(call.result) if call.result else None
    return {"type": f"{call.name}_tool_result", "tool_use_id": identity, "content": _content(call, found)}


def _content(call: ToolCall, found: Any) -> Any:
    """Return what was found in the API's shape; what has the type that it should have stands as it is."""
    match call.name:
        case "web_search":
            pages = found if isinstance(found, list) else [found or {}]
            return found if "error_code" in mapping(found) else [_page(mapping(page)) for page in pages]
        case "web_fetch":
            return found if isinstance(found, dict) else _fetched(text(_input(call).get("url")) or PAGE["url"], found)
    ran = mapping(found)
    said = found if isinstance(found, str) else text(ran.get("stdout"))
    usual = {"type": f"{call.name}_result", "stdout": said, "stderr": "", "return_code": 0, "content": []}
    return usual | ran


def _page(given: Mapping[str, Any]) -> Document:
    sealed = base64.b64encode(text(given.get("url")).encode()).decode()
    usual = {"type": "web_search_result", **PAGE, "page_age": None}
    return usual | {"encrypted_content": sealed} | dict(given)


def _fetched(url: str, found: object) -> Document:
    source = {"type": "text", "media_type": "text/plain", "data": text(found)}
    page = {"type": "document", "source": source, "title": None, "citations": None}
    return {"type": "web_fetch_result", "url": url, "content": page, "retrieved_at": None}


def _input(call: ToolCall) -> Mapping[str, Any]:
    try:
        return mapping(orjson.loads(call.arguments or "{}"))
    except orjson.JSONDecodeError:
        return {}
