"""Step 2 for the first version of Cohere's chat: its body, told as one of the second version -> `Prompt`.

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
from completions.wire.cohere.prompt import FIELDS as SECOND
from completions.wire.cohere.prompt import check_options
from completions.wire.cohere.prompt import read_prompt as read_second
from completions.wire.fields import dicts, mapping, text, without_fields, without_nulls
from completions.wire.shapes import Shape

Body = Mapping[str, Any]
Message = dict[str, Any]

_TURN: Shape = {"role": str, "message": str, "tool_calls": [dict], "tool_results": [dict]}
FIELDS: Mapping[str, Shape] = {
    **without_fields(SECOND, "messages"),
    **dict.fromkeys(("message", "preamble", "conversation_id", "prompt_truncation", "citation_quality"), str),
    **{name: [dict] for name in ("connectors", "tool_results", "documents")},
    "chat_history": [_TURN],
    "tools": [{"name": str, "description": str, "parameter_definitions": dict}],
    **dict.fromkeys(("search_queries_only", "raw_prompting", "force_single_step"), bool),
    "max_input_tokens": int,
}
ROLES = ("USER", "CHATBOT", "SYSTEM", "TOOL")

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
"""What Python's types, by which parameters are declared, are called in JSON Schema."""

NO_MESSAGE = "invalid request: message must be at least 1 token long or tool results must be specified."
UNSAID = "invalid request: all elements in history must have a message."
BOTH = "invalid request: cannot specify both message and tool_results in multistep mode"
AFTER_RESULTS = "invalid request: cannot specify message if the last entry in chat history contains tool results"


def validate(body: Body) -> None:
    """Raise `RequestError` for the first thing that the API would refuse."""
    check(body, FIELDS, ())
    history = body.get("chat_history") or []
    for at, turn in enumerate(history):
        _check_turn(turn, at)
    if not body.get("message") and not body.get("tool_results"):
        raise RequestError(NO_MESSAGE)
    if body.get("message") and body.get("tool_results") and not body.get("force_single_step"):
        raise RequestError(BOTH)
    if body.get("message") and history and role_of(history[-1]) == "TOOL":
        raise RequestError(AFTER_RESULTS)
    check_options(body)


def _check_turn(turn: Any, at: int) -> None:
    if turn is None or (role := role_of(turn)) not in ROLES:
        said = mapping(turn).get("role")
        raise RequestError(
            f"invalid request: chat_history[{at}].role must be one of {', '.join(ROLES)}, but it is {said}"
        )
    if role != "TOOL" and not turn.get("message") and not turn.get("tool_calls"):
        raise RequestError(UNSAID)


def role_of(turn: Body) -> str:
    """Return whose turn it is, in capitals, as answers tell it; requests may write it otherwise."""
    return text(turn.get("role")).upper()


def turns(body: Body) -> list[Message]:
    """Return the conversation up to what is asked, as an answer repeats it."""
    found = [_turn(each) for each in dicts(body.get("chat_history"))]
    if said := text(body.get("message")):
        found.append({"role": "USER", "message": said})
    if results := dicts(body.get("tool_results")):
        found.append({"role": "TOOL", "tool_results": list(results)})
    return found


def _turn(given: Body) -> Message:
    """Return a turn of the history with the fields that the API knows."""
    turn: Message = {"role": role_of(given)}
    if turn["role"] == "TOOL":
        return turn | {"tool_results": list(dicts(given.get("tool_results")))}
    calls = [
        {"name": call.get("name"), "parameters": call.get("parameters")} for call in dicts(given.get("tool_calls"))
    ]
    return turn | {"message": text(given.get("message"))} | ({"tool_calls": calls} if calls else {})


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return what a request asks."""
    system = [{"role": "system", "content": said}] if (said := text(body.get("preamble"))) else []
    second = {
        **body,
        "messages": [*system, *_messages(body)],
        "tools": [_tool(each) for each in dicts(body.get("tools"))],
    }
    return replace(read_second(second, headers), format="cohere_v1", body=body)


def _messages(body: Body) -> Iterator[Message]:
    """Yield the turns as messages of the second version, with ids for the calls, which have none here.

    Results without the turn that called, as there are in a single step, get one that calls.
    """
    called: dict[str, str] = {}
    for at, turn in enumerate(turns(body)):
        if turn["role"] == "TOOL":
            results = turn["tool_results"]
            if not called:
                yield _calling("", [mapping(result.get("call")) for result in results], at, called)
            yield from (_result(result, called) for result in results)
        elif turn["role"] == "CHATBOT":
            called = {}
            yield _calling(turn["message"], turn.get("tool_calls", ()), at, called)
        else:
            yield {"role": turn["role"].lower(), "content": turn["message"]}


def _calling(said: str, calls: Any, at: int, called: dict[str, str]) -> Message:
    """Return the model's message with its calls, whose ids are noted by the tools' names."""
    message: Message = {"role": "assistant", "content": said}
    for place, call in enumerate(calls):
        name, id = text(call.get("name")), f"call_{at}_{place}"
        called.setdefault(name, id)
        function = {"name": name, "arguments": orjson.dumps(call.get("parameters") or {}).decode()}
        message.setdefault("tool_calls", []).append({"id": id, "type": "function", "function": function})
    return message


def _result(result: Body, called: Mapping[str, str]) -> Message:
    outputs = [{"type": "document", "document": {"data": output}} for output in dicts(result.get("outputs"))]
    name = text(mapping(result.get("call")).get("name"))
    return {"role": "tool", "tool_call_id": called.get(name, ""), "content": outputs}


def _tool(given: Body) -> Message:
    """Return a tool with a JSON Schema of its parameters."""
    defined = {name: mapping(each) for name, each in mapping(given.get("parameter_definitions")).items()}
    schema = {
        "type": "object",
        "properties": {name: _schema(each) for name, each in defined.items()},
        "required": [name for name, each in defined.items() if each.get("required")],
    }
    function = {"name": given.get("name"), "description": given.get("description"), "parameters": schema}
    return {"type": "function", "function": function}


def _schema(parameter: Body) -> Message:
    found = re.match(r"\w*", text(parameter.get("type")).lower())
    kind = found[0] if found else ""
    known = TYPES.get(kind, kind if kind in TYPES.values() else None)
    told = {"type": known, "description": parameter.get("description")}
    return without_nulls(told)
