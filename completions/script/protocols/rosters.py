"""Which of the agents or skills that a prompt lists a tool is called with, and what for, for step 3: `subagent_type`.

The tool takes any text there, and its description or the prompt has the list:

| the list | in |
|---|---|
| `- weather-agent: Tells the weather`, below `Available agent types` | Claude Code, Deep Agents, opencode |
| `<member id="poet" name="Poet">`, `<agent><name>poet</name>` | Agno, AgentKit |
| `Agent name: writer. Agent description: …` | Strands, Google ADK |
| `one of the following coworkers: Researcher, Senior Writer` | CrewAI |

The one that fits what the user asks is named, and is given the user's words to work on.
"""

import re
from collections.abc import Iterator, Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.choices import LISTED, MAX_OPTIONS
from completions.script.protocols.instructions import instructions
from completions.script.protocols.observation import topic
from completions.script.schemas.scalars import snake_case

WORKERS = (
    r"(?:sub[-_ ]?)?agent|(?:team[-_ ]?)?member|team[-_ ]?mate|co-?worker|worker|assistant|expert|specialist|skill"
)
KNOWN = frozenset(("name", "id", "type", "key", "role", "target", "next", "to", "recipient", "selected"))
"""What such an argument is called besides: `agent_name`, `member_id`; or alone, where its description says the rest."""

NAMED = re.compile(rf"(?i)\b(?:{WORKERS})s?\b")
OF_WHOM = re.compile(rf"(?i)\b(?:name|id|type|role)\b(?:/\w+)? of (?:the |an? )?(?:\w+ )?({WORKERS})\b")
TOLD = frozenset(("enum", "const", "format", "pattern", "examples"))

NAME = r"[\w][\w./@+-]*(?: [\w./@+-]+){0,4}"
IN_TAGS = re.compile(
    rf"(?i)<(?:{WORKERS})\b(?P<with>[^<>\n]{{0,200}})>(?P<about>(?:(?!<(?:{WORKERS})\b)[\s\S]){{0,600}}?)</(?:{WORKERS})>"
)
ATTRIBUTE = r"\b{}=[\"']([^\"'<>\n]{{1,60}})[\"']"
TAG = r"<{0}>\s*([^<>\n]{{1,60}}?)\s*</{0}>"
LABELLED = re.compile(rf"(?im)^\W{{0,4}}(?:{WORKERS})[ _](?:name|id):[ \t]*[`\"']?([\w][\w-]{{0,60}})")
ABOUT = 300
"""Characters behind a name in which it is told what the one of that name does; and of a line above a list."""

ITEM = re.compile(r"[ \t]*[-*•][ \t]")
IN_A_ROW = re.compile(rf"(?i)\b(?:{WORKERS})s\b[^\n:.]{{0,30}}:[ \t]*({NAME}(?:, ?{NAME})*)")

WORK = ("prompt", "task", "input", "request", "instructions", "query", "question", "message", "description")
"""What the argument is called that says what is to be done, the most telling first."""

ALONE = ("task", "input", "request")
"""What an argument is called to which an agent that is a tool takes the user's words: OpenAI's SDK, Google ADK."""


def with_roster(tool: Tool, prompt: Prompt) -> Mapping[str, object]:
    """Return a tool's parameters with the one of the list that fits, and the user's words as what it is to do."""
    properties = tool.parameters.get("properties")
    if not isinstance(properties, Mapping):
        return tool.parameters
    texts = {name: each for name, each in properties.items() if _is_text(each)}
    found = {name: one for name, each in texts.items() if (one := _one(name, each, tool, prompt))}
    asked = topic(prompt).strip()
    needed = tool.parameters.get("required") or list(properties)
    wanted = WORK if found else ALONE
    work = next((name for name in wanted if name in texts and isinstance(needed, list) and name in needed), None)
    told = {name: {**texts[name], "enum": [one]} for name, one in found.items()}
    if work is not None and asked and work not in told:
        told[work] = {**texts[work], "examples": [asked]}
    return {**tool.parameters, "properties": {**properties, **told}} if told else tool.parameters


def _is_text(schema: object) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("string", "STRING") and not schema.keys() & TOLD


def _one(name: str, schema: Mapping[str, object], tool: Tool, prompt: Prompt) -> str:
    """Return the name that fits best of those that are listed for an argument; none is the empty text."""
    if not _names_one(name, str(schema.get("description", ""))):
        return ""
    kind = "id" if snake_case(name).split("_")[-1] == "id" else "name"
    for text in (tool.description, *instructions(prompt)):
        if listed := list(_listed(text[-MAX_SEARCHED:], kind))[:MAX_OPTIONS]:
            return best_fitting(listed, topic(prompt)).name
    return ""


def _names_one(name: str, description: str) -> bool:
    words = snake_case(name)
    rest = set(NAMED.sub("", words.replace("_", " ")).split())
    if NAMED.search(words.replace("_", " ")):
        return rest <= KNOWN
    return rest <= KNOWN and OF_WHOM.search(description) is not None


def _listed(text: str, kind: str) -> Iterator[Tool]:
    """Yield what a text lists, in the first form in which it does, each by its `kind`: its id or its name."""
    if NAMED.search(text) is None:
        return
    for found in IN_TAGS.finditer(text):
        if name := _in_tag(found["with"], found["about"], kind):
            yield Tool(name, found["about"])
    if IN_TAGS.search(text):
        return
    yield from _labelled(text) or _in_lines(text) or _in_a_row(text)


def _in_tag(attributes: str, about: str, kind: str) -> str:
    other = "name" if kind == "id" else "id"
    for form, within in ((ATTRIBUTE, attributes), (TAG, about)):
        for each in (kind, other):
            if found := re.search(form.format(each), within):
                return found[1]
    return ""


def _labelled(text: str) -> list[Tool]:
    found = list(LABELLED.finditer(text))
    listed = list[Tool]()
    for at, each in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        listed.append(Tool(each[1], text[each.end() : min(end, each.end() + ABOUT)]))
    return listed


def _in_lines(text: str) -> list[Tool]:
    """Return the items below the first line that tells of agents or the like, which say what each does."""
    listed, above, told = list[Tool](), "", False
    for line in filter(str.strip, text.splitlines()):
        if not ITEM.match(line):
            if listed:
                break
            above = line[-ABOUT:]
            told = NAMED.search(above) is not None
        elif told and (item := LISTED.match(line)) and item[2]:
            listed.append(Tool(item[1].strip(), item[2].strip()))
    return listed


def _in_a_row(text: str) -> list[Tool]:
    found = IN_A_ROW.search(text)
    return [Tool(name.strip(" .")) for name in found[1].split(",")] if found else []
