"""Python code as an action, for step 3: smolagents' code agents run it until it calls `final_answer`.

The code is between the tags that the system message names, or in a field `code` if the request has a schema.
The first step calls a tool that the prompt defines and prints its result; the next one answers with the output.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import in_sentences, observation, question
from completions.script.protocols.tool_descriptions import arguments_for_request
from completions.script.protocols.written_types import schema_of_parameters
from completions.script.schemas.document import compact, seeded

FINAL = "final_answer"
TAGS = re.compile(r"opened with '([^'\n]{1,40})', and closed with '([^'\n]{1,40})'")
FUNCTION = re.compile(r'^[ \t]*def (\w+)\(([^()\n]{0,2000})\) -> [^\n]+:\n[ \t]*"""([^\n]{0,500})', re.MULTILINE)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write the next step's code; None if the prompt does not ask for code."""
    system = prompt.system[-MAX_SEARCHED:]
    if f"{FINAL}(" not in system or "Observation:" not in system:
        return None
    tags = TAGS.search(system)
    structured = "code" in _properties(prompt)
    if tags is None and not structured:
        return None
    thought, code = _step(prompt, system, seed)
    if tags is None or structured:
        return compact({"thought": thought, "code": code})
    return f"Thought: {thought}\n{tags[1]}\n{code}\n{tags[2]}"


def _properties(prompt: Prompt) -> Mapping[str, object]:
    properties = prompt.response_format.schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _step(prompt: Prompt, system: str, seed: str) -> tuple[str, str]:
    """Return the thought and the code of a step."""
    tools = [] if observation(prompt) else [tool for tool in _defined(system) if tool.name != FINAL]
    if tools:
        user_question = question(prompt)
        tool = best_fitting(tools, user_question)
        arguments = ", ".join(
            f"{name}={value!r}" for name, value in arguments_for_request(tool, seed, prompt, user_question).items()
        )
        return "I call a tool and print its result.", f"result = {tool.name}({arguments})\nprint(result)"
    return "I know the answer.", f"{FINAL}({in_sentences(prompt, seeded(seed + '/code'))!r})"


def _defined(system: str) -> list[Tool]:
    """Return the tools that the prompt defines as Python functions."""
    return [
        Tool(name, description, schema_of_parameters(parameters))
        for name, parameters, description in FUNCTION.findall(system)
    ]
