"""Agents in versions, with aliases of versions: what they look like, and what is refused.

Shapes: `Agent`, `CreateAgentRequest` and `AgentAliasResponse` of the mistralai SDK 3.7, in the order of keys of the
guide "Agents & Conversations" (June 2025). No source has the words of the 404s, nor the form of an alias.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.dialects import rules
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_pages import invalid, number
from completions.wire.fields import mapping, object_of, text_or_none, texts
from completions.wire.validation import (
    Check,
    array,
    boolean,
    choice,
    decimal,
    integer,
    nullable,
    obj,
    record,
    string,
    tagged,
    text_or,
)

DIALECT = Mistral()

AGENT = "mistral_agent"
"""The kind under which agents are stored, which is also the name of their rules."""

TOOL_CHOICES = ("auto", "none", "any", "required")
BUILT_IN = ("web_search", "web_search_premium", "code_interpreter", "image_generation", "document_library")
"""The types of the tools that the API runs itself (`BuiltInConnectors`)."""

COMPLETION_ARGS: Mapping[str, Check] = {
    "stop": nullable(text_or("strings", array(string(), "strings"))),
    "presence_penalty": nullable(decimal(-2, 2)),
    "frequency_penalty": nullable(decimal(-2, 2)),
    "temperature": nullable(decimal(0, 1.5)),
    "top_p": nullable(decimal(0, 1)),
    "max_tokens": nullable(integer(0)),
    "random_seed": nullable(integer(0)),
    "prediction": nullable(obj),
    "response_format": rules.response_format(*rules.RESPONSE_FORMATS),
    "tool_choice": choice(*TOOL_CHOICES),
    "reasoning_effort": nullable(string()),
}
"""`CompletionArgs` of the SDK, in its order."""

_DEFAULTS: Mapping[str, Any] = {**dict.fromkeys(COMPLETION_ARGS), "temperature": 0.3, "tool_choice": "auto"}
"""The arguments of an agent that sets none; the temperature is that of Mistral's model cards."""

_CONFIGURED: Mapping[str, Check] = {"type": string(), "tool_configuration": nullable(obj)}
_FUNCTION = record(
    {
        "name": string(low=1),
        "description": nullable(string()),
        "parameters": nullable(obj),
        "strict": nullable(boolean),
    },
    ("name",),
)
_TOOLS: Mapping[str, Check] = {
    **{kind: record(_CONFIGURED) for kind in BUILT_IN},
    "function": record({"type": string(), "function": _FUNCTION}, ("function",)),
    "document_library": record({**_CONFIGURED, "library_ids": array(string(), "strings")}, ("library_ids",)),
    "connector": record(
        {**_CONFIGURED, "connector_id": string(low=1), "authorization": nullable(obj)}, ("connector_id",)
    ),
}
TOOLS = array(tagged("type", _TOOLS), "objects")
CONFIGURATION: Mapping[str, Check] = {
    "instructions": nullable(string()),
    "tools": TOOLS,
    "completion_args": record(COMPLETION_ARGS),
    "guardrails": nullable(array(obj, "objects")),
    "description": nullable(string()),
    "metadata": nullable(obj),
}
"""The fields that agents and conversations share."""

_FIELDS: Mapping[str, Check] = {
    **CONFIGURATION,
    "model": string(low=1),
    "name": string(low=1),
    "handoffs": nullable(array(string(low=1), "strings", low=1)),
    "version_message": nullable(string()),
}
_CHANGES: Mapping[str, Check] = {
    **_FIELDS,
    "model": nullable(string(low=1)),
    "name": nullable(string(low=1)),
    "deployment_chat": nullable(boolean),
}
_AGENT, _CHANGE = record(_FIELDS, ("model", "name")), record(_CHANGES)
_VERSIONED = (
    *("model", "name", "instructions", "tools", "completion_args", "guardrails", "description", "handoffs"),
    *("metadata", "version_message", "deployment_chat"),
)
"""The fields that each version of an agent has."""


def written_time(seconds: float) -> str:
    """Return a time, given in seconds since the epoch, as this API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def check_agent(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid new agent."""
    DIALECT.refuse(_AGENT(body), body)


def check_change(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid change of an agent."""
    DIALECT.refuse(_CHANGE(body), body)


def shown_args(given: object) -> dict[str, Any]:
    """Return completion arguments as the API shows them: all of them, with defaults."""
    return {**_DEFAULTS, **mapping(given)}


def new_agent(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new agent, whose first version is 0."""
    version = _version({"tools": [], "deployment_chat": False, **body}, now)
    return {
        "id": f"ag_{secrets.token_hex(16)}",
        "created": now,
        "updated": now,
        "version": 0,
        "versions": [version],
        "aliases": {},
    }


def _version(fields: Mapping[str, Any], now: float) -> dict[str, Any]:
    return {**{key: fields.get(key) for key in _VERSIONED}, "made": now}


def changed_agent(agent: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of an agent with a further version, which is used from then on."""
    before = version_of(agent)
    changes = {key: value for key, value in body.items() if value is not None or key not in ("name", "model")}
    version = _version({**before, "version_message": None, **changes}, now)
    versions = [*agent["versions"], version]
    return {**agent, "versions": versions, "version": len(versions) - 1, "updated": now}


def at_version(agent: Document, number: str, now: float) -> Document:
    """Return the record of an agent that uses another one of its versions from now on."""
    return {**agent, "version": _number_of(agent, number), "updated": now}


def version_of(agent: Document, name: object = None) -> dict[str, Any]:
    """Return a version of an agent, by its number or alias; by default the one that it uses."""
    number = agent["version"] if name is None else _number_of(agent, str(name))
    found: dict[str, Any] = agent["versions"][number]
    return found


def _number_of(agent: Document, name: str) -> int:
    """Return the number of a version, given that number or an alias of it; raise the 404 of an unknown one."""
    number = mapping(agent["aliases"].get(name)).get("version")
    if number is None and name.isdecimal() and len(name) < 8:
        number = int(name)
    if not isinstance(number, int) or number >= len(agent["versions"]):
        raise RequestError(f"Version {name[:100]} of agent {agent['id']} not found.", status=404)
    return number


def shown(agent: Document, name: str | None = None) -> dict[str, Any]:
    """Return an agent as the API shows it, in the version that it uses or in another one."""
    number = agent["version"] if name is None else _number_of(agent, name)
    version = agent["versions"][number]
    return {
        "model": version["model"],
        "name": version["name"],
        "id": agent["id"],
        "version": number,
        "versions": [*range(len(agent["versions"]))],
        "created_at": written_time(agent["created"]),
        "updated_at": written_time(agent["updated"] if name is None else version["made"]),
        "deployment_chat": bool(version["deployment_chat"]),
        "source": "api",
        "instructions": version["instructions"],
        "tools": version["tools"],
        "completion_args": shown_args(version["completion_args"]),
        "guardrails": version["guardrails"],
        "description": version["description"],
        "handoffs": version["handoffs"],
        "metadata": version["metadata"],
        "object": "agent",
        "owner_id": None,
        "version_message": version["version_message"],
    }


def with_alias(agent: Document, query: Mapping[str, str], now: float) -> Document:
    """Return the record of an agent with an alias, new or moved, of a version; both are in the query."""
    for key in ("alias", "version"):
        if not query.get(key):
            raise invalid("missing", key, "Field required", None)
    alias = query["alias"]
    if alias.isdecimal():
        raise invalid("value_error", "alias", "An alias must not be a number.", alias)
    before = agent["aliases"].get(alias, {"created": now})
    entry = {"version": _number_of(agent, query["version"]), "created": before["created"], "updated": now}
    return {**agent, "aliases": {**agent["aliases"], alias: entry}}


def without_alias(agent: Document, alias: str) -> Document:
    """Return the record of an agent without an alias; raise the 404 of an unknown one."""
    if alias not in agent["aliases"]:
        raise RequestError(f"Alias {alias[:100]} of agent {agent['id']} not found.", status=404)
    return {**agent, "aliases": {name: entry for name, entry in agent["aliases"].items() if name != alias}}


def shown_alias(agent: Document, alias: str) -> dict[str, Any]:
    """Return an alias as the API shows it."""
    entry = agent["aliases"][alias]
    times = {f"{key}_at": written_time(entry[key]) for key in ("created", "updated")}
    return {"alias": alias, "version": entry["version"], **times}


def matching(agents: Sequence[Document], query: Mapping[str, str], sources: Sequence[str]) -> list[Document]:
    """Return those agents that a query asks for, the newest first."""
    found = []
    for agent in reversed(agents):
        version, wanted = version_of(agent), query.get("search", "").lower()
        if (
            query.get("name", version["name"]) == version["name"]
            and query.get("id", agent["id"]) == agent["id"]
            and (wanted in version["name"].lower() or wanted in agent["id"])
            and query.get("deployment_chat", "").lower() in ("", str(bool(version["deployment_chat"])).lower())
            and (not sources or "api" in sources)
            and has_metadata(version["metadata"], query)
        ):
            found.append(agent)
    return found


def has_metadata(metadata: object, query: Mapping[str, str]) -> bool:
    """Tell whether metadata has the pairs that a query asks for, a JSON object; the SDK sends a text where it has none.

    The text is the name of the SDK's own mark for a field that is not set (3.7).
    """
    wanted, pairs = object_of(query.get("metadata") or "{}") or {}, mapping(metadata)
    return all(key in pairs and pairs[key] == value for key, value in wanted.items())


def page_from_token(items: Sequence[Any], query: Mapping[str, str], default: int) -> dict[str, Any]:
    """Return the page of a list that begins where `page_token` says, and the token of the next one."""
    start = number(query, "page_token", 0, 0)
    end = start + number(query, "page_size", default, 1)
    return {
        "object": "list",
        "data": list(items[start:end]),
        "next_page_token": str(end) if end < len(items) else None,
    }


def not_found(name: str) -> RequestError:
    """Return the 404 of an agent."""
    return RequestError(f"Agent {name[:100]} not found.", status=404)


def functions_of(tools: object) -> list[dict[str, Any]]:
    """Return those tools that are functions, as chat's requests have them."""
    return [tool for tool in _tools(tools) if tool.get("type") == "function"]


def hosted_names(tools: object) -> frozenset[str]:
    """Return the types of those tools that the API runs itself."""
    return frozenset(texts([tool.get("type") for tool in _tools(tools)])) - {"function"}


def _tools(tools: object) -> list[dict[str, Any]]:
    return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []


def handover_name(name: str) -> str:
    """Return the name of the tool by which a model hands the conversation over to the agent of a name.

    The API does not show its own name for it; this is that of other frameworks.
    """
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return f"transfer_to_{letters}"[:64]


def short_id(seed: str) -> str:
    """Return an id of a call, as chat's requests have them: nine letters or digits."""
    return ids.spelled(seed, 9, ids.ALPHANUMERIC)


def encoded(arguments: object) -> str:
    """Return the arguments of a call as text."""
    return text_or_none(arguments) or orjson.dumps({} if arguments in (None, "") else arguments).decode()
