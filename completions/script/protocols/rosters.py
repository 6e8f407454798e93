"""Which of the agents or skills that a prompt lists a tool is called with, and what for, for step 3: `subagent_type`.

The tool takes any text there, and its description or the prompt has the list:

| the list | in |
|---|---|
| `- weather-agent: Tells the weather`, below `Available agent types` | Claude Code, Deep Agents, opencode |
| `<member id="poet" name="Poet">`, `<agent><name>poet</name>` | Agno, AgentKit |
| `Agent name: writer. Agent description: …` | Strands, Google ADK |
| `{'poet': 'Writes poems'}`, below `Currently available agents:` | LlamaIndex |
| `one of the following coworkers: Researcher, Senior Writer` | CrewAI |

The one that fits what the user asks is named, and is given the user's words to work on.
"""

import re
from collections.abc import Iterator, Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.braces import value_of
from completions.script.protocols.choices import LISTED, MAX_OPTIONS
from completions.script.protocols.instructions import given
from completions.script.protocols.observation import tells, topic
from completions.script.schemas.scalars import snake_case

AGENTS = r"(?:sub[-_ ]?)?agent|(?:team[-_ ]?)?member|team[-_ ]?mate|co-?worker|worker|assistant|expert|specialist"
KINDS = (AGENTS, "skill")
KNOWN = frozenset(("name", "id", "type", "key", "role", "target", "next", "to", "recipient", "selected"))
"""What such an argument is called besides: `agent_name`, `member_id`; or alone, where its description says the rest."""

TOLD = frozenset(("enum", "const", "format", "pattern", "examples"))

NAME = r"[\w][\w./@+-]*(?: [\w./@+-]+){0,4}"
ATTRIBUTE = r"\b{}=[\"']([^\"'<>\n]{{1,60}})[\"']"
TAG = r"<{0}>\s*([^<>\n]{{1,60}}?)\s*</{0}>"
ABOUT = 300
"""Characters behind a name in which it is told what the one of that name does; and of a line above a list."""

ITEM = re.compile(r"[ \t]*[-*•][ \t]")


class Words:
    """How a list of agents, or of skills, is told from the other."""

    def __init__(self, kinds: str) -> None:
        self.named = re.compile(rf"(?i)\b(?:{kinds})s?\b")
        self.of_whom = re.compile(rf"(?i)\b(?:name|id|type|role)\b(?:/\w+)? of (?:the |an? )?(?:\w+ )?(?:{kinds})\b")
        self.in_tags = re.compile(
            rf"(?i)<(?:{kinds})\b(?P<with>[^<>\n]{{0,200}})>"
            rf"(?P<about>(?:(?!<(?:{kinds})\b)[\s\S]){{0,600}}?)</(?:{kinds})>"
        )
        self.labelled = re.compile(rf"(?im)^\W{{0,4}}(?:{kinds})[ _](?:name|id):[ \t]*[`\"']?([\w][\w-]{{0,60}})")
        self.in_a_row = re.compile(rf"(?i)\bfollowing (?:{kinds})s[^\n:.]{{0,30}}:[ \t]*({NAME}(?:, ?{NAME})*)")


WORDS = tuple(map(Words, KINDS))

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
    if found and isinstance(needed, list):
        properties = {name: each for name, each in properties.items() if name in needed or name in found}
    told = {name: {**texts[name], "enum": [one]} for name, one in found.items()}
    if work is not None and asked and work not in told:
        told[work] = {**texts[work], "examples": [asked]}
    return {**tool.parameters, "properties": {**properties, **told}} if told else tool.parameters


def _is_text(schema: object) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("string", "STRING") and not schema.keys() & TOLD


def _one(name: str, schema: Mapping[str, object], tool: Tool, prompt: Prompt) -> str:
    """Return the name that fits best of those that are listed for an argument; none is the empty text."""
    words = _words(name, str(schema.get("description", "")))
    if words is None:
        return ""
    kind = "id" if snake_case(name).split("_")[-1] == "id" else "name"
    for text in (tool.description, *(each for each in given(prompt) if not tells(each))):
        if listed := list(_listed(text, words, kind))[:MAX_OPTIONS]:
            return best_fitting(listed, topic(prompt)).name
    return ""


def _words(name: str, description: str) -> Words | None:
    """Return the words of what an argument names one of; None where it names none."""
    said = snake_case(name).replace("_", " ")
    for words in WORDS:
        if set(words.named.sub("", said).split()) <= KNOWN and (
            words.named.search(said) or words.of_whom.search(description)
        ):
            return words
    return None


def _listed(text: str, words: Words, kind: str) -> Iterator[Tool]:
    """Yield what a text lists, in the first form in which it does, each by its `kind`: its id or its name."""
    if words.named.search(text) is None:
        return
    tagged = [(_in_tag(found["with"], found["about"], kind), found["about"]) for found in words.in_tags.finditer(text)]
    named = [Tool(name, about) for name, about in tagged if name]
    lines = _labelled(text, words) or _in_lines(text, words)
    yield from named or lines or _as_literal(text, words) or _in_a_row(text, words)


def _in_tag(attributes: str, about: str, kind: str) -> str:
    other = "name" if kind == "id" else "id"
    for form, within in ((ATTRIBUTE, attributes), (TAG, about)):
        for each in (kind, other):
            if found := re.search(form.format(each), within):
                return found[1]
    return ""


def _labelled(text: str, words: Words) -> list[Tool]:
    found = list(words.labelled.finditer(text))
    listed = list[Tool]()
    for at, each in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        listed.append(Tool(each[1], text[each.end() : min(end, each.end() + ABOUT)]))
    return listed


def _in_lines(text: str, words: Words) -> list[Tool]:
    """Return the items below the first line that says that agents or the like follow, with what each does."""
    listed, told = list[Tool](), False
    for line in filter(str.strip, text.splitlines()):
        if not ITEM.match(line):
            if listed:
                break
            above = line.rstrip(" *_")[-ABOUT:]
            told = above.endswith(":") and words.named.search(above) is not None
        elif told and (item := LISTED.match(line)) and item[2]:
            listed.append(Tool(item[1].strip(), item[2].strip()))
    return listed


def _as_literal(text: str, words: Words) -> list[Tool]:
    """Return what is listed as `{'poet': 'Writes poems'}` below a line that says that agents follow: LlamaIndex."""
    above = ""
    for line in text.splitlines():
        if line.startswith("{'") and words.named.search(above) and isinstance(value := value_of(line.strip()), Mapping):
            return [Tool(str(name), str(about)) for name, about in value.items()]
        above = line[-ABOUT:]
    return []


def _in_a_row(text: str, words: Words) -> list[Tool]:
    found = words.in_a_row.search(text)
    return [Tool(name.strip(" .")) for name in found[1].split(",")] if found else []
