"""Results of tools in a prompt, for step 3: as separate messages or within a text; and the answers to them."""

import re
from dataclasses import replace
from random import Random

from completions.conversation import Prompt, ToolResult
from completions.script.auto.sentences import retold, sentences
from completions.script.protocols.braces import MAX_SEARCHED

OBSERVATION_LABEL = re.compile(r"^[ \t]*Observation:[ \t]*\n?", re.MULTILINE)
"""The label of a tool's result, in frameworks without tool messages."""

FAILURE = re.compile(r"\s*(?:Call id: [^\n]*\n)?Error:\n")
"""How smolagents reports that a tool, or code, has failed."""

NEXT_LABEL = re.compile(r"^[ \t]*(?:Thought|Question|Human|User):", re.MULTILINE)
"""The labels that end an observation where more of the conversation follows in the same text."""

CONVERSATION_LABEL = re.compile(r"^[ \t]*(?:Begin!|New input:|Question:)", re.MULTILINE)
"""The labels before the conversation where one text has the instructions and all the turns."""

ADDITION_TAGS = (
    *("system-reminder", "local-command-caveat", "local-command-stdout"),  # Claude Code, opencode, Qwen Code
    "current_datetime",  # Copilot CLI
    "environment_details",  # Cline and its kin
)
ADDITION_MARKS = (
    *((f"<{tag}>", f"</{tag}>") for tag in ADDITION_TAGS),
    ("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>", "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"),  # a message of the user's
)
"""Marks around the additions of programs to a user's text."""


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


TASK_NOTIFICATION = "<task-notification>"
HARNESS_NOTE = re.compile(r"\s*\[harness:[^\n]*\n")
"""How Claude Code reports the result of a background agent."""

SKILL_START = "Base directory for this skill:"
"""How it begins a user message with a skill, once the model has called for that."""

LOADER = re.compile(r"(?i)\Atool_?search\Z")
TOOL_LOADED = "Tool loaded."
"""The tool by which Claude Code's model loads others; and the text of the user message after that."""


def is_loader(name: str) -> bool:
    """Tell whether a tool of this name loads others, which are offered in the next request."""
    return LOADER.match(name) is not None


def has_loaded(prompt: Prompt) -> bool:
    """Tell whether the last result, without text, only reports that a tool was loaded."""
    result = prompt.tool_result
    return result is not None and is_loader(result.name) and not without_additions(result.text).strip()


TRANSCRIPT_START = "For context:"
"""How Google ADK begins a user message about what another agent wrote, called or received."""

ROLE_ADOPTED = re.compile(r"Transferred to \S+, adopting the role of ")
"""How AutoGen reports, in a user message, that another agent takes over."""

TOOL_RETURNED = re.compile(r"\[[^\]\n]{1,100}\] `([\w.-]{1,100})` tool returned result")
HANDOFF_MESSAGE = re.compile(r"\A(?:Context:\s*)?Handoff Message:")
"""How a swarm of Strands begins its message to an agent that another one has called for."""


def was_handed_over(prompt: Prompt) -> bool:
    """Tell whether the conversation was just handed over by another agent, so that there are no results yet."""
    if (result := prompt.tool_result) is not None:
        return is_handover(result.name)
    last = prompt.messages[-1] if prompt.messages else None
    if last is None or last.role != "user":
        return False
    if last.text.startswith(TRANSCRIPT_START) and (returned := TOOL_RETURNED.search(last.text[:MAX_SEARCHED])):
        return is_handover(returned[1])
    return HANDOFF_MESSAGE.match(last.text) is not None


def observation(prompt: Prompt) -> ToolResult | None:
    """Return the last result of a tool, if no question came after it."""
    if (result := prompt.tool_result) is not None:
        if was_handed_over(prompt) or has_loaded(prompt):
            return None
        return replace(result, text=without_additions(result.text))
    if not prompt.messages:
        return None
    last = prompt.messages[-1]
    text = last.text[-MAX_SEARCHED:]
    if last.role == "user" and (reported := _reported(text)):
        return reported
    if last.role == "user" and prompt.turn and (failed := FAILURE.match(text)):
        return ToolResult("", text[failed.end() :].strip())
    if "Observation:" not in text:
        return None
    if last.role == "user" and not OBSERVATION_LABEL.match(text.lstrip()):
        *_, begin = [0, *(match.end() for match in CONVERSATION_LABEL.finditer(text))]
        if not begin:
            return None
        text = text[begin:]
    labels = [match.end() for match in OBSERVATION_LABEL.finditer(text)]
    if not labels:
        return None
    shown = text[labels[-1] :]
    end = NEXT_LABEL.search(shown)
    return ToolResult("", shown[: end.start() if end else None].strip())


def _reported(text: str) -> ToolResult | None:
    """Return the result of a background agent, or the text of a loaded skill, if a message of the user has one."""
    if text.startswith(SKILL_START):
        return ToolResult("Skill", text)
    _, notified, after_mark = text.rpartition(TASK_NOTIFICATION)
    report, ended, _ = after_mark.partition("<result>")[2].partition("</result>")
    return ToolResult("Agent", HARNESS_NOTE.sub("", report, count=1).strip()) if notified and ended else None


HUMAN_NAMES = ("user", "human", "user_proxy")
"""The names of human participants in frameworks of agents."""


def is_after_worker(prompt: Prompt) -> bool:
    """Tell whether the last message is by a worker: an assistant, a tool, someone with a name, or a second user.

    OpenAI's Responses takes no names, so that the messages of workers are consecutive messages of the user.
    """
    messages = [each for each in prompt.messages if each.role not in ("system", "developer")]
    if not messages:
        return False
    last, before = messages[-1], messages[-2].role if len(messages) > 1 else ""
    is_named = last.name is not None and last.name.lower() not in HUMAN_NAMES
    return last.role in ("assistant", "tool") or is_named or before == "user"


def question(prompt: Prompt) -> str:
    """Return the last text of the user that does not report a tool's result, without the additions of programs."""
    texts = (message.text for message in reversed(prompt.messages) if message.role == "user")
    questions = (text for text in texts if not is_report(text))
    return next((words for text in questions if (words := without_additions(text)) or not text), "")


def is_report(text: str) -> bool:
    """Tell whether a message of the user is no question, but reports the result of a tool or of another agent."""
    added = text.startswith((TRANSCRIPT_START, TOOL_LOADED, SKILL_START)) or ROLE_ADOPTED.match(text[:200])
    return bool(added or OBSERVATION_LABEL.match(text.lstrip()[:40]) or FAILURE.match(text[:200]))


LABELLED_INPUT = re.compile(
    r"(?i)\b(?:question|query|input|topic|request|message|task|user|human)"
    r"(?: (?:of|you|to)\b[^\n:]{0,30})?\s*(?:is)?:[ \t]*([^\n]{2,500})"
)
"""The labelled input in a prompt that also has the instructions for the answer."""


def subject(prompt: Prompt, instructions: str) -> str:
    """Return the question without the instructions for the answer: the user's, or the labelled input in these."""
    user_question = question(prompt)
    if user_question[-MAX_SEARCHED:] != instructions:
        return user_question
    *_, labelled = ["", *(found[1] for found in LABELLED_INPUT.finditer(instructions))]
    return user_part(instructions) or labelled


def without_additions(text: str) -> str:
    """Return a user's text without the additions of programs, which are between the `ADDITION_MARKS`."""
    for begin, end in ADDITION_MARKS:
        if begin in text:
            first, *rest = text.split(begin)
            ends = [(part, *part.partition(end)[1:]) for part in rest]
            text = "".join((first, *(after if closed else begin + part for part, closed, after in ends))).strip()
    return text


LABELLED_QUESTION = re.compile(
    r"(?im)^\W{0,6}(?:the )?(?:user(?:'s)? )?(?:question|query|request|current task)(?: is)?\W{0,3}:"
    r"[ \t]*\W{0,3}(\w[^\n]{2,500})"
)
LAST_LINE = re.compile(r"</[\w-]{1,40}>\s*\n\s*([^\n<]{3,500})\s*\Z")
"""The last line of a text, if it follows documents in tags."""

OPEN_LABEL = re.compile(r"\n[ \t]*[A-Z][\w ]{0,30}:\s*\Z")
"""A label at the end of a text, behind which the answer belongs: `Answer:`, `Summary:`."""

USER_PART = re.compile(
    r"(?is)<(?:START_OF_)?(USER(?:_(?:PROMPT|QUERY|INPUT|QUESTION|MESSAGE|REQUEST))?|QUESTION|QUERY|INPUT_STR)>"
    r"\s*(.{1,4000}?)\s*<(?:/|END_OF_)\1>"
)
"""The user's part of a text that has the whole prompt: between tags, as of AdalFlow and of judges."""

LAST_QUESTION = re.compile(r"(?i)\bthe (?:question|query|request)s?:\s{1,4}([^\n]{3,500})\s*\Z")
"""A question at the end of a text, behind what it is about: `Based on this text, please answer the question:`."""

ASKED_LABEL = re.compile(r"(?m)^[ \t]*(?:Question|Q|Query|Input|Text):[ \t]*(\w[^\n]{2,200})$")
DATA_LABEL = re.compile(
    r"(?i)\b(?:text|document|article|passage|paragraph|review|message|content|input)s?"
    r"(?: (?:sample|below|that needs to be \w+|to (?:be )?\w+))?:\s*\Z"
)
DELIMITERS = ("'''", '"""', "```")
"""Labels before the text that a prompt is about, and the marks around it where it is at the end."""

MAX_LAST_LINE = 1_000
"""Characters of a text in which its last line is searched."""

MIN_WITH_INSTRUCTIONS = 200
"""The least characters of a text in which an application has put a question among its instructions."""


def topic(prompt: Prompt) -> str:
    """Return the subject of the answer: the question, or the one that follows `Question:` or the like in its text."""
    user_question = question(prompt)
    if observation(prompt) is not None:
        return user_question
    if given := _data(user_question[-MAX_SEARCHED:].rstrip()) or user_part(user_question):
        return given
    if asked_last := LAST_QUESTION.search(user_question[-MAX_LAST_LINE:]):
        return asked_last[1]
    if len(user_question) < MIN_WITH_INSTRUCTIONS:
        asked = ASKED_LABEL.findall(user_question) if OPEN_LABEL.search(user_question) else []
        return asked[-1] if asked else user_question
    if last := LAST_LINE.search(user_question[-MAX_LAST_LINE:]):
        return last[1]
    labelled = [found[1] for found in LABELLED_QUESTION.finditer(user_question[-MAX_SEARCHED:])]
    return labelled[-1] if labelled else user_question


def user_part(text: str) -> str:
    """Return the last part of a text that tags mark as the user's; empty if none do."""
    *_, part = ["", *(found[2] for found in USER_PART.finditer(text[-MAX_SEARCHED:]))]
    return (user_part(part) or part) if part else ""


def _data(text: str) -> str:
    """Return the labelled text in delimiters at the end of a text, before an open label at most; empty if none is."""
    if open_label := OPEN_LABEL.search(text[-MAX_LAST_LINE:]):
        text = text.removesuffix(open_label[0]).rstrip()
    mark = next((each for each in DELIMITERS if text.endswith(each)), "")
    opened = text.rfind(mark, 0, -len(mark)) if mark else -1
    is_labelled = opened > 0 and DATA_LABEL.search(text[max(opened - MAX_LAST_LINE, 0) : opened])
    return text[opened + len(mark) : -len(mark)].strip() if is_labelled else ""


def in_sentences(prompt: Prompt, random: Random, *, short: bool = False) -> str:
    """Repeat the last result of a tool, or else answer the question, in a `short` way or at length."""
    result = observation(prompt)
    return sentences(topic(prompt), random, short) if result is None else retold(result, question(prompt), random)
