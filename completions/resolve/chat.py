"""Step 3: a prompt as the parameters of a chat completion, which LiteLLM takes for any provider."""

from collections.abc import Iterator
from typing import Any

from completions.conversation import Message, Part, Prompt, Tool
from completions.exceptions import MockError
from completions.script.request.document import document

CALLER_FIELDS = ("model", "stream", "stream_options")
"""Fields of a chat completion's body that the caller sets."""


class NotExpressible(MockError):
    """The prompt cannot be expressed as a chat completion."""


def chat_parameters(prompt: Prompt) -> dict[str, Any]:
    """Return the parameters: the body of a chat completion, or the neutral parts of another API's request."""
    if prompt.task != "generate":
        raise NotExpressible(f"it answers conversations, not requests of the format {prompt.format}")
    if prompt.format == "chat":
        return {name: value for name, value in prompt.body.items() if name not in CALLER_FIELDS}
    found = {
        "messages": list(map(_message, prompt.messages)),
        "tools": list(_tools(prompt)),
        "tool_choice": _tool_choice(prompt),
        "parallel_tool_calls": None if prompt.parallel_tool_calls else False,
        "response_format": _form(prompt),
        "n": prompt.n if prompt.n > 1 else None,
        "stop": list(prompt.stop),
        "reasoning_effort": prompt.reasoning_effort,
        **document(prompt).get("sampling", {}),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.parts:
        found["content"] = [{"type": "text", "text": message.text}] if message.text else []
        found["content"] += list(map(_part, message.parts))
    if message.name:
        found["name"] = message.name
    if message.tool_call_id:
        found["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        called = [(call.id, {"name": call.name, "arguments": call.arguments}) for call in message.tool_calls]
        found["tool_calls"] = [{"id": id, "type": "function", "function": function} for id, function in called]
    return found


def _part(part: Part) -> dict[str, Any]:
    is_url = part.source.startswith(("http://", "https://", "data:"))
    source = part.source if is_url else f"data:{part.media_type or 'application/octet-stream'};base64,{part.source}"
    match part.kind:
        case "image":
            return {"type": "image_url", "image_url": {"url": source}}
        case "file":
            return {"type": "file", "file": {"file_data": source}}
    form = part.media_type.rpartition("/")[2] or "wav"
    return {"type": "input_audio", "input_audio": {"data": part.source.rpartition(",")[2], "format": form}}


def _tools(prompt: Prompt) -> Iterator[dict[str, Any]]:
    hosted = [tool["type"] for tool in document(prompt).get("tools", ()) if "type" in tool]
    if hosted:
        raise NotExpressible(f"its tool {hosted[0]} is one that the API runs itself")
    yield from map(_tool, prompt.tools)


def _tool(tool: Tool) -> dict[str, Any]:
    if tool.kind == "custom":
        raise NotExpressible(f"its tool {tool.name} takes a text instead of JSON")
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function | ({"strict": True} if tool.strict else {})}


def _tool_choice(prompt: Prompt) -> Any:
    choice = prompt.tool_choice
    if not choice.stated:
        return None
    if len(choice.names) == 1:
        return {"type": "function", "function": {"name": choice.names[0]}}
    return choice.mode


def _form(prompt: Prompt) -> dict[str, Any] | None:
    form = prompt.response_format
    if not form.stated:
        return None
    if form.kind != "json_schema":
        return {"type": form.kind}
    schema = {"name": form.name or "answer", "schema": dict(form.schema), "strict": form.strict}
    return {"type": "json_schema", "json_schema": schema}
