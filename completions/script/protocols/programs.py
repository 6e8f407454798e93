"""A program that a question asks for, for step 3: `Write a Python function that adds two numbers.`

The answer is a sentence and a block of code, as models give it, so that programs which look for the block find one. It
runs, in the language that the question names, else in Python. A function has the name, or the head, that the question
gives it.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.instructions import NEGATED, takes_any_text
from completions.script.protocols.languages import CODE, LANGUAGE, LANGUAGES, language_of
from completions.script.protocols.observation import in_sentences, observation, question
from completions.script.schemas.document import seeded
from completions.script.wording import WRITE

MAX_READ = 4_000
"""Characters of a question in which a request for code is searched."""

_THING = (
    r"(?:functions?|programs?|methods?|algorithms?|(?:python|shell|bash) scripts?|scripts?(?= (?:that|to|which|in)\b)"
    r"|unit tests?|SQL quer(?:y|ies)|(?:regex|regular expression)s?)"
)
_OF_TEXT = r"(?! (?:descriptions?|names?|documentation|reviews?)\b)"
_CHANGE = "refactor|fix|debug|convert|complete|rewrite|optimi[sz]e|port"
_BETWEEN = r"(?: (?!(?:about|on|of|for|from|with|to|that|in)\b)\w+){0,2}?"
REQUEST = re.compile(
    r"(?i)(?:\A|[.!?:]\s+|\n)\W{0,3}(?:please |can you |could you |i (?:want|need) you to |help me )*(?:"
    rf"(?:{WRITE}|create|implement|build|make|show|{_CHANGE})(?: (?:me|us|an?|the|this|that|some|my|following)\b)*"
    rf"{_BETWEEN} (?:{_THING}{_OF_TEXT}|(?:{LANGUAGES})(?!\w))"
    rf"|(?:{WRITE}|implement|create|{_CHANGE})(?: (?:me|us|some|this|my|the following|source|{LANGUAGES}))* code(?!\w)"
    rf"|(?:{_CHANGE}) the code(?!\w)"
    rf"|(?:implement|write|code)\b[^\n.?!]{{1,60}} in (?:{LANGUAGES}|go)(?!\w))"
)
"""A sentence that begins with the wish for code."""

TARGET = re.compile(rf"(?i)\b(?:in|to|into|using) ({LANGUAGES}|go)(?![\w])")
HEAD = re.compile(r"(?m)^[ \t]*(?P<head>(?:async )?def \w{1,60}\([^\n]{0,200}\)[^\n:]{0,80}:)[ \t]*$")
NAMED = re.compile(r"(?i)\b(?:called|named|name it) [`'\"]?([A-Za-z_]\w{0,40})")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write a sentence and a block of code; None if the question wants no code, or the prompt offers tools."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    text = question(prompt)[:MAX_READ]
    wanted = REQUEST.search(text)
    if wanted is None or NEGATED.search(wanted[0]):
        return None
    found = TARGET.search(text) or LANGUAGE.search(text)
    language = language_of(found[1]) if found else "python"
    sentence = in_sentences(prompt, seeded(f"{seed}/text"), short=True)
    return f"{sentence}\n\n```{language}\n{_code(language, text)}\n```"


def _code(language: str, text: str) -> str:
    head, named = HEAD.search(text), NAMED.search(text)
    if language == "python" and head:
        return f"{head['head'].strip()}\n    return None"
    return re.sub(r"\banswer(?=\()", named[1], CODE[language]) if named else CODE[language]
