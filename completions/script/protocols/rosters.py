"""Arguments that name one of the agents or skills in a prompt's list (`subagent_type`), and its task, for step 3.

The tool accepts any text there, and its description or the prompt has the list:

| the list | in |
|---|---|
| `- weather-agent: Tells the weather`, below `Available agent types` | Claude Code, Deep Agents, opencode |
| `<member id="poet" name="Poet">`, `<agent><name>poet</name>` | Agno, AgentKit |
| `Agent name: writer. Agent description: …` | Strands, Google ADK |
| `{'poet': 'Writes poems'}`, below `Currently available agents:` | LlamaIndex |
| `one of the following coworkers: Researcher, Senior Writer` | CrewAI |

The argument names the one that fits the user's request best, and its task is the user's text.
"""

import re
from collections.abc import Iterator, Mapping

from completions import budget
from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.braces import value_of
from completions.script.protocols.choices import LISTED, MAX_OPTIONS
from completions.script.protocols.instructions import texts_so_far
from completions.script.protocols.observation import is_report, topic
from completions.script.schemas.document import strings_of
from completions.script.schemas.scalars import snake_case

AGENTS = r"(?:sub[-_ ]?)?agent|(?:team[-_ ]?)?member|team[-_ ]?mate|co-?worker|worker|assistant|expert|specialist"
KINDS = (AGENTS, "skill")
FURTHER_WORDS = frozenset(("name", "id", "type", "key", "role", "target", "next", "to", "recipient", "selected"))
"""Further words in the name of such an argument, `agent_name`; or its whole name, if the description has the rest."""

VALUE_KEYWORDS = frozenset(("enum", "const", "format", "pattern", "examples"))

NAME = r"[\w][\w./@+-]*(?: [\w./@+-]+){0,4}"
ATTRIBUTE = r"\b{}=[\"']([^\"'<>\n]{{1,60}})[\"']"
TAG = r"<{0}>\s*([^<>\n]{{1,60}}?)\s*</{0}>"
MAX_DESCRIPTION = 300
"""Characters of a description after a name, and of a line above a list."""

ITEM = re.compile(r"[ \t]*[-*•][ \t]")


class RosterPatterns:
    """The patterns that find a list of agents, or of skills, in a text."""

    def __init__(self, kinds: str) -> None:
        self.named = re.compile(rf"(?i)\b(?:{kinds})s?\b")
        self.of_whom = re.compile(rf"(?i)\b(?:name|id|type|role)\b(?:/\w+)? of (?:the |an? )?(?:\w+ )?(?:{kinds})\b")
        self.in_tags = re.compile(
            rf"(?i)<(?:{kinds})\b(?P<with>[^<>\n]{{0,200}})>"
            rf"(?P<about>(?:(?!<(?:{kinds})\b)[\s\S]){{0,600}}?)</(?:{kinds})>"
        )
        self.labelled = re.compile(rf"(?im)^\W{{0,4}}(?:{kinds})[ _](?:name|id):[ \t]*[`\"']?([\w][\w-]{{0,60}})")
        self.on_one_line = re.compile(rf"(?i)\bfollowing (?:{kinds})s[^\n:.]{{0,30}}:[ \t]*({NAME}(?:, ?{NAME})*)")


ROSTERS = tuple(map(RosterPatterns, KINDS))

TASK_NAMES = ("prompt", "task", "input", "request", "instructions", "query", "question", "message", "description")
"""Names of the argument with the task, the most specific first."""

INPUT_NAMES = ("task", "input", "request")
"""Names of the argument with the user's text, of agents that are tools: OpenAI's SDK, Google ADK."""


def with_roster(tool: Tool, prompt: Prompt) -> Mapping[str, object]:
    """Return a tool's parameters, limited to the agent or skill that fits best, with the user's request as its task."""
    properties = tool.parameters.get("properties")
    if not isinstance(properties, Mapping):
        return tool.parameters
    texts = {name: each for name, each in properties.items() if _is_text(each)}
    each_text = budget.on_loop_while_there_is_time(texts.items())
    names = {name: one for name, each in each_text if (one := _best_listed(name, each, tool, prompt))}
    user_text = topic(prompt).strip()
    required = tool.parameters.get("required") or list(properties)
    needed = frozenset(strings_of(required))
    work = next((name for name in (TASK_NAMES if names else INPUT_NAMES) if name in texts and name in needed), None)
    if names and isinstance(required, list):
        properties = {name: each for name, each in properties.items() if name in needed or name in names}
    constrained = {name: {**texts[name], "enum": [one]} for name, one in names.items()}
    if work is not None and user_text and work not in constrained:
        constrained[work] = {**texts[work], "examples": [user_text]}
    return {**tool.parameters, "properties": {**properties, **constrained}} if constrained else tool.parameters


def _is_text(schema: object) -> bool:
    return (
        isinstance(schema, Mapping)
        and schema.get("type") in ("string", "STRING")
        and not schema.keys() & VALUE_KEYWORDS
    )


def _best_listed(name: str, schema: Mapping[str, object], tool: Tool, prompt: Prompt) -> str:
    """Return the best fitting name in the list for an argument; empty if there is no list."""
    patterns = _patterns_for(name, str(schema.get("description", "")))
    if patterns is None:
        return ""
    kind = "id" if snake_case(name).split("_")[-1] == "id" else "name"
    for text in (tool.description, *(each for each in texts_so_far(prompt) if not is_report(each))):
        if listed := list(_listed(text, patterns, kind))[:MAX_OPTIONS]:
            return best_fitting(listed, topic(prompt)).name
    return ""


def _patterns_for(name: str, description: str) -> RosterPatterns | None:
    """Return the patterns for an argument that names an agent or a skill; None for any other."""
    words = snake_case(name).replace("_", " ")
    for patterns in ROSTERS:
        if set(patterns.named.sub("", words).split()) <= FURTHER_WORDS and (
            patterns.named.search(words) or patterns.of_whom.search(description)
        ):
            return patterns
    return None


def _listed(text: str, patterns: RosterPatterns, kind: str) -> Iterator[Tool]:
    """Yield the agents or skills that a text lists in one of the forms, each by its `kind`: its id or its name."""
    if patterns.named.search(text) is None:
        return
    tagged = [
        (_in_tag(found["with"], found["about"], kind), found["about"]) for found in patterns.in_tags.finditer(text)
    ]
    named = [Tool(name, about) for name, about in tagged if name]
    lines = _labelled(text, patterns) or _in_lines(text, patterns)
    yield from named or lines or _as_literal(text, patterns) or _on_one_line(text, patterns)


def _in_tag(attributes: str, about: str, kind: str) -> str:
    other = "name" if kind == "id" else "id"
    for form, within in ((ATTRIBUTE, attributes), (TAG, about)):
        for each in (kind, other):
            if found := re.search(form.format(each), within):
                return found[1]
    return ""


def _labelled(text: str, patterns: RosterPatterns) -> list[Tool]:
    found = list(patterns.labelled.finditer(text))
    listed = list[Tool]()
    for at, each in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        listed.append(Tool(each[1], text[each.end() : min(end, each.end() + MAX_DESCRIPTION)]))
    return listed


def _in_lines(text: str, patterns: RosterPatterns) -> list[Tool]:
    """Return the items below the first line that announces agents or skills, with their descriptions."""
    listed, is_announced = list[Tool](), False
    for line in filter(str.strip, text.splitlines()):
        if not ITEM.match(line):
            if listed:
                break
            above = line.rstrip(" *_")[-MAX_DESCRIPTION:]
            is_announced = above.endswith(":") and patterns.named.search(above) is not None
        elif is_announced and (item := LISTED.match(line)) and item[2]:
            listed.append(Tool(item[1].strip(), item[2].strip()))
    return listed


def _as_literal(text: str, patterns: RosterPatterns) -> list[Tool]:
    """Return what is listed as `{'poet': 'Writes poems'}` below a line that announces agents: LlamaIndex."""
    above = ""
    for line in text.splitlines():
        if (
            line.startswith("{'")
            and patterns.named.search(above)
            and isinstance(value := value_of(line.strip()), Mapping)
        ):
            return [Tool(str(name), str(about)) for name, about in value.items()]
        above = line[-MAX_DESCRIPTION:]
    return []


def _on_one_line(text: str, patterns: RosterPatterns) -> list[Tool]:
    found = patterns.on_one_line.search(text)
    return [Tool(name.strip(" .")) for name in found[1].split(",")] if found else []
