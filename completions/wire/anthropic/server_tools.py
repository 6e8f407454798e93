"""Server tools, which Anthropic's API runs: a script's call of one that the request offers gets a result.

Shapes: `ServerToolUseBlock` and the blocks of results of the anthropic SDK.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, ToolCall
from completions.tokens.deferred import visible_tools
from completions.wire.anthropic import mcp
from completions.wire.anthropic.call_pairs import RESULT_TYPES
from completions.wire.anthropic.files import FILE, generated_file
from completions.wire.anthropic.search_seals import encrypted_content
from completions.wire.anthropic.skills import SKILL
from completions.wire.base import Place, Span, StoredDocument
from completions.wire.content import DEFAULT_PAGE, only_choice
from completions.wire.fields import dicts, mapping, object_of, text, texts

TYPES = {
    "web_search": "web_search_",
    "web_fetch": "web_fetch_",
    "code_execution": "code_execution_",
    "bash_code_execution": "code_execution_",
    "text_editor_code_execution": "code_execution_",
    "advisor": "advisor_",
    **{name: name for name in ("tool_search_tool_bm25", "tool_search_tool_regex")},
}
"""The prefixes of the types of tools, by the name that calls have."""

EXTRA_RESULT_FIELDS: Mapping[str, dict[str, Any]] = {"code_execution": {"abort_reason": None}}
"""Additional fields of the result of code, which that of commands does not have (recorded up to August 2026)."""

Document = dict[str, Any]

CONTAINER_SECONDS = 300
"""Seconds for which a container is kept after an answer."""

LATEST_SKILL_VERSION = "20260803"
"""The version of a skill for `latest` (recorded in August 2026), and of a custom one that is not kept here."""

SKILLS = "skills"
"""Where a prompt has the newest versions of the custom skills that it names, by their ids."""


def is_server_side(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether a call is of a server tool or of an MCP server's tool."""
    return is_server_tool(call, prompt) or mcp.server_of(call, prompt) is not None


def is_server_tool(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether a call is of a server tool that the request offers."""
    return bool(_matching_tools(call, prompt))


def _matching_tools(call: ToolCall, prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the server tools of the request that a call's name belongs to."""
    start = TYPES.get(call.name)
    offered = dicts(prompt.body.get("tools"))
    return [] if start is None else [tool for tool in offered if text(tool.get("type")).startswith(start)]


def container(reply: Reply, prompt: Prompt) -> dict[str, Document]:
    """Return the container in which code has run, the one that the request names or a new one; empty without code.

    Recorded up to August 2026; the expiry is made up.
    """
    calls = only_choice(reply).tool_calls
    if not any("code_execution" in call.name and is_server_side(call, prompt) for call in calls):
        return {}
    requested = prompt.body.get("container")
    requested_id = text(requested) or text(mapping(requested).get("id"))
    expires = datetime.fromtimestamp((reply.created or 0) + CONTAINER_SECONDS, UTC).replace(tzinfo=None)
    document = {
        "id": requested_id or f"container_01{ids.spelled(f'container{reply.serial}', 22, ids.BASE58)}",
        "expires_at": f"{expires.isoformat(timespec='microseconds')}Z",
    }
    kept = mapping(prompt.recalled.get(SKILLS))
    skills = [_skill(skill, kept) for skill in dicts(mapping(requested).get("skills"))]
    return {"container": document | ({"skills": skills} if skills else {})}


def skill_places(prompt: Prompt) -> list[Place]:
    """Return the places of the custom skills that a request gives to its container."""
    asked = dicts(mapping(prompt.body.get("container")).get("skills"))
    return [(SKILL, text(skill.get("skill_id"))) for skill in asked if skill.get("type") == "custom"]


def _skill(skill: Document, kept: Document) -> Document:
    """Return a skill with its version; for `latest`, with the newest of a skill that is kept."""
    version = text(skill.get("version"))
    if version in ("", "latest"):
        version = kept.get(text(skill.get("skill_id"))) or LATEST_SKILL_VERSION
    return {key: skill.get(key) for key in ("type", "skill_id")} | {"version": version}


def result(call: ToolCall, identity: str, reply: Reply, prompt: Prompt) -> Document:
    """Return the block of a call's result, from the script or made up."""
    value = orjson.loads(call.result) if call.result else None
    content = _content(call, value, reply, prompt)
    return {"type": RESULT_TYPES[call.name], "tool_use_id": identity, "content": content}


def _content(call: ToolCall, value: Any, reply: Reply, prompt: Prompt) -> Any:
    """Return a result or an error in the API's shape; fields of the script are kept."""
    if "error_code" in mapping(value):
        return {"type": f"{RESULT_TYPES[call.name]}_error", **value}
    match call.name:
        case "web_search":
            pages = value if isinstance(value, list) else [value or {}]
            return [_page(mapping(page)) for page in pages]
        case "web_fetch":
            return value if isinstance(value, dict) else _fetch_result(call, value, reply, prompt)
        case "advisor":
            return {"type": "advisor_result", "text": text(value), "stop_reason": "end_turn", **mapping(value)}
        case "text_editor_code_execution":
            return _editor_result(_input(call), text(value)) | mapping(value)
        case "tool_search_tool_bm25" | "tool_search_tool_regex":
            names = undiscovered_tools(prompt) if value is None else texts(value)
            references = [{"type": "tool_reference", "tool_name": name} for name in names]
            return {"type": "tool_search_tool_search_result", "tool_references": references} | mapping(value)
    fields = mapping(value)
    stdout = value if isinstance(value, str) else text(fields.get("stdout"))
    files = [{"type": f"{call.name}_output", "file_id": _file_id(name, reply)} for name, _ in call.files]
    defaults = {"type": f"{call.name}_result", "stdout": stdout, "stderr": "", "return_code": 0, "content": files}
    return {**defaults, **EXTRA_RESULT_FIELDS.get(call.name, {}), **fields}


def _file_id(filename: str, reply: Reply) -> str:
    return f"file_01{ids.spelled(f'file{reply.serial}/{filename}', 22, ids.BASE58)}"


def files_to_store(reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
    """Return the files that an answer's code has generated, which can be downloaded."""
    ran = [call for call in only_choice(reply).tool_calls if call.files and is_server_tool(call, prompt)]
    if not ran:
        return ()
    _, now = span()
    return [
        StoredDocument(FILE, made := _file_id(name, reply), generated_file(made, name, len(data), now), data=data)
        for call in ran
        for name, data in call.files
    ]


def _editor_result(command: Mapping[str, Any], content: str) -> Document:
    """Return the result of an editor's command: a file was viewed or created, or a part of it was replaced."""
    kind = "text_editor_code_execution_{}_result"
    match command.get("command"):
        case "view":
            lines = len(content.splitlines())
            counted = {"num_lines": lines, "start_line": 1, "total_lines": lines}
            return {"type": kind.format("view"), "file_type": "text", "content": content, **counted}
        case "str_replace":
            old, new = (text(command.get(name)).splitlines() for name in ("old_str", "new_str"))
            places = {"old_start": 1, "old_lines": len(old), "new_start": 1, "new_lines": len(new)}
            changed = [*(f"-{line}" for line in old), *(f"+{line}" for line in new)]
            return {"type": kind.format("str_replace"), **places, "lines": changed}
    return {"type": kind.format("create"), "is_file_update": False}


def undiscovered_tools(prompt: Prompt) -> list[str]:
    """Return the names of the deferred tools that no search has found so far."""
    seen = {tool.name for tool in visible_tools(prompt)}
    return [tool.name for tool in prompt.tools if tool.name not in seen]


def _page(page: Mapping[str, Any]) -> Document:
    content = encrypted_content(text(page.get("url")) or DEFAULT_PAGE["url"])
    defaults = {
        "title": DEFAULT_PAGE["title"],
        "url": DEFAULT_PAGE["url"],
        "encrypted_content": content,
        "page_age": None,
    }
    return {"type": "web_search_result", **defaults} | dict(page)


def opaque(content: str) -> str:
    """Return a value that only the API reads, and that clients send back unchanged."""
    return base64.b64encode(content.encode()).decode()


def _fetch_result(call: ToolCall, value: object, reply: Reply, prompt: Prompt) -> Document:
    """Return a fetched page, as recorded in February and July 2026, with citations if the tool enables them."""
    content = DEFAULT_PAGE["title"] if value is None else text(value)
    page: Document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": content}}
    if any(mapping(tool.get("citations")).get("enabled") is True for tool in _matching_tools(call, prompt)):
        page["citations"] = {"enabled": True}
    retrieved = datetime.fromtimestamp(reply.created or 0, UTC).isoformat(timespec="microseconds")
    url = text(_input(call).get("url")) or DEFAULT_PAGE["url"]
    return {"type": "web_fetch_result", "url": url, "retrieved_at": retrieved, "content": page}


def _input(call: ToolCall) -> Mapping[str, Any]:
    return object_of(call.arguments) or {}
