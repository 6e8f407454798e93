"""The tools that Anthropic's API runs itself: a script's call of one that the request offers is run, and has a result.

Shapes: `ServerToolUseBlock` and the blocks of results of the anthropic SDK.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.conversation import Prompt, Reply, ToolCall
from completions.tokens.deferred import shown
from completions.wire.anthropic import mcp
from completions.wire.anthropic.files import FILE, made_file
from completions.wire.anthropic.pairs import RESULTS
from completions.wire.anthropic.search_seals import encrypted
from completions.wire.base import Span, StoredDocument
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
"""How the type of the tool begins that is called by a name."""

ABORTED: Mapping[str, dict[str, Any]] = {"code_execution": {"abort_reason": None}}
"""What the result of code tells besides, but not that of commands (recorded up to August 2026)."""

Document = dict[str, Any]

LIFE = 300
"""Seconds for which a container is kept after an answer."""

NEWEST = "20260803"
"""The version of a skill that is asked for as the latest (recorded in August 2026)."""


def is_servers(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether the API runs a call itself, or has an MCP server run it."""
    return is_own(call, prompt) or mcp.server_of(call, prompt) is not None


def is_own(call: ToolCall, prompt: Prompt) -> bool:
    """Tell whether a call is of one of the API's own tools that the request offers."""
    return bool(_offered(call, prompt))


def _offered(call: ToolCall, prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return what the request offers of the API's own tools that is called by this name."""
    start = TYPES.get(call.name)
    offered = dicts(prompt.body.get("tools"))
    return [] if start is None else [tool for tool in offered if text(tool.get("type")).startswith(start)]


def container(reply: Reply, prompt: Prompt) -> dict[str, Document]:
    """Return where code has run, the container that the request names or a new one; empty where none has.

    Recorded up to August 2026; when it expires is made up.
    """
    calls = only_choice(reply).tool_calls
    if not any("code_execution" in call.name and is_servers(call, prompt) for call in calls):
        return {}
    asked = prompt.body.get("container")
    given = text(asked) or text(mapping(asked).get("id"))
    expires = datetime.fromtimestamp((reply.created or 0) + LIFE, UTC).replace(tzinfo=None)
    told = {
        "id": given or f"container_01{ids.spelled(f'container{reply.serial}', 22, ids.BASE58)}",
        "expires_at": f"{expires.isoformat(timespec='microseconds')}Z",
    }
    skills = [_skill(skill) for skill in dicts(mapping(asked).get("skills"))]
    return {"container": told | ({"skills": skills} if skills else {})}


def _skill(asked: Document) -> Document:
    version = text(asked.get("version"))
    return {key: asked.get(key) for key in ("type", "skill_id")} | {
        "version": NEWEST if version in ("", "latest") else version
    }


def result(call: ToolCall, identity: str, reply: Reply, prompt: Prompt) -> Document:
    """Return the block of what a call found: as the script says it, or made up."""
    found = orjson.loads(call.result) if call.result else None
    content = _content(call, found, reply, prompt)
    return {"type": RESULTS[call.name], "tool_use_id": identity, "content": content}


def _content(call: ToolCall, found: Any, reply: Reply, prompt: Prompt) -> Any:
    """Return what was found, or why nothing was, in the API's shape; what a script says of it stands as it is."""
    if "error_code" in mapping(found):
        return {"type": f"{RESULTS[call.name]}_error", **found}
    match call.name:
        case "web_search":
            pages = found if isinstance(found, list) else [found or {}]
            return [_page(mapping(page)) for page in pages]
        case "web_fetch":
            return found if isinstance(found, dict) else _fetched(call, found, reply, prompt)
        case "advisor":
            return {"type": "advisor_result", "text": text(found), "stop_reason": "end_turn", **mapping(found)}
        case "text_editor_code_execution":
            return _edited(_input(call), text(found)) | mapping(found)
        case "tool_search_tool_bm25" | "tool_search_tool_regex":
            names = late(prompt) if found is None else texts(found)
            references = [{"type": "tool_reference", "tool_name": name} for name in names]
            return {"type": "tool_search_tool_search_result", "tool_references": references} | mapping(found)
    ran = mapping(found)
    said = found if isinstance(found, str) else text(ran.get("stdout"))
    made = [{"type": f"{call.name}_output", "file_id": _file_id(name, reply)} for name, _ in call.files]
    usual = {"type": f"{call.name}_result", "stdout": said, "stderr": "", "return_code": 0, "content": made}
    return {**usual, **ABORTED.get(call.name, {}), **ran}


def _file_id(filename: str, reply: Reply) -> str:
    return f"file_01{ids.spelled(f'file{reply.serial}/{filename}', 22, ids.BASE58)}"


def files_to_store(reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
    """Return the files that an answer's code has made, which can be downloaded."""
    ran = [call for call in only_choice(reply).tool_calls if call.files and is_own(call, prompt)]
    if not ran:
        return ()
    _, now = span()
    return [
        StoredDocument(FILE, made := _file_id(name, reply), made_file(made, name, len(data), now), data=data)
        for call in ran
        for name, data in call.files
    ]


def _edited(asked: Mapping[str, Any], said: str) -> Document:
    """Return what a command of the editor came to: a file was shown, made, or a part of it replaced."""
    kind = "text_editor_code_execution_{}_result"
    match asked.get("command"):
        case "view":
            lines = len(said.splitlines())
            counted = {"num_lines": lines, "start_line": 1, "total_lines": lines}
            return {"type": kind.format("view"), "file_type": "text", "content": said, **counted}
        case "str_replace":
            old, new = (text(asked.get(name)).splitlines() for name in ("old_str", "new_str"))
            places = {"old_start": 1, "old_lines": len(old), "new_start": 1, "new_lines": len(new)}
            changed = [*(f"-{line}" for line in old), *(f"+{line}" for line in new)]
            return {"type": kind.format("str_replace"), **places, "lines": changed}
    return {"type": kind.format("create"), "is_file_update": False}


def late(prompt: Prompt) -> list[str]:
    """Return the names of the tools that are loaded late, and that no search has found so far."""
    seen = {tool.name for tool in shown(prompt)}
    return [tool.name for tool in prompt.tools if tool.name not in seen]


def _page(given: Mapping[str, Any]) -> Document:
    content = encrypted(text(given.get("url")) or DEFAULT_PAGE["url"])
    usual = {"title": DEFAULT_PAGE["title"], "url": DEFAULT_PAGE["url"], "encrypted_content": content, "page_age": None}
    return {"type": "web_search_result", **usual} | dict(given)


def sealed(said: str) -> str:
    """Return what only the API reads, and a client sends back as it is."""
    return base64.b64encode(said.encode()).decode()


def _fetched(call: ToolCall, found: object, reply: Reply, prompt: Prompt) -> Document:
    """Return a page, as recorded in February and July 2026; it may be cited where the tool says that."""
    said = DEFAULT_PAGE["title"] if found is None else text(found)
    page: Document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": said}}
    if any(mapping(tool.get("citations")).get("enabled") is True for tool in _offered(call, prompt)):
        page["citations"] = {"enabled": True}
    retrieved = datetime.fromtimestamp(reply.created or 0, UTC).isoformat(timespec="microseconds")
    url = text(_input(call).get("url")) or DEFAULT_PAGE["url"]
    return {"type": "web_fetch_result", "url": url, "retrieved_at": retrieved, "content": page}


def _input(call: ToolCall) -> Mapping[str, Any]:
    return object_of(call.arguments) or {}
