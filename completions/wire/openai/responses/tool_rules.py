"""Step 2 for responses: the tools that are offered, functions and hosted ones, and the choice among them.

The shapes are those of `openai.types.responses` in the SDK (`ToolParam`, `ToolChoice*Param`).
"""

from collections.abc import Mapping
from typing import Any

from completions.tokens.capabilities import EFFORTS
from completions.wire.openai import strict_schema
from completions.wire.openai.containers import CONTENTS, SKILLS
from completions.wire.openai.searching import FILTERS
from completions.wire.openai.strict_schema import SchemaRules
from completions.wire.openai.tool_rules import BAD_SCHEMA, MAX_TOOLS
from completions.wire.validation import (
    TOOL_NAME,
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    integer,
    missing,
    nullable,
    obj,
    record,
    string,
    tagged,
    worded_problem,
)

_STRING, _SIZE = string(), choice("low", "medium", "high")
_CALLERS = nullable(array(choice("direct", "programmatic"), "strings"))
_LATER: Mapping[str, Check] = {"allowed_callers": _CALLERS, "defer_loading": boolean}
_OWN: Mapping[str, Check] = {**_LATER, "async": boolean}
"""What the functions of the client may have besides."""
_EFFORT = choice(*EFFORTS)

_FUNCTION: Mapping[str, Check] = {
    "type": anything,
    "name": TOOL_NAME,
    "description": nullable(_STRING),
    "parameters": nullable(obj),
    "strict": nullable(boolean),
    "output_schema": nullable(obj),
    **_OWN,
}
_GRAMMAR = {"type": anything, "definition": string(low=1), "syntax": choice("lark", "regex")}
_FORMAT = tagged("type", {"text": record({"type": anything}), "grammar": record(_GRAMMAR, ("definition", "syntax"))})
_CUSTOM = record({"type": anything, "name": TOOL_NAME, "description": _STRING, "format": _FORMAT, **_OWN}, ("name",))
_PLACE = {key: nullable(_STRING) for key in ("city", "country", "region", "timezone")}
_LOCATION = nullable(record({"type": choice("approximate"), **_PLACE}))
_DOMAINS = nullable(array(_STRING, "strings"))
_FILTERS = nullable(record({"allowed_domains": _DOMAINS, "blocked_domains": _DOMAINS}))
_WEB = {"type": anything, "search_context_size": _SIZE, "user_location": _LOCATION}
_WEB_SEARCH = record(_WEB | {"filters": _FILTERS, "external_web_access": boolean})
_WEB_PREVIEW = record(_WEB | {"search_content_types": array(choice("text", "image"), "strings")})
_RANKING = record({"hybrid_search": obj, "ranker": string(low=1), "score_threshold": decimal(0, 1)})
_FILE_SEARCH = record(
    {
        "type": anything,
        "vector_store_ids": array(string(low=1), "strings", low=1),
        "filters": nullable(FILTERS),
        "max_num_results": integer(1, 50),
        "ranking_options": _RANKING,
    },
    ("vector_store_ids",),
)
_AUTO = record({"type": choice("auto"), **CONTENTS}, ("type",))
_ENVIRONMENT = tagged(
    "type",
    {
        "container_auto": record({"type": anything, "skills": SKILLS, **CONTENTS}),
        "local": record({"type": anything, "skills": SKILLS}),
        "container_reference": record({"type": anything, "container_id": string(low=1)}, ("container_id",)),
    },
)
_CODE = record(
    {"type": anything, "container": either("one of a string or object", string=string(low=1), object=_AUTO)}
    | {"allowed_callers": _CALLERS},
    ("container",),
)
_PICTURE = record(
    {
        "type": anything,
        "action": choice("generate", "edit", "auto"),
        "background": choice("transparent", "opaque", "auto"),
        "complexity": _SIZE,
        "frame_count": integer(1),
        "frame_duration_ms": integer(1),
        "input_fidelity": nullable(choice("high", "low")),
        "input_image_mask": record({"file_id": _STRING, "image_url": _STRING}),
        "model": string(low=1),
        "moderation": choice("auto", "low"),
        "output_compression": integer(0, 100),
        "output_format": choice("png", "webp", "jpeg", "gif", "svg"),
        "partial_images": integer(0, 3),
        "quality": choice("low", "medium", "high", "xhigh", "max", "auto"),
        "size": _STRING,
        "svg": record({"model": string(low=1), "reasoning": nullable(record({"effort": _EFFORT}))}),
    }
)
_APPROVAL = either("one of a string or object", string=choice("always", "never"), object=obj)


def _headers(value: Any) -> Problem | None:
    """Check an object whose values are strings."""
    return obj(value) or record(dict.fromkeys(value, _STRING))(value)


_ALLOWED = either("one of an array or object", array=array(string(low=1), "strings"), object=obj)
_MCP = record(
    {
        "type": anything,
        "server_label": string(low=1),
        "server_url": string(low=1),
        "server_description": _STRING,
        "connector_id": string(low=1),
        "tunnel_id": _STRING,
        "authorization": nullable(_STRING),
        "headers": nullable(_headers),
        "allowed_tools": nullable(_ALLOWED),
        "require_approval": nullable(_APPROVAL),
        **_LATER,
    },
    ("server_label",),
)
_SCREEN = integer(1)
_COMPUTER = record(
    {
        "type": anything,
        "display_height": _SCREEN,
        "display_width": _SCREEN,
        "environment": choice("windows", "mac", "linux", "ubuntu", "browser"),
    },
    ("display_height", "display_width", "environment"),
)
_PLAIN = record({"type": anything})
_INNER = tagged("type", {"function": record(_FUNCTION, ("name",)), "custom": _CUSTOM})
_NAMESPACE = record(
    {"type": anything, "name": TOOL_NAME, "description": _STRING, "tools": array(_INNER, "objects", low=1)},
    ("name", "description", "tools"),
)

TOOLS: Mapping[str, Check] = {
    "function": record(_FUNCTION, ("name",)),
    "file_search": _FILE_SEARCH,
    "web_search": _WEB_SEARCH,
    "web_search_2025_08_26": _WEB_SEARCH,
    "web_search_preview": _WEB_PREVIEW,
    "web_search_preview_2025_03_11": _WEB_PREVIEW,
    "computer": _PLAIN,
    "computer_use_preview": _COMPUTER,
    "mcp": _MCP,
    "code_interpreter": _CODE,
    "programmatic_tool_calling": _PLAIN,
    "image_generation": _PICTURE,
    "local_shell": _PLAIN,
    "shell": record({"type": anything, "allowed_callers": _CALLERS, "environment": nullable(_ENVIRONMENT)}),
    "custom": _CUSTOM,
    "namespace": _NAMESPACE,
    "tool_search": record(
        {
            "type": anything,
            "description": nullable(_STRING),
            "execution": choice("server", "client"),
            "parameters": anything,
        }
    ),
    "apply_patch": record({"type": anything, "allowed_callers": _CALLERS}),
}
"""The checks of the tools by type, in the order in which the SDK lists them."""

_TOOLS = array(tagged("type", TOOLS), "tools", high=MAX_TOOLS)
_NAMED = record({"type": anything, "name": TOOL_NAME}, ("name",))
_CHOICES: Mapping[str, Check] = {
    "allowed_tools": record(
        {"type": anything, "mode": choice("auto", "required"), "tools": array(obj, "objects", low=1)}, ("mode", "tools")
    ),
    "function": _NAMED,
    "mcp": record({"type": anything, "server_label": string(low=1), "name": nullable(_STRING)}, ("server_label",)),
    "custom": _NAMED,
    **dict.fromkeys(
        (
            *("file_search", "web_search", "web_search_preview", "web_search_preview_2025_03_11", "computer"),
            *("computer_use_preview", "computer_use", "image_generation", "code_interpreter"),
            *("programmatic_tool_calling", "apply_patch", "shell"),
        ),
        _PLAIN,
    ),
}
TOOL_CHOICE = either(
    "one of an object or 'none', 'auto', or 'required'",
    string=choice("none", "auto", "required"),
    object=tagged("type", _CHOICES),
)


def tools(rules: SchemaRules) -> Check:
    """Return the check of the tools, of the functions' schemas, and that each MCP server can be found."""

    def check(value: Any) -> Problem | None:
        if (problem := _TOOLS(value)) is not None:
            return problem
        for index, tool in enumerate(value):
            if (problem := _schema(tool, rules) or _unreachable(tool)) is not None:
                return problem.under(f"[{index}]")
        return None

    return check


def _schema(tool: dict[str, Any], rules: SchemaRules) -> Problem | None:
    if tool["type"] != "function" or (schema := tool.get("parameters")) is None:
        return None
    why = strict_schema.loose(schema) or (strict_schema.strict(schema, rules) if tool.get("strict") else None)
    return (
        worded_problem(f"Invalid schema for function '{tool['name']}': {why}", BAD_SCHEMA, "parameters")
        if why
        else None
    )


def _unreachable(tool: dict[str, Any]) -> Problem | None:
    if tool["type"] != "mcp" or {"server_url", "connector_id", "tunnel_id"} & tool.keys():
        return None
    return missing("server_url", tool, tool)


def unsuitable(body: Mapping[str, Any]) -> Problem | None:
    """Refuse a choice where nothing is offered, and the choice of what is not offered.

    A prompt may have tools of its own; only those in the body can be chosen by name (openai-agents 0.24).
    """
    chosen, offered = body.get("tool_choice"), body.get("tools") or []
    if chosen == "required" and not offered and not body.get("prompt"):
        return worded_problem("Tool choice 'required' must be specified with 'tools' parameter.", None, "tool_choice")
    if not isinstance(chosen, dict):
        return None
    some = [one for one in chosen["tools"] if "type" in one] if chosen["type"] == "allowed_tools" else [chosen]
    absent = next((one for one in some if not any(_is_chosen(one, tool) for tool in _flat(offered))), None)
    if absent is None:
        return None
    what = absent["type"]
    if any(tool["type"] == what for tool in _flat(offered)):
        what = absent.get("name") or what  # its type is told where none of the type is offered (measured on 2026-09-04)
    return worded_problem(f"Tool choice '{what}' not found in 'tools' parameter.", None, "tool_choice")


def unsearchable(body: Mapping[str, Any]) -> Problem | None:
    """Refuse tools to be found without a search, and the API's own search of none (measured by five projects in 2026).

    A search that the client runs finds what the request need not name, and a prompt may have tools of its own.
    """
    offered = body.get("tools") or []
    late = any(each.get("defer_loading") is True for tool in offered for each in (tool, *(tool.get("tools") or ())))
    searches = [tool for tool in offered if tool["type"] == "tool_search"]
    if body.get("prompt") or late == bool(searches):
        return None
    if late:
        why = "Invalid Value: 'tools.defer_loading'. Deferred tools require tools.tool_search."
        return worded_problem(why, None, "tools.defer_loading")
    if any(tool.get("execution") == "client" for tool in searches):
        return None
    why = "Invalid Value: 'tools.tool_search'. tools.tool_search requires at least one deferred tool."
    return worded_problem(why, None, "tools.tool_search")


def _is_chosen(chosen: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Tell whether a tool is the one that is chosen: by its name, or the API's own by its kind, of whatever version."""
    kind, other = str(chosen.get("type")), str(tool["type"])
    if kind in ("function", "custom"):
        return (other, tool.get("name")) == (kind, chosen.get("name"))
    return other.startswith(kind) or kind.startswith(other)


def _flat(offered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [inner for tool in offered for inner in (tool["tools"] if tool["type"] == "namespace" else [tool])]
