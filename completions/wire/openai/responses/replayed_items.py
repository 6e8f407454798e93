"""Step 2 for responses: items that come back are unique, calls have their namespace, results the declared form.

Sources: refusals of the API that other projects recorded (vercel/ai 12689, 15193, 17666, 18605; 2026-07 to 2026-09).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from completions.exceptions import RequestError
from completions.tokens.deferred import TOOL_ADDING_ITEMS
from completions.wire.fields import dicts, text
from completions.wire.openai.responses.echo import defaults, has_own_namespace
from completions.wire.openai.responses.prompt import own_items

ID_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fc",
    "web_search_call": "ws",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}
"""The prefixes of items' ids, by type (measured with gpt-6-astra on 2026-09-24, type by type)."""

MAX_ID = 64
"""The most characters of an item's id; users quote the refusal of longer ones (of gpt-5.6-sol, in 2026)."""


def check_ids(own: Iterable[Mapping[str, Any]]) -> None:
    """Raise the error of an id that is too long, or has another type's or API's prefix, such as a call's id.

    `own` are the items of the request itself.
    """
    for at, item in enumerate(own):
        kind = text(item.get("type")) or ("message" if "role" in item else "item_reference")
        name, prefix, place = text(item.get("id")), ID_PREFIXES.get(kind, ""), f"input[{at}].id"
        if len(name) > MAX_ID:
            why = (
                f"Invalid '{place}': string too long. Expected a string with maximum length {MAX_ID}, but got a string "
                f"with length {len(name)} instead."
            )
            raise RequestError(why, code="string_above_max_length", param=place)
        if name and not name.startswith(prefix):
            why = f"Invalid '{place}': '{name[:200]}'. Expected an ID that begins with '{prefix}'."
            raise RequestError(why, code="invalid_value", param=place)


def check(items: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
    """Raise the error of a duplicate item, of a call without its namespace, or of a result that should be JSON.

    `items` are those of the whole conversation; `body` is the request, which has the last of them.
    """
    _check_unique(items)
    if tools := dicts(body.get("tools")):
        _check_namespaces(own_items(body), tools, text(body.get("model")))
        _check_results(items, tools)


def _check_unique(items: Iterable[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for item in items:
        name = text(item.get("id"))
        if name and name in seen:
            why = f"Duplicate item found with id {name}. Remove duplicate items from your input and try again."
            raise RequestError(why, param="input")
        seen.add(name)


def _check_namespaces(own: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], model: str) -> None:
    in_namespaces = {name for tool in _all_tools(own, tools, model) for name in _in_namespaces(tool)}
    in_namespaces -= {text(tool.get("name")) for tool in tools if tool.get("defer_loading") is not True}
    for at, item in enumerate(own):
        name = text(item.get("name"))
        if item.get("type") == "function_call" and not item.get("namespace") and name in in_namespaces:
            raise RequestError(
                f"Missing namespace for function_call '{name}'. It does not exist in the default namespace. Round-trip "
                "the model's function_call item with its namespace field included.",
                param=f"input[{at}].namespace",
            )


def _all_tools(
    own: Iterable[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], model: str
) -> Iterable[Mapping[str, Any]]:
    """Return the tools of a request, and those that its items add, as deferred tools."""
    yield from tools
    for item in own:
        if item.get("type") in TOOL_ADDING_ITEMS and has_own_namespace(item["type"], defaults(model)):
            yield from ({**tool, "defer_loading": True} for tool in dicts(item.get("tools")))


def _in_namespaces(tool: Mapping[str, Any]) -> Iterable[str]:
    """Return the functions of a namespace; a deferred function is in a namespace of its own name."""
    if tool.get("type") == "namespace":
        return [text(inner.get("name")) for inner in dicts(tool.get("tools"))]
    return [text(tool.get("name"))] if tool.get("defer_loading") is True else ()


def _check_results(items: Iterable[Mapping[str, Any]], tools: Iterable[Mapping[str, Any]]) -> None:
    declared = {text(tool.get("name")) for tool in tools if tool.get("output_schema")}
    calls: set[object] = set()
    for item in items if declared else ():
        if item.get("type") == "function_call" and item.get("name") in declared:
            calls.add(item.get("call_id"))
        elif item.get("type") == "function_call_output" and item.get("call_id") in calls:
            _check_json(item.get("output"))


def _check_json(output: object) -> None:
    try:
        orjson.loads(output if isinstance(output, str) else "0")
    except orjson.JSONDecodeError:
        raise RequestError(
            "Invalid function_call_output.output: expected a JSON string because the function declares output_schema.",
            code="invalid_value",
            param="input",
        ) from None
