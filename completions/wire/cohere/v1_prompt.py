"""Step 2 for version 1 of Cohere's chat: its body, translated to one of version 2 -> `Prompt`.

The fields are those of `Client.chat` in the cohere SDK 7. The wordings are those that users quote of this address.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.cohere.base import check
from completions.wire.cohere.prompt import FIELDS as V2_FIELDS
from completions.wire.cohere.prompt import check_options
from completions.wire.cohere.prompt import read_prompt as read_v2_prompt
from completions.wire.fields import dicts, mapping, text, without_fields, without_nulls
from completions.wire.shapes import Shape

Body = Mapping[str, Any]
Message = dict[str, Any]

_TURN: Shape = {"role": str, "message": str, "tool_calls": [dict], "tool_results": [dict]}
FIELDS: Mapping[str, Shape] = {
    **without_fields(V2_FIELDS, "messages"),
    **dict.fromkeys(("message", "preamble", "conversation_id", "prompt_truncation", "citation_quality"), str),
    **{name: [dict] for name in ("connectors", "tool_results", "documents")},
    "chat_history": [_TURN],
    "tools": [{"name": str, "description": str, "parameter_definitions": dict}],
    **dict.fromkeys(("search_queries_only", "raw_prompting", "force_single_step"), bool),
    "max_input_tokens": int,
}
ROLES = ("USER", "CHATBOT", "SYSTEM", "TOOL")

JSON_SCHEMA_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
"""The names in JSON Schema of the Python types by which parameters are declared."""

NO_MESSAGE = "invalid request: message must be at least 1 token long or tool results must be specified."
NO_TURN_MESSAGE = "invalid request: all elements in history must have a message."
MESSAGE_AND_RESULTS = "invalid request: cannot specify both message and tool_results in multistep mode"
MESSAGE_AFTER_RESULTS = (
    "invalid request: cannot specify message if the last entry in chat history contains tool results"
)


def validate(body: Body) -> None:
    """Raise `RequestError` for the first thing that the API would refuse."""
    check(body, FIELDS, ())
    history = body.get("chat_history") or []
    for at, turn in enumerate(history):
        _check_turn(turn, at)
    if not body.get("message") and not body.get("tool_results"):
        raise RequestError(NO_MESSAGE)
    if body.get("message") and body.get("tool_results") and not body.get("force_single_step"):
        raise RequestError(MESSAGE_AND_RESULTS)
    if body.get("message") and history and role_of(history[-1]) == "TOOL":
        raise RequestError(MESSAGE_AFTER_RESULTS)
    check_options(body)


def _check_turn(turn: Any, at: int) -> None:
    if turn is None or (role := role_of(turn)) not in ROLES:
        role_name = mapping(turn).get("role")
        raise RequestError(
            f"invalid request: chat_history[{at}].role must be one of {', '.join(ROLES)}, but it is {role_name}"
        )
    if role != "TOOL" and not turn.get("message") and not turn.get("tool_calls"):
        raise RequestError(NO_TURN_MESSAGE)


def role_of(turn: Body) -> str:
    """Return the role of a turn in capitals, as answers have it; requests may have lower case."""
    return text(turn.get("role")).upper()


def turns(body: Body) -> list[Message]:
    """Return the conversation up to the current message, as an answer repeats it."""
    history = [_turn(turn) for turn in dicts(body.get("chat_history"))]
    if message := text(body.get("message")):
        history.append({"role": "USER", "message": message})
    if results := dicts(body.get("tool_results")):
        history.append({"role": "TOOL", "tool_results": list(results)})
    return history


def _turn(source: Body) -> Message:
    """Return a turn of the history with the fields that the API knows."""
    turn: Message = {"role": role_of(source)}
    if turn["role"] == "TOOL":
        return turn | {"tool_results": list(dicts(source.get("tool_results")))}
    calls = [
        {"name": call.get("name"), "parameters": call.get("parameters")} for call in dicts(source.get("tool_calls"))
    ]
    return turn | {"message": text(source.get("message"))} | ({"tool_calls": calls} if calls else {})


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Read a request."""
    system = [{"role": "system", "content": preamble}] if (preamble := text(body.get("preamble"))) else []
    v2_body = {
        **body,
        "messages": [*system, *_messages(body)],
        "tools": [_tool(each) for each in dicts(body.get("tools"))],
    }
    return replace(read_v2_prompt(v2_body, headers), format="cohere_v1", body=body, top_logprobs=None)


def _messages(body: Body) -> Iterator[Message]:
    """Yield the turns as messages of version 2; the calls, which have no ids in version 1, get some.

    Results without a turn that called, as in a single step, get one.
    """
    call_ids: dict[str, str] = {}
    for index, turn in enumerate(turns(body)):
        if turn["role"] == "TOOL":
            results = turn["tool_results"]
            if not call_ids:
                yield _calling_message("", [mapping(result.get("call")) for result in results], index, call_ids)
            yield from (_result(result, call_ids) for result in results)
        elif turn["role"] == "CHATBOT":
            call_ids = {}
            yield _calling_message(turn["message"], turn.get("tool_calls", ()), index, call_ids)
        else:
            yield {"role": turn["role"].lower(), "content": turn["message"]}


def _calling_message(content: str, calls: Any, turn_index: int, call_ids: dict[str, str]) -> Message:
    """Return the model's message with its calls; notes their ids in `call_ids`, by the names of the tools."""
    message: Message = {"role": "assistant", "content": content}
    for call_index, call in enumerate(calls):
        name, call_id = text(call.get("name")), f"call_{turn_index}_{call_index}"
        call_ids.setdefault(name, call_id)
        function = {"name": name, "arguments": orjson.dumps(call.get("parameters") or {}).decode()}
        message.setdefault("tool_calls", []).append({"id": call_id, "type": "function", "function": function})
    return message


def _result(result: Body, call_ids: Mapping[str, str]) -> Message:
    outputs = [{"type": "document", "document": {"data": output}} for output in dicts(result.get("outputs"))]
    name = text(mapping(result.get("call")).get("name"))
    return {"role": "tool", "tool_call_id": call_ids.get(name, ""), "content": outputs}


def _tool(tool: Body) -> Message:
    """Return a tool with a JSON Schema of its parameters."""
    definitions = {name: mapping(definition) for name, definition in mapping(tool.get("parameter_definitions")).items()}
    schema = {
        "type": "object",
        "properties": {name: _schema(definition) for name, definition in definitions.items()},
        "required": [name for name, definition in definitions.items() if definition.get("required")],
    }
    function = {"name": tool.get("name"), "description": tool.get("description"), "parameters": schema}
    return {"type": "function", "function": function}


def _schema(parameter: Body) -> Message:
    first_word = re.match(r"\w*", text(parameter.get("type")).lower())
    type_name = first_word[0] if first_word else ""
    json_type = JSON_SCHEMA_TYPES.get(type_name, type_name if type_name in JSON_SCHEMA_TYPES.values() else None)
    schema = {"type": json_type, "description": parameter.get("description")}
    return without_nulls(schema)
