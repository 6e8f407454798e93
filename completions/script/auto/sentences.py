"""A few sentences that speak to a prompt's words, for step 3: the texts of `auto`.

Only whole words are taken from the prompt, none with a quote, a bracket or a backslash in it, so that what is
written can stand anywhere.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from random import Random

from completions.conversation import ToolResult

READ = 4_000
"""Characters. What a prompt says further on is not looked at."""

MAX_WORD = 24
"""Characters. A longer word, or a text that is written without spaces, is cut."""

JOINERS = "-._@'"
"""What may stand within a word."""

STOP_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        """a about all am an and any are as at be been but by can could did do does for from get give had has have he
        hello hey hi her here him his how i if in into is it its just let like ll m me my no not of on one or our out
        please re s say she should so some t tell than that the their them then there these they this those to up us use
        using ve want was we were what when where which who why will with would you your""",
    )
)

OPENINGS = (
    "Here is a short answer on the following: {topic}.",
    "In short, this is what it comes down to: {topic}.",
    "A few sentences are enough to answer this: {topic}.",
    "There is more than one way to look at the following: {topic}.",
)
"""Every pattern reads well with any word in it, for it speaks of the word, which may be a name, a thing or a verb."""

MIDDLES = (
    "The word to start with is {one}, since the rest follows from it.",
    "The key word is {one}, and it is simpler than it seems.",
    "It helps to go a step at a time, and to begin with the word {one}.",
    "Most questions with the word {one} in them have a plain answer.",
)

CLOSINGS = (
    "Ask again with the word {last} if you want to know more.",
    "A good next step is another question with the word {last} in it.",
    "That is the main point, and the word to remember is {last}.",
    "There is more to say about the word {last} if that helps.",
)

WORDLESS = ("There is nothing to answer in this.", "It has no words that tell what it is about.", "Ask about anything.")
"""What is said where a text has no telling words, in place of the three."""

GREETINGS = frozenset({"hello", "hey", "hi"})
"""Words that are answered alike where a text has no telling ones."""

GREETED = ("Hello.", "This is a mock, which makes up an answer to each request.", "Ask about anything.")

NAMES = {"image": "an image", "audio": "a recording", "file": "a file"}
"""What a tool answers with, besides text."""

THOUGHTS = (
    "The user brings up the following: {topic}. A short and direct answer fits best.",
    "This is about the following: {topic}. I should keep to the point and say it plainly.",
    "The request mentions the following: {topic}. I will take the word {one} first and then answer.",
)

PLANS = ("I will use TOOLS for the following: {topic}.", "To answer this I call TOOLS first: {topic}.")
"""What is said before a call; every pattern reads well with any word in it."""


def keywords(text: str, most: int = 4) -> list[str]:
    """Return the first telling words of a text, each once, as they are written."""
    found: dict[str, str] = {}
    for word in _words(text):
        key = word.casefold()
        if key in found or (key.partition("'")[0] if "'" in key else key) in STOP_WORDS:
            continue
        found[key] = word
        if len(found) == most:
            break
    return list(found.values())


def _words(text: str) -> Iterator[str]:
    for piece in text[:READ].translate(_Kept()).split():
        word = piece.strip(JOINERS)[:MAX_WORD].rstrip(JOINERS)
        if word:
            yield word


class _Kept:
    """What `str.translate` makes of a character, by its code: letters, marks on them, digits and joiners stay."""

    def __getitem__(self, code: int) -> str:
        character = chr(code)
        return character if unicodedata.category(character)[0] in "LMN" or character in JOINERS else " "


def sentences(text: str, random: Random, short: bool) -> str:
    """Answer a text in three sentences that mention its words, or in the first of them."""
    words = keywords(text)
    said = [random.choice(group) for group in (OPENINGS, MIDDLES, CLOSINGS)] if words else _wordless(text)
    return _fill(said[0] if short else " ".join(said), words)


def _wordless(text: str) -> tuple[str, str, str]:
    return GREETED if any(word.casefold() in GREETINGS for word in _words(text)) else WORDLESS


def thoughts(text: str, random: Random, short: bool) -> str:
    """Write what a reasoning model thinks of a text: two sentences, or one."""
    thought = random.choice(THOUGHTS)
    return _fill(thought.partition(". ")[0] + "." if short else thought, keywords(text))


def plan(tools: list[str], text: str, random: Random) -> str:
    """Say which tools are about to be called, as some models do before they call them."""
    return _fill(random.choice(PLANS), keywords(text)).replace("TOOLS", " and ".join(dict.fromkeys(tools)))


def retold(result: ToolResult, text: str, random: Random) -> str:
    """Say what a tool said, as an answer to a text."""
    said, words = _excerpt(result.text), keywords(text)
    closing = _fill(random.choice(CLOSINGS) if words else WORDLESS[-1], words)
    source = f"the {result.name} tool" if result.name else "the tool"
    if not said and result.parts:
        return f"{source.capitalize()} answered with {NAMES[result.parts[-1].kind]}. " + closing
    if not said:
        return f"{source.capitalize()} answered, but had nothing to say. " + closing
    opening = random.choice(("According to {}: {}.", "Here is what {} found: {}.", "From {}: {}."))
    return opening.format(source, said.rstrip(".")) + " " + closing


def _fill(pattern: str, found: list[str]) -> str:
    words = found or ["this"]
    topic = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return pattern.format(topic=topic, one=words[0], last=words[-1])


def _excerpt(text: str, longest: int = 300) -> str:
    """Return the facts of a JSON text, or the text itself, on one line."""
    try:
        value = json.loads(text[: 10 * READ])
    except (ValueError, RecursionError):
        value = None
    facts = list(_facts(value))[:8] if isinstance(value, (Mapping, list)) else []
    return " ".join(("; ".join(facts) or (value if isinstance(value, str) else text[: 2 * longest])).split())[:longest]


def _facts(value: object, name: str = "") -> Iterator[str]:
    """Yield `name is value` for each plain value in a JSON value."""
    todo: list[tuple[str, object]] = [(name, value)]
    while todo:
        name, value = todo.pop(0)
        if isinstance(value, Mapping):
            todo = [(str(key), item) for key, item in value.items()] + todo
        elif isinstance(value, list):
            todo = [(name, item) for item in value[:8]] + todo
        elif value is not None:
            plain = value if isinstance(value, str) else json.dumps(value)
            yield f"{name.replace('_', ' ')} is {plain}" if name else plain
