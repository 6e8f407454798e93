"""From what a recorded request asked to a request of another API that asks the same."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from completions.exceptions import MockError
from completions.script.request.document import Document

Body = dict[str, Any]


class NotAskable(MockError):
    """Why a request cannot be asked of an API."""


def body_of(asked: Document, *, stream: bool) -> Body:
    """Return the body of a request that asks the same; raise `NotAskable` where it is not all there."""
    write = WRITERS.get(asked.get("format", ""))
    if write is None:
        raise NotAskable(f"requests of the format {asked.get('format')} cannot be written")
    return {name: value for name, value in write(asked, stream).items() if value not in (None, [], {})}


def _messages(asked: Document) -> list[Body]:
    found: list[Body] = asked.get("messages") or []
    return found


def _sampling(asked: Document, names: Mapping[str, str]) -> Body:
    given = asked.get("sampling") or {}
    for name in given:
        if name not in names:
            raise NotAskable(f"its API has no {name}")
    if asked.get("n", 1) != 1:
        raise NotAskable("its API gives one answer at a time")
    return {ours: given[theirs] for theirs, ours in names.items() if theirs in given}


def _arguments(call: Body) -> Any:
    try:
        return json.loads(call.get("arguments") or "{}")
    except ValueError:
        raise NotAskable(f"the arguments of {call.get('name')} are no JSON") from None


def _functions(asked: Document) -> list[Body]:
    """Return the tools that are functions; what an API runs itself is named by its type only, and is as it was."""
    if any("type" in tool for tool in asked.get("tools") or ()):
        raise NotAskable("it offers a tool that the API runs itself")
    return [{"description": "", "parameters": {}, **tool} for tool in asked.get("tools") or ()]


def _no_effort(asked: Document) -> None:
    if "reasoning_effort" in asked:
        raise NotAskable("its API says otherwise how much is to be thought")


def _no_parts(message: Body) -> None:
    if message.get("parts"):
        raise NotAskable("it has a picture, a sound or a file")


def _chat(asked: Document, stream: bool) -> Body:
    messages = []
    for message in _messages(asked):
        _no_parts(message)
        found: Body = {"role": message["role"], "content": message.get("text", "")}
        found |= {name: message[name] for name in ("name", "tool_call_id") if name in message}
        if calls := message.get("tool_calls"):
            named = [(call.get("id", ""), {"name": call["name"], "arguments": call["arguments"]}) for call in calls]
            found["tool_calls"] = [{"id": id, "type": "function", "function": function} for id, function in named]
        messages.append(found)
    told: Body = {name: asked[name] for name in ("model", "n", "stop", "reasoning_effort") if name in asked}
    tools = [{"type": "function", "function": tool} for tool in _functions(asked)]
    if form := _form(asked):
        told["response_format"] = _chat_form(form)
    if choice := asked.get("tool_choice"):
        only = [{"type": "function", "function": {"name": name}} for name in choice[1:]]
        told["tool_choice"] = _one_choice(choice, only)
    return {**told, "messages": messages, "tools": tools, "stream": stream or None, **(asked.get("sampling") or {})}


def _anthropic(asked: Document, stream: bool) -> Body:
    turns: list[Body] = []
    for message in _messages(asked):
        _no_parts(message)
        if message["role"] in ("system", "developer"):
            continue
        blocks: list[Body] = []
        if message["role"] == "tool":
            answered = {"type": "tool_result", "tool_use_id": message.get("tool_call_id", "")}
            blocks.append({**answered, "content": message.get("text", "")})
        elif message.get("text"):
            blocks.append({"type": "text", "text": message["text"]})
        for call in message.get("tool_calls") or ():
            used = {"type": "tool_use", "id": call.get("id", ""), "name": call["name"]}
            blocks.append({**used, "input": _arguments(call)})
        turns.append({"role": "assistant" if message["role"] == "assistant" else "user", "content": blocks})
    names = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_tokens": "max_tokens"}
    tools = [
        {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
        for tool in _functions(asked)
    ]
    told: Body = {"model": asked.get("model"), "system": _system(asked), "messages": turns, "tools": tools}
    if form := _form(asked):
        if form["type"] != "json_schema":
            raise NotAskable("Anthropic's API has no form of JSON without a schema")
        told["output_config"] = {"format": {"type": "json_schema", "schema": form.get("schema", {})}}
    _no_effort(asked)
    if choice := asked.get("tool_choice"):
        named = [{"type": "tool", "name": name} for name in choice[1:]]
        told["tool_choice"] = _one_choice(choice, named, {"auto": "auto", "required": "any", "none": "none"})
    return {**told, "stop_sequences": asked.get("stop"), "stream": stream or None, **_sampling(asked, names)}


def _form(asked: Document) -> Body | None:
    """Return the form that the answer is to have, where it is another than any text."""
    form: Body | None = asked.get("response_format")
    return form if form and form["type"] != "text" else None


def _chat_form(form: Body) -> Body:
    if form["type"] != "json_schema":
        return {"type": form["type"]}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": form.get("schema", {})}}


def _one_choice(choice: list[str], named: list[Body], modes: Mapping[str, str] | None = None) -> Any:
    """Return whether tools may be called: a mode by its name, or the one tool that must be."""
    if len(named) == 1:
        return named[0]
    if named:
        raise NotAskable("it allows some of its tools")
    return choice[0] if modes is None else {"type": modes[choice[0]]}


def _system(asked: Document) -> str:
    """Return the system's text; raise `NotAskable` where it stands behind something else."""
    are_system = [each["role"] in ("system", "developer") for each in _messages(asked)]
    if are_system != sorted(are_system, reverse=True):
        raise NotAskable("a system message stands behind another one")
    texts = [each.get("text", "") for each in _messages(asked) if each["role"] in ("system", "developer")]
    return "\n".join(texts)


WRITERS: dict[str, Callable[[Document, bool], Body]] = {"chat": _chat, "anthropic": _anthropic}
"""What writes a request, by the format in which it is asked."""
