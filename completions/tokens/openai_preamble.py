"""The preamble that OpenAI's models read: the functions, the API's own tools, and the schema of the answer.

The figures were derived from recordings of the API, seen on 2026-11-26; `docs/usage.md` says which are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from completions.conversation import Prompt, Tool
from completions.tokens import text as tokens
from completions.tokens.deferred import as_tool, has_hidden_tools, items_of, raw_tools, tools_in, visible_tools
from completions.tokens.memory import MAX_TOOLS, Memory, key_of
from completions.tokens.servers import is_ollama
from completions.tokens.typescript import as_comment, as_json, functions, schema_as_json

T = TypeVar("T")

_known_tools = Memory[int](MAX_TOOLS)
"""The tokens of functions, by the model and the tools."""


class Marks(NamedTuple):
    """The tokens around the functions and the schema, for one generation of models at one address.

    `tools` is around the functions, `tools_with_system` if there is a system message, `described` is added if the first
    function has a description; `schema` is around the schema of the answer, `schema_with_system` if there is a system
    message, `schema_with_tools` if functions come before it. `web_search` is the API's own search before it is used.
    `chosen` is around the name of the one function that must be called. If `joined`, the preamble is in the system
    message itself.
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
"""By whether the model thinks, and whether the request is for `responses`."""

OPEN_MARKS = MARKS[True, False]._replace(tools=85, tools_with_system=84, described=0)
OPEN_SYSTEM = 65
"""The marks and the built-in system message of OpenAI's open models (Groq, 2026)."""

OPEN_AT_BEDROCK, OPEN_AT_OLLAMA = 60, 61
"""The same system message there, without functions (tmc/langchaingo, August and March 2026)."""

OPEN_FORMS: Mapping[str, tuple[int, int]] = {"json_schema": (63, 63), "json_object": (24, 27)}
"""The tokens for the answer's format, and those with a system message."""

HIDES_SCHEMA = ("together", "vllm")
"""The dialects that enforce an answer's format without showing it to the model: counted by maruel/genai at Together in
2026."""

HOSTED: Mapping[str, int] = {"image_generation": 340, "code_interpreter": 700, "file_search": 500}
"""The approximate tokens of the API's own tools before they are used, by the type."""

COMPUTER = 762
"""The tokens of the tool `computer`, in addition to those of a function: of gpt-6-luna, in October 2026."""

ADDED_TOOLS: tuple[tuple[str, int], ...] = (("gpt-5.4", 94), ("gpt-5.6", 91), ("", 93))
"""Tokens around tools that are added within a conversation, by the prefix of the model's name."""


class SearchMarks(NamedTuple):
    """The tokens around the tools that a search has found, in addition to its arguments.

    `client_tool` is for the client's own search tool; `client` and `server` are for the API's tool, by who ran it;
    `unanswered` is for a search whose tools are not sent back.
    """

    client_tool: int
    client: int
    server: int
    unanswered: int


SEARCH_MARKS = (("gpt-5.6", SearchMarks(137, 130, 128, 28)), ("", SearchMarks(137, 134, 129, 49)))
"""By the prefix of the model's name."""

TOOL_SEARCH, CLIENT_SEARCH = 375, 11
"""The API's search for tools, while there are hidden ones, and the marks around the client's own."""

ONE_AT_A_TIME = 78
"""Tokens of the instruction against parallel calls, for reasoning models at `responses`."""

TAIL_LENGTH = 64
"""Characters at a text's end that decide how it is joined with the next token."""

GRAMMAR_MARKS = 46
"""Tokens of the sentences around a grammar."""


def count(prompt: Prompt, marks: Marks, responses: bool, is_open: bool) -> int:
    """Count the preamble: the tools, and the schema of the answer."""
    first = next((message for message in prompt.messages if message.role in ("system", "developer")), None)
    has_system = first is not None
    total = _functions(prompt, OPEN_MARKS if is_open else marks, has_system, is_open)
    total += sum(_hosted(tool, marks) for tool in raw_tools(prompt))
    total += _searches(prompt) if responses else 0
    if is_open and not prompt.tools:
        total += _open_system(prompt)
        total += 0 if _hides_schema(prompt) else OPEN_FORMS.get(prompt.response_format.kind, (0, 0))[has_system]
    total += _schema(prompt, marks, has_system or is_open)
    return total + _blank_line(first.text, prompt.model) if first and marks.joined and total else total


def _open_system(prompt: Prompt) -> int:
    if is_ollama(prompt):
        return OPEN_AT_OLLAMA
    return OPEN_AT_BEDROCK if (prompt.model or "").startswith("openai.") else OPEN_SYSTEM


def _hides_schema(prompt: Prompt) -> bool:
    return prompt.address.get("dialect") in HIDES_SCHEMA


def _blank_line(text: str, model: str | None) -> int:
    """Count the blank line after a system message: nothing if the tokenizer joins it with the mark at the end."""
    return tokens.count(text[-TAIL_LENGTH:] + "\n\n", model) - tokens.count(text[-TAIL_LENGTH:], model)


def _functions(prompt: Prompt, marks: Marks, has_system: bool, is_open: bool) -> int:
    tools = visible_tools(prompt)
    if not tools:
        return 0
    total = marks.tools_with_system if has_system else marks.tools
    total += marks.described if tools[0].description else 0
    total += _forced_function(prompt, marks)
    total += sum(_grammar(tool, prompt.model) for tool in raw_tools(prompt) if tool.get("type") == "custom")
    return total + _function_tokens(tools, prompt.model, by_groq=is_open)


def _function_tokens(tools: Sequence[Tool], model: str | None, *, by_groq: bool = False) -> int:
    """Count functions, which are the same in each request of an agent."""
    return _known_tools.of((model, key_of(tools)), lambda: tokens.count(functions(tools, by_groq=by_groq), model))


def _forced_function(prompt: Prompt, marks: Marks) -> int:
    """Count the name of the one function that must be called."""
    choice = prompt.tool_choice
    if marks.chosen is None or choice.mode != "required" or len(choice.names) != 1:
        return 0
    return marks.chosen + tokens.count(choice.names[0], prompt.model)


def _grammar(tool: Mapping[str, Any], model: str | None) -> int:
    """Count the grammar of a custom tool's input, as comments above it."""
    fields = tool.get("custom", tool)
    form = fields.get("format") if isinstance(fields, Mapping) else None
    grammar = form.get("grammar", form) if isinstance(form, Mapping) else None
    definition = grammar.get("definition") if isinstance(grammar, Mapping) else None
    return GRAMMAR_MARKS + tokens.count(as_comment(definition), model) if isinstance(definition, str) else 0


def _hosted(tool: Mapping[str, Any], marks: Marks) -> int:
    kind = str(tool.get("type"))
    if kind.startswith("web_search"):
        return marks.web_search
    if kind == "computer":
        return COMPUTER
    return next((cost for name, cost in HOSTED.items() if kind.startswith(name)), 0)


def _searches(prompt: Prompt) -> int:
    """Count a search for tools, and the tools that are shown within a conversation."""
    model, total = prompt.model or "", 0
    searching = [tool for tool in raw_tools(prompt) if tool.get("type") == "tool_search"]
    client_tools = [replace(as_tool(tool), name="tool_search") for tool in searching if tool.get("parameters")]
    total += sum(CLIENT_SEARCH + _function_tokens([tool], model) for tool in client_tools)
    if len(searching) > len(client_tools) and has_hidden_tools(prompt):
        total += TOOL_SEARCH
    marks, unanswered = _by_prefix(SEARCH_MARKS, model), 0
    for item in items_of(prompt):
        kind, tools = item.get("type"), tools_in(item)
        if kind == "tool_search_call":
            total += tokens.count(as_json(item.get("arguments")), model)
            unanswered += 1
        elif kind == "tool_search_output":
            around = (
                marks.server
                if item.get("execution") == "server"
                else marks.client_tool
                if client_tools
                else marks.client
            )
            total += around + _function_tokens(tools, model)
            unanswered -= 1
        elif kind == "additional_tools":
            total += _by_prefix(ADDED_TOOLS, model) + _function_tokens(tools, model)
    return total + max(unanswered, 0) * marks.unanswered


def _by_prefix(table: Sequence[tuple[str, T]], model: str) -> T:
    """Return a table's value for a model, by the prefix of its name."""
    return next(found for start, found in table if model.startswith(start))


def _schema(prompt: Prompt, marks: Marks, has_system: bool) -> int:
    """Count the schema of the answer, its name and its description, if the model sees it."""
    form, model = prompt.response_format, prompt.model
    if form.kind != "json_schema" or _hides_schema(prompt):
        return 0
    total = marks.schema_with_tools if prompt.tools else marks.schema_with_system if has_system else marks.schema
    texts = (f" {form.name}", as_comment(_description(prompt.body)), schema_as_json(form.schema))
    return total + sum(tokens.count(text, model) for text in texts)


def _description(body: Mapping[str, Any]) -> object:
    """Return the description of the schema, at `chat` or at `responses`."""
    for outer, inner in (("response_format", "json_schema"), ("text", "format")):
        if isinstance(form := body.get(outer), Mapping) and isinstance(schema_format := form.get(inner), Mapping):
            return schema_format.get("description")
    return None
