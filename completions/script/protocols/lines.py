"""Lists, titles, queries and questions that a prompt wants without a word about them, for step 3.

| the prompt | the answer |
|---|---|
| `Generate 3 versions of the question, one per line` | as many lines; after `1.` or `-` where a list is asked for |
| `Respond with a list of strings in this format: ["query 1", "query 2"]` | such a list; so with lines `- query 1` |
| `Each line must begin with the string "Prompt:"` | lines that begin so |
| `Your response should be a list of comma separated values` | words with commas between |
| `Rephrase it to be a standalone question` | the question, as it stands |
| `Generate a title of 5 words` | a few of the conversation's words |
| `matches the following pattern: '%Y-%m-%d'` | a date, so written |
| `Write an outline`, with `"#"` for titles; `Start with # title` | headings; one, and sentences |
| `a commit message`, and a diff | one that names the file |
| `Return only the SQL query` | a query of a table that the prompt tells of |
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.sentences import keywords
from completions.script.protocols.instructions import KEPT, SENTENCE, instructions, takes_any_text, unwrapped
from completions.script.protocols.observation import ABOUT, in_sentences, observation, question
from completions.script.schemas.document import compact, seeded
from completions.script.wording import ANSWER, NUMBERS, WRITE

PER_LINE = re.compile(
    r"(?i)\bone (?:\w+ )?(?:per|on each|on a|in each) (?:\w+ )?line|separated by (?:a )?new ?lines?"
    r"|each on (?:a|its own) (?:new |separate )?line"
    r"|newline[- ]separated|\bline by line\b"
)
COMMAS = re.compile(r"(?i)\bcomma[- ]separated\b|separated by commas")
PYTHON = re.compile(r"(?i)\bpython list\b")
MARKED = re.compile(r"(?i)\b(numbered list)\b|\bbullet(?:ed)? (?:points?|list)\b|\bas bullets\b")
OPTIONAL = re.compile(
    r"(?i)\b(?:e\.g|such as|like|for (?:example|instance)|head(?:ing|er)s?|bold|tables?|may|can|could|where"
    r"|when\w*|if)\b"
)
"""What tells that a list is only one of the things that an answer may have."""

QUOTED = re.compile(rf"(?i)\b(?:{ANSWER})\b[^\n\[]{{0,60}}\b(?:list|array) of \w+[^\n\[]{{0,60}}(\[\s*[\"'][^\]\n]*\])")
"""A list of texts that shows how: `respond with a list of strings in the following format: ["query 1", "query 2"]`."""

SHOWN = re.compile(
    r"(?i)\b(?:format|form)\b[^\n]{0,90}(?::|\be\.g\.)\s*(?P<before>[-*\u2022]|1[.)]|[A-Z]\w{0,9}:) (?P<first>[^\n]+)"
    r"\n\s*(?:(?P=before)|2[.)]) (?P<second>[^\n]+)"
)
"""Two lines of a list that show how, and differ in their numbers alone: `- query 1`, `- query 2`, or `Q: query 1`."""

LABEL = re.compile(
    r"(?i)\b(?:(?:each|every) \w+ (?:must|should|has to) (?:begin|start)|(?:begin|start) (?:each|every) \w+) with "
    r"(?:the )?(?:\w+ )?[\"'`](?P<before>[A-Z][\w ]{0,30}:)"
)
"""What each line begins with: `Each line must begin with the string "Prompt:"`, as promptfoo's red team asks."""

SEVERAL = "|".join(NUMBERS[1:])
COUNT = re.compile(
    rf"(?i)\b(?:{WRITE}|list|suggest|create|return|produce|name|of|in|exactly|brainstorm)\b"
    rf"(?: \w+){{0,2}}? (\d{{1,2}}|{SEVERAL})\b"
)
DULL = re.compile(
    rf"(?i)\d+|{SEVERAL}|write|list|give|generate|return|python|number(?:ed)?|bullet(?:ed)?|points?|response|separated|comma"
    r"|values?|line|items?|quer(?:y|ies)|start(?:ing)?|each|only|respond"
)
"""Words of what is asked that are not its topic."""

MAX_LINES = 20
ITEMS = (
    *("{topic}", "{topic} explained", "examples of {topic}", "{topic} in practice", "facts about {topic}"),
    *("{topic} overview", "the history of {topic}", "{topic} step by step", "common questions about {topic}"),
)
STANDALONE = re.compile(
    r"(?i)\bstandalone (?:question|query)"
    r"|\b(?:formulate|write|produce) an? (?:improved|better|optimi[sz]ed) (?:question|query)"
)
FOLLOW_UP = re.compile(
    r"(?i)\b(?:follow[- ]?up (?:input|question|message)|(?:latest|initial|current) question)\s*[:>][\s-]*"
    r"([^\n]{2,2000})"
)

TITLE = re.compile(rf"(?i)\b(?:{WRITE}|create|suggest|come up with|summari[sz]e)\b[^\n]{{0,100}}\btitles?\b")
SHORT = re.compile(r"(?i)\b(?:short|concise|brief|only|just|max\w*|less|fewer|characters)\b|\b\d[\w-]*[- ]words?\b")
TALK = re.compile(r"(?i)\b(?:conversations?|chats?|messages?|threads?|sessions?|titles? (?:itself|only|alone))\b")

OUTLINE = re.compile(r"(?i)\boutline\b[^\0]{0,400}[\"'`]#[\"'` ]")
SECTION = re.compile(r"(?i)\bstart (?:your \w+ )?with [\"'`]?#[\"'`]? ")
HEADINGS = ("# Overview", "## What {topic} is", "# History", "# Examples", "## {topic} in practice", "# See also")

COMMIT = re.compile(r"(?i)\bcommit messages?\b")
CHANGED = re.compile(r"^(?:diff --git a/|\+\+\+ b/)(\S+)", re.MULTILINE)
TYPED = re.compile(r"\bfeat\b")
"""What tells that a commit message begins with its type."""

PATTERN = re.compile(
    r"(?i)\bpattern: '([^'\n]{0,40}%Y[^'\n]{0,40})'"
    rf"|\b(?:{ANSWER})\b[^\n.]{{0,40}}\bYYYY-MM-DD\b"
)
DAY = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)

LISTING = re.compile(
    r"(?i)\A\W*(?!if\b)[^\n]*\b"
    rf"(?:respond|response|return|output|answer|{WRITE}|list|create|suggest|name|produce|result|should|must|one|separated)\b"
)
"""What a sentence has that asks for a list."""

SAYS = rf"\b(?:return|output|respond|reply|{WRITE}|produce)\b"
SQL = re.compile(
    rf"(?im){SAYS}(?:(?!\babout\b)[^\n.]){{0,40}}\b(?:only|just)\b(?:(?!\babout\b)[^\n.]){{0,40}}\bSQL"
    rf"|{SAYS}[^\n.]{{0,60}}\bSQL\b[^\n.]{{0,30}}\b(?:only|nothing else|without any)\b|^[ \t]*SQL ?Query:[ \t]*\Z"
)
TABLE = re.compile(
    r"\bCREATE TABLE (?:IF NOT EXISTS )?[\"`\[]?([\w.]{1,60})|\b[Tt]able:? [\"`]?(\w{1,60})[\"`]?\s*[(:]"
    r"|(\b[a-z_]\w{1,60})\(\w+[ ,]"
)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer with what is asked for alone; None where nothing of the kind is, or tools are offered."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    for text in texts:
        kind = _kind(text)
        if kind is not None and (said := kind(text, texts, prompt)) is not None:
            return said
    return None


@lru_cache(maxsize=KEPT)
def _kind(text: str) -> Callable[[str, list[str], Prompt], str | None] | None:
    """Return what writes an answer of the kind that a text wants; None where it wants none."""
    if COMMIT.search(text):
        return _commit
    if OUTLINE.search(text):
        return _outline
    if SECTION.search(text):
        return _section
    if STANDALONE.search(text):
        return _question
    if SQL.search(text):
        return _query
    if TITLE.search(text) and SHORT.search(text) and TALK.search(text):
        return _title
    if PATTERN.search(text):
        return _date
    if QUOTED.search(text) or _shown(text):
        return _list
    sentences = (found[0] for found in SENTENCE.finditer(text) if LISTING.search(found[0]))
    asked = any(
        kind.search(each) for each in sentences for kind in (MARKED, PER_LINE, COMMAS, PYTHON) if _is_meant(kind, each)
    )
    return _list if asked else None


def _is_meant(kind: re.Pattern[str], sentence: str) -> bool:
    return kind is not MARKED or OPTIONAL.search(sentence) is None


def _shown(text: str) -> str:
    """Return what a text shows or tells that each line begins with, `-`, `1.` or `Q:`; else the empty text."""
    if label := LABEL.search(text):
        return label["before"]
    shown = SHOWN.search(text)
    alike = shown and re.sub(r"\d", "", shown["first"]).split() == re.sub(r"\d", "", shown["second"]).split()
    return shown["before"] if shown and alike else ""


def _list(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a list in the way that a text asks for."""
    marked = MARKED.search(text)
    count = next((found[1].lower() for found in COUNT.finditer(SHOWN.sub("", text))), "3")
    most = min(NUMBERS.index(count) + 1 if count in NUMBERS else int(count), MAX_LINES)
    topic = _topic(text, prompt)
    items = [ITEMS[number % len(ITEMS)].format(topic=topic) for number in range(max(most, 1))]
    if COMMAS.search(text):
        return ", ".join(items)
    if PYTHON.search(text) or QUOTED.search(text):
        return compact(items)
    mark = _shown(text)
    bullet = f"{mark} " if mark.endswith(":") else "- " if marked or mark else ""
    before = "{number}. " if (marked and marked[1]) or mark[:1] == "1" else bullet
    return "\n".join(before.format(number=number) + item for number, item in enumerate(items, 1))


def _topic(text: str, prompt: Prompt) -> str:
    *_, told = ["", *(found[1] for found in ABOUT.finditer(text))]
    words = keywords(told) or [word for word in keywords(question(prompt), 16) if not DULL.fullmatch(word)]
    return " ".join(words[:4]) or "this"


def _question(text: str, texts: list[str], prompt: Prompt) -> str | None:
    """Return the question that is to be put in other words."""
    *_, told = ["", *(found[1] for found in FOLLOW_UP.finditer(text))]
    return told.strip() or (None if unwrapped(question(prompt)) == text else question(prompt))


def _title(text: str, texts: list[str], prompt: Prompt) -> str:
    """Name a conversation by a few of its words."""
    found = TITLE.search(text)
    asked = question(prompt)
    if found and found[0] in unwrapped(asked):
        after = unwrapped(asked)[unwrapped(asked).index(found[0]) + len(found[0]) :]
        asked = after.partition("\n")[2] or after
    asked = re.sub(r"(?:\A|\n)\W*\w+:", "\n", asked)
    return " ".join(word[:1].upper() + word[1:] for word in keywords(asked)) or "New Conversation"


def _outline(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write the headings of a page in Markdown."""
    return "\n".join(HEADINGS).format(topic=_topic(text, prompt))


def _section(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a heading and sentences."""
    return f"# Overview\n{in_sentences(prompt, seeded(text))}"


def _commit(text: str, texts: list[str], prompt: Prompt) -> str | None:
    """Name the first file that a diff is of; None where there is none."""
    changed = CHANGED.search(question(prompt))
    name = changed[1].rpartition("/")[2] if changed else ""
    return (f"feat: update {name}" if TYPED.search(text) else f"Update {name}") if name else None


def _date(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a date in the way that a text tells."""
    told = PATTERN.search(text)
    return (DAY.strftime(told[1]) if told and told[1] else DAY.date().isoformat()) if told else ""


def _query(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a query of the first table that is told of."""
    table = next((found for each in texts if (found := TABLE.search(each))), None)
    name = next(filter(None, table.groups()), None) if table else None
    return f"SELECT * FROM {name} LIMIT 10" if name else "SELECT 1 AS total"
