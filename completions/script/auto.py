"""`auto`, for step 3: a valid, deterministic answer to any prompt.

| the prompt | the answer |
|---|---|
| `tool_choice` requires a call, or allows one and no tool has answered yet | tool calls with valid arguments |
| a tool has answered | a text that uses what it said, so that agent loops end |
| `response_format` asks for JSON | an object, or an instance of the schema, as JSON text |
| anything else | a few sentences that mention its words |

What is asked decides everything: the model, the messages, the tools and the formats. How it is asked does not: whether
it is streamed, in which wire format, with which headers and ids. `finish_reason` and the calls' ids are left to others.
"""

import re

from completions.conversation import Choice, Message, Prompt, Tool, ToolCall
from completions.script.instances import instance
from completions.script.schemas.document import compact, seeded
from completions.script.sentences import keywords, retold, sentences, thoughts

REASONING_MODELS = re.compile(
    r"""
    ^o[134](-|$)            # o1, o3-mini, o4-mini-2025-04-16
    | ^gpt-5(?!-chat)       # gpt-5, gpt-5-mini, gpt-5.1; gpt-5-chat-latest does not reason
    | reason | thinking     # magistral-reasoning, kimi-k2-thinking, grok-4-fast-reasoning
    | deepseek-r1
    """,
    re.VERBOSE,
)
"""The names of models that reason, without the provider's prefix; `non-reasoning` models do not."""

MOST_CALLS = 3
"""The parallel tool calls in one answer."""


def auto(prompt: Prompt) -> tuple[Choice, ...]:
    """Answer a prompt, `prompt.n` times over.

    Raise `instances.Unsatisfiable` where a tool or the response format has a schema that nothing satisfies.
    """
    seed = seed_of(prompt)
    return tuple(_choice(prompt, f"{seed}/{index}") for index in range(prompt.n))


def seed_of(prompt: Prompt) -> str:
    """Write down what is asked, the same whatever the order of the fields: the same prompt has the same seed."""
    asked = [
        prompt.model,
        [_told(message) for message in prompt.messages],
        [(tool.kind, tool.name, tool.description, _canonical(tool.parameters)) for tool in prompt.tools],
        (prompt.tool_choice.mode, prompt.tool_choice.names, prompt.parallel_tool_calls),
        (prompt.response_format.kind, prompt.response_format.name, _canonical(prompt.response_format.schema)),
        prompt.body.get("seed"),
    ]
    return repr(asked)


def _told(message: Message) -> tuple[object, ...]:
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.role, message.text, message.name, calls, [(part.kind, part.source) for part in message.parts]


def _canonical(value: object) -> object:
    """Sort the fields of the objects in a JSON value, at every depth."""
    if isinstance(value, dict):
        return [(key, _canonical(value[key])) for key in sorted(value)]
    return [_canonical(item) for item in value] if isinstance(value, list) else value


def _choice(prompt: Prompt, seed: str) -> Choice:
    calls = _calls(prompt, seed)
    return Choice(
        text=None if calls else _text(prompt, seed),
        tool_calls=calls,
        reasoning=_reasoning(prompt, seed),
    )


def reasons(model: str | None) -> bool:
    """Tell whether a model of this name reasons before it answers: `o3-mini`, `openai/gpt-5`."""
    name = (model or "").lower().rpartition("/")[2].replace("non-reasoning", "")
    return REASONING_MODELS.search(name) is not None


def _reasoning(prompt: Prompt, seed: str) -> str | None:
    effort = prompt.reasoning_effort
    if effort == "none" or not (effort or reasons(prompt.model)):
        return None
    return thoughts(prompt.last_user, seeded(seed + "/reasoning"), effort in ("minimal", "low"))


def _calls(prompt: Prompt, seed: str) -> tuple[ToolCall, ...]:
    """Call the tools that are asked for; none where a text is wanted."""
    choice = prompt.tool_choice
    if choice.mode == "none" or (choice.mode == "auto" and prompt.tool_result is not None):
        return ()
    offered = [tool for tool in prompt.tools if not choice.names or tool.name in choice.names]
    return tuple(_call(tool, prompt, f"{seed}/{tool.name}") for tool in _fitting(offered, prompt))


def _fitting(tools: list[Tool], prompt: Prompt) -> list[Tool]:
    """Return the tools that share words with the user, the best one or several; where none does, the first."""
    asked = set(_stems(prompt.last_user))
    scores = {tool.name: _score(tool, asked) for tool in tools}
    best = max(scores.values(), default=0)
    if best == 0:
        return tools[:1]
    fitting = [tool for tool in tools if 2 * scores[tool.name] > best]
    if prompt.parallel_tool_calls:
        return fitting[:MOST_CALLS]
    return [tool for tool in fitting if scores[tool.name] == best][:1]


def _score(tool: Tool, asked: set[str]) -> int:
    """Count the words in common; one in the name counts for three."""
    named = set(_stems(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]", " ", tool.name)))
    described = set(_stems(tool.description)) - named
    return 3 * len(asked & named) + len(asked & described)


def _stems(text: str) -> list[str]:
    """Return the telling words of a text without the endings that differ most: `flights` is `flight`."""
    return [re.sub(r"(?<=\w{3})(ing|ed|es|s)$", "", word.casefold()) for word in keywords(text, most=60)]


def _call(tool: Tool, prompt: Prompt, seed: str) -> ToolCall:
    if tool.kind == "custom":
        return ToolCall(tool.name, " ".join(keywords(prompt.last_user, 8)) or tool.name, kind="custom")
    return ToolCall(tool.name, compact(instance({**tool.parameters, "type": "object"}, seed)))


def _text(prompt: Prompt, seed: str) -> str:
    form = prompt.response_format
    if form.kind == "json_schema":
        return compact(instance(form.schema, seed))
    answer = _sentences(prompt, seed)
    if form.kind == "json_object":
        return compact({"topic": " ".join(keywords(prompt.last_user)) or "this", "answer": answer})
    return answer


def _sentences(prompt: Prompt, seed: str) -> str:
    random = seeded(seed + "/text")
    if prompt.tool_result is not None:
        return retold(prompt.tool_result, prompt.last_user, random)
    return sentences(prompt.last_user, random, short=prompt.body.get("verbosity") == "low")
