"""A call of a function that the prompt describes in words, for step 3, as models write it without an API's tools.

Hermes and Qwen have the functions in `<tools>`, the call in `<tool_call>` and the result in `<tool_response>`.
Llama has them as JSON, and the call as JSON with `name` and `parameters`. LangChain's guide has signatures in Python.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt, Tool, ToolResult
from completions.script.auto.fitting import best_fitting
from completions.script.auto.sentences import retold
from completions.script.protocols.braces import MAX_SEARCHED, braced, value_of
from completions.script.protocols.observation import question
from completions.script.protocols.tool_descriptions import MAX_TOOLS, arguments
from completions.script.protocols.written_types import schema_of_parameters
from completions.script.schemas.document import compact, seeded

JSON_CALL = re.compile(
    r"""["'](?:name|tool)["']\s*(?::\s*(?:<?function|<?tool)|and\s)[^\n]{0,60}["'](parameters|arguments)["']"""
)
RESPONSE = re.compile(r"<tool_response>\s*(.{0,20000}?)\s*</tool_response>\s*\Z", re.DOTALL)
TOOLS_ELEMENT = re.compile(r"<tools>((?:(?!<tools>).)*?)</tools>", re.DOTALL)
SIGNATURE = re.compile(r"^[ \t]*(\w+)\(([^()\n]{0,500})\)(?: -> [\w\[\], ]+)? - ([^\n]+)", re.MULTILINE)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Call the best fitting function, or repeat its result; None if the prompt does not describe how to call one."""
    texts = [message.text for message in prompt.messages if message.role in ("system", "developer", "user")]
    text = "\n".join(texts)[:MAX_SEARCHED]
    in_tags = "<tool_call>" in text and "<tools>" in text
    form = None if in_tags else JSON_CALL.search(text)
    tools = _tools(text) if in_tags or form else []
    if not tools:
        return None
    last = prompt.messages[-1]
    if last.role != "system" and (response := RESPONSE.search(last.text) if last.role == "user" else None):
        return retold(ToolResult("", response[1]), _user_text(prompt), seeded(f"{seed}/told"))
    if last.role in ("tool", "ipython"):
        return retold(ToolResult("", last.text), _user_text(prompt), seeded(f"{seed}/told"))
    tool = best_fitting(tools, question(prompt))
    call = compact({"name": tool.name, form[1] if form else "arguments": arguments(tool, seed, question(prompt))})
    return f"<tool_call>\n{call}\n</tool_call>" if in_tags else call


def _user_text(prompt: Prompt) -> str:
    """Return the last text of the user that is not the result of a function."""
    texts = (message.text for message in reversed(prompt.messages) if message.role == "user")
    return next((text for text in texts if not text.lstrip().startswith("<tool_response>")), "")


def _tools(text: str) -> list[Tool]:
    """Return the functions that a text describes: as JSON, or as signatures."""
    parts = braced(max(TOOLS_ELEMENT.findall(text), key=len, default=text))
    described = [tool for part in parts[:MAX_TOOLS] if (tool := _tool(value_of(part.text)))]
    return described or [
        Tool(name, description, schema_of_parameters(parameters))
        for name, parameters, description in SIGNATURE.findall(text)
    ]


def _tool(value: object) -> Tool | None:
    if isinstance(value, Mapping) and isinstance(value.get("function"), Mapping):
        value = value["function"]
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    schema = value.get("parameters")
    if isinstance(schema, list):
        schema = _of_list(schema)
    if not isinstance(schema, Mapping):
        return None
    return Tool(value["name"], str(value.get("description", "")), schema)


def _of_list(parameters: list[object]) -> Mapping[str, object]:
    """Return the schema of arguments in a list of named parameters, as in Qwen-Agent's tools."""
    named = [each for each in parameters if isinstance(each, Mapping) and isinstance(each.get("name"), str)]
    properties = {each["name"]: {key: each[key] for key in each if key not in ("name", "required")} for each in named}
    return {"type": "object", "properties": properties, "required": list(properties)}
