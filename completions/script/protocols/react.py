"""Reasoning and acting in lines of text, for step 3: `Thought:`, `Action:`, `Action Input:`, at last `Final Answer:`.

LangChain and CrewAI end with `Final Answer:`, LlamaIndex with `Answer:`. LangChain's structured chat puts the action
into a JSON blob, `{"action": …, "action_input": …}`, whose last one has the action `Final Answer`.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.auto.sentences import keywords, retold, sentences
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import observation, question
from completions.script.protocols.tool_descriptions import arguments_for_request, described
from completions.script.schemas.document import compact, seeded

THOUGHT = re.compile(r"^[ \t]*Thought:", re.MULTILINE)
BLOB = re.compile(r'"action"\s*:.{0,200}?"action_input"\s*:', re.DOTALL)
FINAL_LABEL = re.compile(r"^[ \t]*((?:Final )?Answer):", re.MULTILINE)
NAMES = re.compile(r"^[ \t]*Action:[^\n]*?\b(?:one (?:name )?of|from)[\s:]*(?:\[([^\]\n]*)|([^)\n]*))", re.MULTILINE)
BLOB_NAMES = re.compile(r'Valid "action" values: "Final Answer" or ([^\n]+)')
TOOL_NAME = re.compile(r"^[ \t>*-]*Tool Name:[ \t]*([^\n]+)", re.MULTILINE)
TAKES_JSON = re.compile(r"(?im)^[ \t]*Action Input:[^\n]*\b(?:JSON|dictionary|kwargs)\b")
QUESTION = re.compile(r"^[ \t]*(?:Question|Current Task|Human|User):[ \t]*([^\n]+)", re.MULTILINE)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return an action, or the final answer once a tool has answered; None if the prompt does not ask for that."""
    text = "\n".join(message.text for message in prompt.messages if message.role in ("system", "developer", "user"))
    text = text[:MAX_SEARCHED]
    if "Answer" not in text:
        return None
    is_blob = "Final Answer" in text and BLOB.search(text) is not None
    final_label = FINAL_LABEL.search(text)
    if not is_blob and (final_label is None or not THOUGHT.search(text)):
        return None
    user_question, result = _question(prompt), observation(prompt)
    tools = described(_names(text), text)
    if result is None and tools:
        tool = best_fitting(tools, user_question)
        arguments = arguments_for_request(tool, seed, prompt, user_question)
        return _blob(tool.name, arguments) if is_blob else _lines(tool, text, user_question, arguments)
    random = seeded(seed + "/final")
    answer_text = retold(result, user_question, random) if result else sentences(user_question, random, short=False)
    return (
        _blob("Final Answer", answer_text)
        if is_blob
        else f"Thought: I now know the final answer.\n{final_label and final_label[1]}: {answer_text}"
    )


def _names(text: str) -> list[str]:
    """Return the names of the tools that may be called, in their order."""
    listed = BLOB_NAMES.search(text) or NAMES.search(text)
    names = re.split(r",\s*", listed[listed.lastindex or 0]) if listed else TOOL_NAME.findall(text)
    return [name for each in names if (name := each.strip(" \t.\"'`[]")) and len(name) < 100]


def _question(prompt: Prompt) -> str:
    """Return the question: the last line that is marked as such, or else the user's text."""
    text = question(prompt)[-MAX_SEARCHED:]
    *_, line = ["", *QUESTION.findall(text)]
    return line or text


def _lines(tool: Tool, text: str, user_question: str, arguments: Mapping[str, object]) -> str:
    """Write an action as lines; its input is JSON if the prompt asks for that, else plain text."""
    action_input = compact(arguments) if TAKES_JSON.search(text) else " ".join(keywords(user_question)) or "this"
    return f"Thought: I need to use a tool.\nAction: {tool.name}\nAction Input: {action_input}"


def _blob(action: str, action_input: object) -> str:
    """Write an action as a JSON blob in a block, after a thought."""
    blob = compact({"action": action, "action_input": action_input})
    return f"Thought: This is the next step.\nAction:\n```\n{blob}\n```"
