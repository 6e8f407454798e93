"""What OpenAI's models read before a conversation: the functions, the API's own tools, and the schema of the answer.

The figures were worked out from recordings of the API, seen on 2026-11-26; `docs/usage.md` says which are exact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from completions.conversation import Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import as_tool, has_hidden, shown, shown_later
from completions.tokens.typescript import as_comment, functions, schema_as_json


class Marks(NamedTuple):
    """What stands around the functions and the schema, in tokens, for one generation of models at one address.

    `tools` is around the functions, `tools_with_system` where a system message is there already, `described` is more
    where the first function has a description; `schema` and `schema_with_system` are around the schema of the answer.
    `web_search` is the API's own search before it is used.
    """

    tools: int
    tools_with_system: int
    described: int
    schema: int
    schema_with_system: int
    web_search: int


MARKS: Mapping[tuple[bool, bool], Marks] = {
    (False, False): Marks(9, 5, 0, 7, 10, 294),
    (False, True): Marks(3, 3, 0, 7, 7, 294),
    (True, False): Marks(90, 90, 1, 6, 6, 290),
    (True, True): Marks(8, 8, 1, 6, 6, 290),
}
"""By whether the model thinks, and whether it is asked at `responses`."""

OPEN_SYSTEM = 65
"""OpenAI's open models have a system message of their own."""

OPEN_FORMS: Mapping[str, int] = {"json_schema": 63, "json_object": 27}
"""What more they are told of the answer's form."""

HOSTED: Mapping[str, int] = {"image_generation": 340, "code_interpreter": 700, "file_search": 500}
"""Tokens that a tool of the API's own costs before it is used, by its type; about right."""

SHOWN_LATER: Mapping[str, int] = {"additional_tools": 93, "tool_search_output": 137}
"""Tokens around tools that are shown in the middle of a conversation, by the item of `responses` that has them."""

ADDED = (("gpt-5.4", 94), ("gpt-5.6", 91))
"""The same of `additional_tools` for later models, by how their names begin."""

SEARCH, OWN_SEARCH = 381, 11
"""The API's search for tools, while there are hidden ones, and around the client's own."""

ONE_AT_A_TIME = 78
"""Tokens that tell a model that reasons, at `responses`, to make no two calls at once."""

GRAMMAR = 46
"""Tokens of the sentences that a grammar is told in."""


def count(prompt: Prompt, marks: Marks, responses: bool, is_open: bool) -> int:
    """Count what stands before the conversation: the tools, and the schema that the answer must have."""
    instructed = any(message.role in ("system", "developer") for message in prompt.messages)
    total = _functions(prompt, marks, instructed)
    total += sum(_hosted(tool, marks) for tool in _offered(prompt))
    total += _searches(prompt) if responses else 0
    if is_open and not prompt.tools:
        total += OPEN_SYSTEM + OPEN_FORMS.get(prompt.response_format.kind, 0)
    return total + _schema(prompt, marks, instructed)


def _offered(prompt: Prompt) -> Iterator[Mapping[str, Any]]:
    tools = prompt.body.get("tools")
    return (tool for tool in (tools if isinstance(tools, list) else ()) if isinstance(tool, Mapping))


def _functions(prompt: Prompt, marks: Marks, instructed: bool) -> int:
    tools = shown(prompt)
    if not tools:
        return 0
    total = marks.tools_with_system if instructed else marks.tools
    total += marks.described if tools[0].description else 0
    total += sum(_grammar(tool, prompt.model) for tool in _offered(prompt) if tool.get("type") == "custom")
    return total + tokens.count(functions(tools), prompt.model)


def _grammar(tool: Mapping[str, Any], model: str | None) -> int:
    """Count the grammar that a custom tool's input is held to, as comments above it."""
    own = tool.get("custom", tool)
    form = own.get("format") if isinstance(own, Mapping) else None
    told = form.get("grammar", form) if isinstance(form, Mapping) else None
    definition = told.get("definition") if isinstance(told, Mapping) else None
    return GRAMMAR + tokens.count(as_comment(definition), model) if isinstance(definition, str) else 0


def _hosted(tool: Mapping[str, Any], marks: Marks) -> int:
    kind = str(tool.get("type"))
    if kind.startswith("web_search"):
        return marks.web_search
    return next((cost for name, cost in HOSTED.items() if kind.startswith(name)), 0)


def _searches(prompt: Prompt) -> int:
    """Count a search for tools, and the tools that are shown in the middle of a conversation."""
    total = 0
    for kind, tools in shown_later(prompt):
        total += _around(kind, prompt.model or "") + tokens.count(functions(tools), prompt.model)
    for tool in _offered(prompt):
        if tool.get("type") == "tool_search":
            own = replace(as_tool(tool), name="tool_search")
            hosted = SEARCH if has_hidden(prompt) else 0
            total += OWN_SEARCH + tokens.count(functions([own]), prompt.model) if own.parameters else hosted
    return total


def _around(kind: str, model: str) -> int:
    later = (count for name, count in ADDED if kind == "additional_tools" and model.startswith(name))
    return next(later, SHOWN_LATER[kind])


def _schema(prompt: Prompt, marks: Marks, instructed: bool) -> int:
    """Count the schema of the answer, its name and its description."""
    form, model = prompt.response_format, prompt.model
    if form.kind != "json_schema":
        return 0
    total = marks.schema_with_system if instructed else marks.schema
    texts = (form.name, as_comment(_description(prompt.body)), schema_as_json(form.schema))
    return total + sum(tokens.count(text, model) for text in texts)


def _description(body: Mapping[str, Any]) -> object:
    """Return what the request says of the schema, at `chat` or at `responses`."""
    for outer, inner in (("response_format", "json_schema"), ("text", "format")):
        if isinstance(form := body.get(outer), Mapping) and isinstance(told := form.get(inner), Mapping):
            return told.get("description")
    return None
