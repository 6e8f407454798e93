"""The next speaker of a team, and whether the work is done, for step 3: answers with a `next_speaker`.

The group chat of Agent Framework requests them, and Magentic-One (AutoGen, Agent Framework, Semantic Kernel), whose
fields are each an `answer` with its `reason`. The best fitting member speaks first; the work is done once a member has
spoken.
"""

import re
from collections.abc import Iterator, Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.schemas.document import Schema

SPEAKER = "next_speaker"
DONE = ("terminate", "is_request_satisfied")
PRESUMED: Mapping[str, object] = {"is_in_loop": False, "is_progress_being_made": True}
WORK = "instruction_or_question"

TEAM = re.compile(
    r"(?i)\b(?:participant names?|team|team members)\b[^\n]{0,60}:[ \t]*\n+"
    r"((?:[-* \t]*[\w][\w -]{0,60}: [^\n]*(?:\n|\Z))+)"
)
MEMBER = re.compile(r"(?m)^[-* \t]*([\w][\w -]{0,60}): ([^\n]*)")
CHOSEN_FROM = re.compile(r"\(select from: ([^()\n]{1,2000})\)")
REQUEST = re.compile(r"(?i)\bfollowing (?:user )?(?:request|task):[ \t]{0,9}\n{1,3}[ \t]{0,9}(\S[^\n]{0,2000})")


def fill_decision(schema: Schema, prompt: Prompt) -> Schema:
    """Return the schema of an orchestrator's decision, limited to one; any other schema as it is, the same object."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping) or SPEAKER not in properties:
        return schema
    last_text = prompt.messages[-1].text if prompt.messages else ""
    request = found[1] if (found := REQUEST.search(last_text)) else next(_user_texts(prompt), "")
    team = _team(last_text)
    decision = {**PRESUMED, **dict.fromkeys(DONE, _has_spoken(prompt, team))}
    decision |= {SPEAKER: best_fitting(team, request).name} if team else {}
    decision |= {WORK: request} if request else {}
    changed = {
        name: _with_value(each, decision[name], schema) if name in decision else each
        for name, each in properties.items()
    }
    return {**schema, "properties": changed}


def _user_texts(prompt: Prompt) -> Iterator[str]:
    return (message.text for message in prompt.messages[:-1] if message.role == "user")


def _team(text: str) -> list[Tool]:
    """Return the team's members that a prompt lists, with their descriptions if it has them."""
    listed = [Tool(each[1].strip(), each[2]) for found in TEAM.finditer(text) for each in MEMBER.finditer(found[1])]
    if not (offered := CHOSEN_FROM.search(text)):
        return listed
    by_name = {tool.name: tool for tool in listed}
    return [by_name.get(name.strip(), Tool(name.strip())) for name in offered[1].split(",")]


def _has_spoken(prompt: Prompt, team: list[Tool]) -> bool:
    """Tell whether a member has spoken: a message has a member's name, or an earlier answer chose a speaker."""
    names = {tool.name for tool in team}
    return any(
        message.name in names or (message.role == "assistant" and f'"{SPEAKER}"' in message.text)
        for message in prompt.messages[:-1]
    )


def _with_value(schema: object, value: object, root: Mapping[str, object]) -> object:
    """Return a field's schema limited to this value, or limited to it in the field's `answer`."""
    field = schema if isinstance(schema, Mapping) else {}
    if isinstance(reference := field.get("$ref"), str):
        defined = root.get(reference.split("/")[1]) if reference.count("/") == 2 else None
        field = defined.get(reference.split("/")[2], {}) if isinstance(defined, Mapping) else {}
    inner = field.get("properties")
    if not isinstance(inner, Mapping) or "answer" not in inner:
        return {"enum": [value]}
    return {**field, "properties": {**inner, "answer": {"enum": [value]}}}
