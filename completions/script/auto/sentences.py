"""A few sentences with words of the prompt, for step 3: the texts of `auto`.

Only whole words are taken from the prompt, none with a quote, a bracket or a backslash in it, so that the
sentences are valid in any context.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from random import Random

from completions.conversation import ToolResult

MAX_READ = 4_000
"""Characters of a prompt that are read."""

MAX_WORD = 24
"""Characters. A longer word, or a text that is written without spaces, is cut."""

JOINERS = "-._@'"
"""Characters that may occur within a word."""

ESCAPE = re.compile(r"\\[nrt](?=[\s\\\"'A-Z#*<-]|$)")
"""A line's end or a tab as JSON writes it, in a prompt that has the JSON of another one."""

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
"""Each pattern is correct with any word, whether a name, a noun or a verb, because it mentions it as a word."""

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
"""The three sentences for a text without keywords."""

GREETINGS = frozenset({"hello", "hey", "hi"})
"""Greetings, which are answered by `GREETED` if a text has no keywords."""

GREETED = ("Hello.", "This is a mock, which makes up an answer to each request.", "Ask about anything.")

PART_NAMES = {"image": "an image", "audio": "a recording", "file": "a file"}
"""Descriptions of results that are not text."""

THOUGHTS = (
    "The user brings up the following: {topic}. A short and direct answer fits best.",
    "This is about the following: {topic}. I should keep to the point and say it plainly.",
    "The request mentions the following: {topic}. I will take the word {one} first and then answer.",
)

PLANS = ("I will use TOOLS for the following: {topic}.", "To answer this I call TOOLS first: {topic}.")
"""The texts before a call; each pattern is correct with any word."""


def keywords(text: str, most: int = 4) -> list[str]:
    """Return the first distinct words of a text that are not stop words, as they are written."""
    found: dict[str, str] = {}
    for word in _words(text):
        key = word.casefold()
        if key in found or (key.partition("'")[0] if "'" in key else key) in STOP_WORDS:
            continue
        found[key] = word
        if len(found) == most:
            break
    return list(found.values())


def last_words(text: str, length: int) -> str:
    """Return the end of a text, of at most this length, without a word that it would begin in the middle of."""
    if len(text) <= length:
        return text
    end = text[-length:]
    return end if not (end[0].isalnum() and text[-length - 1].isalnum()) else re.sub(r"\A\w{1,40}", "", end)


def _words(text: str) -> Iterator[str]:
    for piece in ESCAPE.sub(" ", text[:MAX_READ]).translate(_KeptCharacters()).split():
        word = piece.strip(JOINERS)[:MAX_WORD].rstrip(JOINERS)
        if word:
            yield word


class _KeptCharacters:
    """A table for `str.translate` that keeps letters, combining marks, digits and joiners, and blanks the rest."""

    def __getitem__(self, code: int) -> str:
        character = chr(code)
        return character if unicodedata.category(character)[0] in "LMN" or character in JOINERS else " "


def sentences(text: str, random: Random, short: bool) -> str:
    """Answer a text in three sentences that mention its words, or in the first one alone."""
    words = keywords(text)
    patterns = [random.choice(group) for group in (OPENINGS, MIDDLES, CLOSINGS)] if words else _wordless(text)
    return _fill(patterns[0] if short else " ".join(patterns), words)


def _wordless(text: str) -> tuple[str, str, str]:
    return GREETED if any(word.casefold() in GREETINGS for word in _words(text)) else WORDLESS


def thoughts(text: str, random: Random, short: bool) -> str:
    """Return a reasoning model's thoughts about a text: two sentences, or one."""
    thought = random.choice(THOUGHTS)
    return _fill(thought.partition(". ")[0] + "." if short else thought, keywords(text))


def plan(tools: list[str], text: str, random: Random) -> str:
    """Announce the tools that are called next, as some models do."""
    return _fill(random.choice(PLANS), keywords(text)).replace("TOOLS", " and ".join(dict.fromkeys(tools)))


def retold(result: ToolResult, text: str, random: Random) -> str:
    """Repeat the result of a tool, as an answer to a text."""
    excerpt, words = _excerpt(result.text), keywords(text)
    closing = _fill(random.choice(CLOSINGS) if words else WORDLESS[-1], words)
    source = f"the {result.name} tool" if result.name else "the tool"
    if not excerpt and result.parts:
        return f"{source.capitalize()} answered with {PART_NAMES[result.parts[-1].kind]}. " + closing
    if not excerpt:
        return f"{source.capitalize()} answered, but had nothing to say. " + closing
    opening = random.choice(("According to {}: {}.", "Here is what {} found: {}.", "From {}: {}."))
    return opening.format(source, excerpt.rstrip(".")) + " " + closing


def _fill(pattern: str, words: list[str]) -> str:
    shown_words = words or ["this"]
    topic = " and ".join([", ".join(shown_words[:-1]), shown_words[-1]] if len(shown_words) > 1 else shown_words)
    return pattern.format(topic=topic, one=shown_words[0], last=shown_words[-1])


def _excerpt(text: str, longest: int = 300) -> str:
    """Return the facts of a JSON text, or the text itself, on one line."""
    try:
        value = json.loads(text[: 10 * MAX_READ])
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
