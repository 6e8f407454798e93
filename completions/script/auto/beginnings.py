"""Answers whose beginning the request has as its last message, for step 3; the model writes the rest.

Anthropic calls that a prefill: `{"role": "assistant", "content": "{"}` makes Claude write JSON without a word before it
(crmne/ruby_llm, 2026; at OpenRouter too). The rest completes JSON, an element or a block of code that is open, or
else it goes on with the sentence.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt
from completions.script.auto.instances import named_text
from completions.script.auto.sentences import keywords
from completions.script.auto.unfinished import rest_of_json
from completions.script.protocols.braces import MAX_SEARCHED, braced, list_at, value_of
from completions.script.protocols.languages import code_in
from completions.script.protocols.observation import observation, question
from completions.script.schemas.document import compact
from completions.tokens.servers import is_ollama

CONTINUING_FORMATS = ("anthropic", "converse")
CONTINUING_DIALECTS = ("groq", "openrouter")
"""The formats and dialects whose answers continue a last message of the assistant's."""

MARKS = ("prefix", "partial")
"""The fields that mark such a message at Mistral and DeepSeek, and at Moonshot."""

UNFINISHED = re.compile(
    r"(?:[:,;(\[{\"'\u201c=-]|\b(?i:is|are|was|were|be|has|have|an?|the|of|to|in|on|at|by|for|from|with|and|or|but|that"
    r"|because|my|your|I|it|as|than|not|will|would|can|should))\s*\Z|\A\s*\[[^\[\]\n]{1,60}\]\s*\Z"
)
"""How a text ends within a sentence; or it is a role alone, such as `[Sherlock Holmes]`."""

TAG = re.compile(r"<(/?)([A-Za-z][\w-]{0,40})>")
FENCE = re.compile(r"(?m)^[ \t]*```([^\n`]*)$")
FENCED = re.compile(r"```[^\n`]*\n(.*?)\n?```", re.DOTALL)
FIRST_WORD = re.compile(r"A |[A-Z][a-z]")
"""A first word that begins with a small letter within a sentence."""

MAX_CHOICE = 40
"""The most characters of an answer that is put in a bracket."""


def begun(prompt: Prompt) -> str:
    """Return the beginning of the answer with which a request ends; empty if it ends otherwise.

    Unless the request says that it is one, it has to be unfinished: in a conversation of agents, the last message is
    often another agent's. One that ends with the result of a tool, as CrewAI's, is no beginning either.
    """
    last = prompt.messages[-1] if prompt.messages else None
    if last is None or last.role != "assistant" or last.tool_calls or prompt.response_format.kind == "json_schema":
        return ""
    text = last.text[-MAX_SEARCHED:]
    is_begun = _is_marked(prompt) or (_continues(prompt) and _is_unfinished(text))
    return text if is_begun and observation(prompt) is None else ""


def _is_marked(prompt: Prompt) -> bool:
    """Tell whether the request says that its last message begins the answer."""
    messages = prompt.body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    has_mark = isinstance(last, Mapping) and any(last.get(mark) is True for mark in MARKS)
    return has_mark or prompt.body.get("continue_final_message") is True


def _continues(prompt: Prompt) -> bool:
    """Tell whether the API continues a last message of the assistant's."""
    dialect = prompt.address.get("dialect")
    return prompt.format in CONTINUING_FORMATS or dialect in CONTINUING_DIALECTS or is_ollama(prompt)


def _is_unfinished(text: str) -> bool:
    """Tell whether a text ends within a sentence, a block of code, an element or JSON."""
    if UNFINISHED.search(text[-40:]) or _is_in_block(text) or _open_element(text):
        return True
    return rest_of_json(text, {"{": {}, "[": []}, str) is not None


def rest(start: str, answer: str, prompt: Prompt, seed: str) -> str:
    """Return what follows the beginning of an answer; `answer` is the one without it."""
    if answer.startswith(start.rstrip()):
        return answer[len(start.rstrip()) :].removeprefix(start[len(start.rstrip()) :])
    values = rest_of_json(start, _examples(answer, prompt), lambda key: named_text(key, f"{seed}/{key}"))
    if values is not None:
        return values + _closings(start)
    if _is_in_block(start):
        return f"{_glue(start)}{_block(start, answer, prompt)}{_closings(start)}"
    if element := _open_element(start):
        _, opened, inner = answer.partition(f"<{element}>")
        return inner if opened else f"{answer}{_closings(start)}"
    if start.endswith("(") and len(answer) <= MAX_CHOICE:
        return answer.strip("()") + ")"
    is_within = start[-1:].isalnum() or start.endswith(",")
    return _glue(start) + (answer[:1].lower() + answer[1:] if is_within and FIRST_WORD.match(answer) else answer)


def _examples(answer: str, prompt: Prompt) -> Mapping[str, object]:
    """Return an object and a list, by their brackets: those in the answer, or else of its words."""
    fenced = FENCED.search(answer)
    text = (fenced[1] if fenced else answer).strip()
    found = list_at(text) if text.startswith("[") else next((value_of(part.text) for part in braced(text)), None)
    if isinstance(found, list):
        return {"[": found, "{": next((each for each in found if isinstance(each, Mapping)), {"answer": found})}
    if isinstance(found, Mapping):
        return {"{": found, "[": [found]}
    words = keywords(question(prompt))
    return {"{": {"topic": " ".join(words) or "this", "answer": answer}, "[": words or [answer]}


def _block(start: str, answer: str, prompt: Prompt) -> str:
    """Return the content of an open block: that of the answer's, or else one in the block's language."""
    if fenced := FENCED.search(answer):
        return fenced[1]
    language = FENCE.findall(start)[-1].strip().lower()
    if language.startswith("json"):
        return compact(_examples(answer, prompt)["{"])
    return code_in(language) or answer


def _is_in_block(start: str) -> bool:
    return len(FENCE.findall(start)) % 2 == 1


def _closings(start: str) -> str:
    """Return the ends of the block of code and of the element that are open."""
    element = _open_element(start)
    return ("\n```" if _is_in_block(start) else "") + (f"</{element}>" if element else "")


def _open_element(start: str) -> str | None:
    """Return the name of the innermost element that is open; None if all are closed."""
    opened: dict[str, int] = {}
    for closes, name in TAG.findall(start):
        count = opened.pop(name, 0) + (-1 if closes else 1)
        if count > 0:
            opened[name] = count
    return next(reversed(opened), None)


def _glue(start: str) -> str:
    """Return what stands between the beginning and its rest."""
    if _is_in_block(start):
        return "" if start.endswith("\n") else "\n"
    return "" if start[-1:].isspace() or start.endswith((">", "(", '"', "'", "\u201c")) else " "
