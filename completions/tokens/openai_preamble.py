"""What OpenAI's models read before a conversation: the functions, the API's own tools, and the schema of the answer.

The figures were worked out from recordings of the API, seen on 2026-11-26; `docs/usage.md` says which are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from completions.conversation import Prompt, Tool
from completions.tokens import text as tokens
from completions.tokens.deferred import as_tool, has_hidden, items_of, offered, shown, tools_in
from completions.tokens.remembered import MAX_TOOLS, Memory, key_of
from completions.tokens.servers import is_ollama
from completions.tokens.typescript import as_comment, as_json, functions, schema_as_json

T = TypeVar("T")

_known_tools = Memory[int](MAX_TOOLS)
"""The tokens of functions as they are written, by the model and the tools."""


class Marks(NamedTuple):
    """What stands around the functions and the schema, in tokens, for one generation of models at one address.

    `tools` is around the functions, `tools_with_system` where a system message is there already, `described` is more
    where the first function has a description; `schema` is around the schema of the answer, `schema_with_system` where
    there is a system message, `schema_with_tools` where functions stand before it.
    `web_search` is the API's own search before it is used. `chosen` is around the name of the one function that must be
    called. What is `joined` stands in the system message itself.
    """

    tools: int
    tools_with_system: int
    described: int
    schema: int
    schema_with_system: int
    schema_with_tools: int
    web_search: int
    chosen: int | None = None
    joined: bool = False


MARKS: Mapping[tuple[bool, bool], Marks] = {
    (False, False): Marks(9, 5, 0, 14, 10, 7, 294, 7, joined=True),
    (False, True): Marks(3, 3, 0, 7, 7, 7, 294, 7),
    (True, False): Marks(90, 90, 1, 10, 6, 6, 290),
    (True, True): Marks(8, 8, 1, 6, 6, 6, 290),
}
"""By whether the model thinks, and whether it is asked at `responses`."""

OPEN_MARKS = MARKS[True, False]._replace(tools=85, tools_with_system=84, described=0)
OPEN_SYSTEM = 65
"""OpenAI's open models have a system message of their own, and what stands around their functions (Groq, 2026)."""

OPEN_AT_BEDROCK, OPEN_AT_OLLAMA = 60, 61
"""The same system message there, where there are no functions (tmc/langchaingo, August and March 2026)."""

OPEN_FORMS: Mapping[str, tuple[int, int]] = {"json_schema": (63, 63), "json_object": (24, 27)}
"""What more they are told of the answer's form, and the same where there is a system message."""

UNSHOWN = ("together", "vllm")
"""The dialects that hold an answer to a form and show it to no model: counted by maruel/genai at Together in 2026."""

HOSTED: Mapping[str, int] = {"image_generation": 340, "code_interpreter": 700, "file_search": 500}
"""Tokens that a tool of the API's own costs before it is used, by its type; about right."""

COMPUTER = 762
"""Tokens that the tool `computer` costs, beside what stands for a function: of gpt-6-luna, in October 2026."""

ADDED: tuple[tuple[str, int], ...] = (("gpt-5.4", 94), ("gpt-5.6", 91), ("", 93))
"""Tokens around tools that are added in the middle of a conversation, by how the model's name begins."""


class SearchMarks(NamedTuple):
    """What stands around the tools that a search has found, beside its arguments.

    By who ran it: the client with a search of its `own`, or by the API's tool, which the `server` may run too; and
    what stands around a search whose tools are not sent back, which is `unanswered`.
    """

    own: int
    client: int
    server: int
    unanswered: int


FOUND = (("gpt-5.6", SearchMarks(137, 130, 128, 28)), ("", SearchMarks(137, 134, 129, 49)))
"""By how the model's name begins."""

SEARCH, OWN_SEARCH = 375, 11
"""The API's search for tools, while there are hidden ones, and around the client's own."""

ONE_AT_A_TIME = 78
"""Tokens that tell a model that reasons, at `responses`, to make no two calls at once."""

LAST = 64
"""Characters at a text's end, by which it is told how the next begins."""

GRAMMAR = 46
"""Tokens of the sentences that a grammar is told in."""


def count(prompt: Prompt, marks: Marks, responses: bool, is_open: bool) -> int:
    """Count what stands before the conversation: the tools, and the schema that the answer must have."""
    first = next((message for message in prompt.messages if message.role in ("system", "developer")), None)
    instructed = first is not None
    total = _functions(prompt, OPEN_MARKS if is_open else marks, instructed, is_open)
    total += sum(_hosted(tool, marks) for tool in offered(prompt))
    total += _searches(prompt) if responses else 0
    if is_open and not prompt.tools:
        total += _open_system(prompt)
        total += 0 if _unshown(prompt) else OPEN_FORMS.get(prompt.response_format.kind, (0, 0))[instructed]
    total += _schema(prompt, marks, instructed or is_open)
    return total + _break(first.text, prompt.model) if first and marks.joined and total else total


def _open_system(prompt: Prompt) -> int:
    if is_ollama(prompt):
        return OPEN_AT_OLLAMA
    return OPEN_AT_BEDROCK if (prompt.model or "").startswith("openai.") else OPEN_SYSTEM


def _unshown(prompt: Prompt) -> bool:
    return prompt.address.get("dialect") in UNSHOWN


def _break(text: str, model: str | None) -> int:
    """Count the blank line after a system message: nothing where its tokenizer joins it with the mark at the end."""
    return tokens.count(text[-LAST:] + "\n\n", model) - tokens.count(text[-LAST:], model)


def _functions(prompt: Prompt, marks: Marks, instructed: bool, is_open: bool) -> int:
    tools = shown(prompt)
    if not tools:
        return 0
    total = marks.tools_with_system if instructed else marks.tools
    total += marks.described if tools[0].description else 0
    total += _chosen(prompt, marks)
    total += sum(_grammar(tool, prompt.model) for tool in offered(prompt) if tool.get("type") == "custom")
    return total + _written(tools, prompt.model, by_groq=is_open)


def _written(tools: Sequence[Tool], model: str | None, *, by_groq: bool = False) -> int:
    """Count functions as they are written, which are the same in each request of an agent."""
    return _known_tools.of((model, key_of(tools)), lambda: tokens.count(functions(tools, by_groq=by_groq), model))


def _chosen(prompt: Prompt, marks: Marks) -> int:
    """Count the name of the one function that must be called."""
    choice = prompt.tool_choice
    if marks.chosen is None or choice.mode != "required" or len(choice.names) != 1:
        return 0
    return marks.chosen + tokens.count(choice.names[0], prompt.model)


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
    if kind == "computer":
        return COMPUTER
    return next((cost for name, cost in HOSTED.items() if kind.startswith(name)), 0)


def _searches(prompt: Prompt) -> int:
    """Count a search for tools, and the tools that are shown in the middle of a conversation."""
    model, total = prompt.model or "", 0
    searching = [tool for tool in offered(prompt) if tool.get("type") == "tool_search"]
    own = [replace(as_tool(tool), name="tool_search") for tool in searching if tool.get("parameters")]
    total += sum(OWN_SEARCH + _written([tool], model) for tool in own)
    if len(searching) > len(own) and has_hidden(prompt):
        total += SEARCH
    marks, unanswered = _by_beginning(FOUND, model), 0
    for item in items_of(prompt):
        kind, tools = item.get("type"), tools_in(item)
        if kind == "tool_search_call":
            total += tokens.count(as_json(item.get("arguments")), model)
            unanswered += 1
        elif kind == "tool_search_output":
            ran = marks.server if item.get("execution") == "server" else marks.own if own else marks.client
            total += ran + _written(tools, model)
            unanswered -= 1
        elif kind == "additional_tools":
            total += _by_beginning(ADDED, model) + _written(tools, model)
    return total + max(unanswered, 0) * marks.unanswered


def _by_beginning(table: Sequence[tuple[str, T]], model: str) -> T:
    """Return what a table has for a model, by how its name begins."""
    return next(found for start, found in table if model.startswith(start))


def _schema(prompt: Prompt, marks: Marks, instructed: bool) -> int:
    """Count the schema of the answer, its name and its description, where the model is shown it."""
    form, model = prompt.response_format, prompt.model
    if form.kind != "json_schema" or _unshown(prompt):
        return 0
    total = marks.schema_with_tools if prompt.tools else marks.schema_with_system if instructed else marks.schema
    texts = (f" {form.name}", as_comment(_description(prompt.body)), schema_as_json(form.schema))
    return total + sum(tokens.count(text, model) for text in texts)


def _description(body: Mapping[str, Any]) -> object:
    """Return what the request says of the schema, at `chat` or at `responses`."""
    for outer, inner in (("response_format", "json_schema"), ("text", "format")):
        if isinstance(form := body.get(outer), Mapping) and isinstance(told := form.get(inner), Mapping):
            return told.get("description")
    return None
