"""Whether a tool has answered, for step 3: as a message of its own, or in words; and what is then said."""

import re
from dataclasses import replace
from random import Random

from completions.conversation import Prompt, ToolResult
from completions.script.auto.sentences import retold, sentences
from completions.script.protocols.braces import MAX_SEARCHED

SAID = re.compile(r"^[ \t]*Observation:[ \t]*\n?", re.MULTILINE)
"""How frameworks that have no messages of tools tell what one said."""

FAILED = re.compile(r"\s*(?:Call id: [^\n]*\n)?Error:\n")
"""How smolagents tells that a tool, or code, has failed."""

NEXT = re.compile(r"^[ \t]*(?:Thought|Question|Human|User):", re.MULTILINE)
"""What ends an observation where more of the conversation follows in the same text."""

BEGIN = re.compile(r"^[ \t]*(?:Begin!|New input:|Question:)", re.MULTILINE)
"""What comes before the conversation where one text has the instructions and all the turns."""

TAGS = (
    *("system-reminder", "local-command-caveat", "local-command-stdout"),  # Claude Code, opencode, Qwen Code
    "current_datetime",  # Copilot CLI
    "environment_details",  # Cline and its kin
)
ADDED = (
    *((f"<{tag}>", f"</{tag}>") for tag in TAGS),
    ("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>", "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"),  # a message of the user's
)
"""Between what programs put what they add to a user's words."""


HANDOVER = re.compile(r"(?i)(?:transfer|hand_?off|hand_?over)_?(?:back_)?to(?:_|$)|hand_?off\Z")
"""The names of tools that give the conversation to another agent: OpenAI's SDK, LangGraph, AutoGen, LlamaIndex."""


def is_handover(name: str) -> bool:
    """Tell whether a tool of this name gives the conversation to another agent."""
    return HANDOVER.match(name) is not None


DELEGATION = re.compile(r"(?i)(?:delegate|ask)\w*_to_\w*(?:co_?worker|member|agent)")
"""The names of tools that give work to one agent of several, which takes one piece of it at a time: CrewAI, Agno."""


def is_called_alone(name: str) -> bool:
    """Tell whether a tool of this name is called alone, because it hands the conversation or work to another agent."""
    return is_handover(name) or DELEGATION.match(name) is not None


LAUNCHER = re.compile(r"(?i)\A(?:(?:sub_?)?agent|task)\Z")
"""The tool by which coding agents start another one: Claude Code, opencode, Deep Agents."""


def is_launcher(name: str) -> bool:
    """Tell whether a tool of this name starts another agent, which is done only on request."""
    return LAUNCHER.match(name) is not None


NOTIFIED = "<task-notification>"
CHECKED = re.compile(r"\s*\[harness:[^\n]*\n")
"""How Claude Code tells what an agent in the background came to."""

SKILL = "Base directory for this skill:"
"""How it begins a message of the user that has a skill, once the model has called for that."""

LOADER = re.compile(r"(?i)\Atool_?search\Z")
LOADED = "Tool loaded."
"""The tool by which Claude Code's model loads others; and what stands in a message of the user once it has."""


def is_loader(name: str) -> bool:
    """Tell whether a tool of this name loads others, which are offered in the next request."""
    return LOADER.match(name) is not None


def has_loaded(prompt: Prompt) -> bool:
    """Tell whether the last result only says that a tool was loaded: it has no text."""
    result = prompt.tool_result
    return result is not None and is_loader(result.name) and not own_words(result.text).strip()


TRANSCRIPT = "For context:"
"""How Google ADK begins a message of the user that tells what another agent said, called or got."""

ADOPTED = re.compile(r"Transferred to \S+, adopting the role of ")
"""How AutoGen tells, as a user, that another agent is to go on."""

ANSWERED = re.compile(r"\[[^\]\n]{1,100}\] `([\w.-]{1,100})` tool returned result")
HANDED_ON = re.compile(r"\A(?:Context:\s*)?Handoff Message:")
"""How a swarm of Strands begins what it asks an agent that another one has called for."""


def was_handed_over(prompt: Prompt) -> bool:
    """Tell whether the conversation has just come from another agent, so that nothing was found out yet."""
    if prompt.tool_result is not None:
        return is_handover(prompt.tool_result.name)
    last = prompt.messages[-1] if prompt.messages else None
    if last is None or last.role != "user":
        return False
    if last.text.startswith(TRANSCRIPT) and (answered := ANSWERED.search(last.text[:MAX_SEARCHED])):
        return is_handover(answered[1])
    return HANDED_ON.match(last.text) is not None


def observation(prompt: Prompt) -> ToolResult | None:
    """Return what a tool said last, if nothing was asked since."""
    if prompt.tool_result is not None:
        told = prompt.tool_result
        return None if was_handed_over(prompt) or has_loaded(prompt) else replace(told, text=own_words(told.text))
    if not prompt.messages:
        return None
    last = prompt.messages[-1]
    text = last.text[-MAX_SEARCHED:]
    if last.role == "user" and (reported := _reported(text)):
        return reported
    if last.role == "user" and prompt.turn and (failed := FAILED.match(text)):
        return ToolResult("", text[failed.end() :].strip())
    if "Observation:" not in text:
        return None
    if last.role == "user" and not SAID.match(text.lstrip()):
        *_, begin = [0, *(match.end() for match in BEGIN.finditer(text))]
        if not begin:
            return None
        text = text[begin:]
    said = [match.end() for match in SAID.finditer(text)]
    if not said:
        return None
    result = text[said[-1] :]
    end = NEXT.search(result)
    return ToolResult("", result[: end.start() if end else None].strip())


def _reported(text: str) -> ToolResult | None:
    """Return the result of a background agent, or the text of a loaded skill, if a message of the user has one."""
    if text.startswith(SKILL):
        return ToolResult("Skill", text)
    _, notified, told = text.rpartition(NOTIFIED)
    report, ended, _ = told.partition("<result>")[2].partition("</result>")
    return ToolResult("Agent", CHECKED.sub("", report, count=1).strip()) if notified and ended else None


PEOPLE = ("user", "human", "user_proxy")
"""What frameworks of agents call the one who is no agent."""


def has_worked(prompt: Prompt) -> bool:
    """Tell whether what was said last is by a worker: an assistant, a tool, someone with a name, or a second user.

    OpenAI's Responses takes no names, so that what workers say comes as one message of the user after the other.
    """
    said = [each for each in prompt.messages if each.role not in ("system", "developer")]
    if not said:
        return False
    last, before = said[-1], said[-2].role if len(said) > 1 else ""
    is_named = last.name is not None and last.name.lower() not in PEOPLE
    return last.role in ("assistant", "tool") or is_named or before == "user"


def question(prompt: Prompt) -> str:
    """Return the last text of the user that does not tell what a tool said, without what a program has added to it."""
    texts = (message.text for message in reversed(prompt.messages) if message.role == "user")
    asked = (text for text in texts if not is_report(text))
    return next((words for text in asked if (words := own_words(text)) or not text), "")


def is_report(text: str) -> bool:
    """Tell whether a message of the user is no question, but reports what a tool or another agent said."""
    added = text.startswith((TRANSCRIPT, LOADED, SKILL)) or ADOPTED.match(text[:200])
    return bool(added or SAID.match(text.lstrip()[:40]) or FAILED.match(text[:200]))


ABOUT = re.compile(
    r"(?i)\b(?:question|query|input|topic|request|message|task|user|human)"
    r"(?: (?:of|you|to)\b[^\n:]{0,30})?\s*(?:is)?:[ \t]*([^\n]{2,500})"
)
"""What a prompt that says how to answer is about, where it has that too."""


def subject(prompt: Prompt, told: str) -> str:
    """Return what is asked apart from the text that tells how to answer: the question, or what that text says of it."""
    asked = question(prompt)
    if asked[-MAX_SEARCHED:] != told:
        return asked
    *_, about = ["", *(found[1] for found in ABOUT.finditer(told))]
    return about


def own_words(text: str) -> str:
    """Return what a user has said of a text: what stands between the marks of `ADDED` is left out."""
    for begin, end in ADDED:
        if begin in text:
            first, *others = text.split(begin)
            ends = [(part, *part.partition(end)[1:]) for part in others]
            text = "".join((first, *(after if closed else begin + part for part, closed, after in ends))).strip()
    return text


LABELLED = re.compile(
    r"(?im)^\W{0,6}(?:the )?(?:user(?:'s)? )?(?:question|query|request|current task)(?: is)?\W{0,3}:"
    r"[ \t]*\W{0,3}(\w[^\n]{2,500})"
)
LAST = re.compile(r"</[\w-]{1,40}>\s*\n\s*([^\n<]{3,500})\s*\Z")
"""The last line of a text, where it follows on documents in tags."""

MAX_LAST = 1_000
"""Characters of a text in which its last line is looked for."""

MIN_AROUND = 200
"""Characters of a text in which an application has put somebody's question among what it says of how to answer."""


def topic(prompt: Prompt) -> str:
    """Return what the answer is about: the question, or the one that its text has behind `Question:` or the like."""
    asked = question(prompt)
    if len(asked) < MIN_AROUND or observation(prompt) is not None:
        return asked
    if last := LAST.search(asked[-MAX_LAST:]):
        return last[1]
    *_, told = [asked, *(found[1] for found in LABELLED.finditer(asked[-MAX_SEARCHED:]))]
    return told


def in_sentences(prompt: Prompt, random: Random, *, short: bool = False) -> str:
    """Say what a tool said last, or else answer what was asked, in a `short` way or at length."""
    result = observation(prompt)
    return sentences(topic(prompt), random, short) if result is None else retold(result, question(prompt), random)
