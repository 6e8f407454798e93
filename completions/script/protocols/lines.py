"""Lists, titles, queries and questions that a prompt wants without any other text, for step 3.

| the prompt | the answer |
|---|---|
| `Generate 3 versions of the question, one per line` | that many lines, with `1.` or `-` if a list is requested |
| `Respond with a list of strings in this format: ["query 1", "query 2"]` | such a list; so with lines `- query 1` |
| `Each line must begin with the string "Prompt:"` | lines with that beginning |
| `Your response should be a list of comma separated values` | words separated by commas |
| `Rephrase it to be a standalone question` | the question, unchanged |
| `Generate a title of 5 words` | a few of the conversation's words |
| `matches the following pattern: '%Y-%m-%d'` | a date in that form |
| `Write an outline`, with `"#"` for titles; `Start with # title` | headings; one, and sentences |
| `a commit message`, and a diff | one that names the file |
| `Return only the SQL query` | a query of a table in the prompt |
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.sentences import keywords
from completions.script.protocols.instructions import CACHE_SIZE, SENTENCE, instructions, takes_any_text, unwrapped
from completions.script.protocols.observation import LABELLED_INPUT, in_sentences, observation, question
from completions.script.schemas.document import compact, seeded
from completions.script.wording import ANSWER, NUMBERS, WRITE, number_of

PER_LINE = re.compile(
    r"(?i)\bone (?:\w+ )?(?:per|on each|on a|in each) (?:\w+ )?line|separated by (?:a )?new ?lines?"
    r"|each on (?:a|its own) (?:new |separate )?line"
    r"|newline[- ]separated|\bline by line\b"
)
COMMAS = re.compile(r"(?i)\bcomma[- ]separated\b|separated by commas")
PYTHON_LIST = re.compile(r"(?i)\bpython list\b")
MARKED_LIST = re.compile(r"(?i)\b(numbered list)\b|\bbullet(?:ed)? (?:points?|list)\b|\bas bullets\b")
OPTIONAL = re.compile(
    r"(?i)\b(?:e\.g|such as|like|for (?:example|instance)|head(?:ing|er)s?|bold|tables?|may|can|could|where"
    r"|when\w*|if)\b"
)
"""Signs that a list is only an optional part of the answer."""

QUOTED_LIST = re.compile(
    rf"(?i)\b(?:{ANSWER})\b[^\n\[]{{0,60}}\b(?:list|array) of \w+[^\n\[]{{0,60}}(\[\s*[\"'][^\]\n]*\])"
)
"""A list of strings as an example: `respond with a list of strings in the following format: ["query 1", "query 2"]`."""

EXAMPLE_LINES = re.compile(
    r"(?i)\b(?:format|form)\b[^\n]{0,90}(?::|\be\.g\.)\s*(?P<before>[-*\u2022]|1[.)]|[A-Z]\w{0,9}:) (?P<first>[^\n]+)"
    r"\n\s*(?:(?P=before)|2[.)]) (?P<second>[^\n]+)"
)
"""Two example lines that differ only in their numbers: `- query 1`, `- query 2`, or `Q: query 1`."""

REQUIRED_START = re.compile(
    r"(?i)\b(?:(?:each|every) \w+ (?:must|should|has to) (?:begin|start)|(?:begin|start) (?:each|every) \w+) with "
    r"(?:the )?(?:\w+ )?[\"'`](?P<before>[A-Z][\w ]{0,30}:)"
)
"""A required beginning: `Each line must begin with the string "Prompt:"`, in the prompts of promptfoo's red team."""

SEVERAL = "|".join(NUMBERS[1:])
COUNT = re.compile(
    rf"(?i)\b(?:{WRITE}|list|suggest|create|return|produce|name|of|in|exactly|brainstorm)\b"
    rf"(?: \w+){{0,2}}? (\d{{1,2}}|{SEVERAL})\b"
)
NOT_TOPIC = re.compile(
    rf"(?i)\d+|{SEVERAL}|write|list|give|generate|return|python|number(?:ed)?|bullet(?:ed)?|points?|response|separated|comma"
    r"|eg|foo|bar|baz|kinds?|types?|examples?|values?|line|items?|quer(?:y|ies)|start(?:ing)?|each|only|respond"
)
"""Words of a request that are not its topic."""

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
TOLD = re.compile(
    r"(?im)^\W{0,4}(?:the )?(?:users?(?:'s)?|first|human) (?:\w+ )?(?:messages?|inputs?|requests?)\b[^\n:]{0,40}:\s"
)
"""The label of what the user has said, in a text with more about the conversation."""

OUTLINE = re.compile(r"(?i)\boutline\b[^\0]{0,400}[\"'`]#[\"'` ]")
SECTION = re.compile(r"(?i)\bstart (?:your \w+ )?with [\"'`]?#[\"'`]? ")
HEADINGS = ("# Overview", "## What {topic} is", "# History", "# Examples", "## {topic} in practice", "# See also")

COMMIT = re.compile(r"(?i)\bcommit messages?\b")
CHANGED_FILE = re.compile(r"^(?:diff --git a/|\+\+\+ b/)(\S+)", re.MULTILINE)
WITH_TYPE = re.compile(r"\bfeat\b")
"""A sign that commit messages begin with their type."""

DATE_PATTERN = re.compile(
    r"(?i)\bpattern: '([^'\n]{0,40}%Y[^'\n]{0,40})'"
    rf"|\b(?:{ANSWER})\b[^\n.]{{0,40}}\bYYYY-MM-DD\b"
)
EXAMPLE_DATE = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)

LISTING = re.compile(
    r"(?i)\A\W*(?!if\b)[^\n]*\b"
    rf"(?:respond|response|return|output|answer|{WRITE}|list|create|suggest|name|produce|result|should|must|one|separated)\b"
)
"""A sentence that asks for a list."""

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
    """Return only the requested list, title or query; None if the prompt wants none, or offers tools."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    for text in texts:
        kind = _kind(text)
        if kind is not None and (answer := kind(text, texts, prompt)) is not None:
            return answer
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _kind(text: str) -> Callable[[str, list[str], Prompt], str | None] | None:
    """Return the function that writes the kind of answer that a text wants; None if it wants none."""
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
    if DATE_PATTERN.search(text):
        return _date
    if QUOTED_LIST.search(text) or _line_start(text):
        return _list
    sentences = (found[0] for found in SENTENCE.finditer(text) if LISTING.search(found[0]))
    is_list = any(
        kind.search(each)
        for each in sentences
        for kind in (MARKED_LIST, PER_LINE, COMMAS, PYTHON_LIST)
        if _is_required(kind, each)
    )
    return _list if is_list else None


def _is_required(pattern: re.Pattern[str], sentence: str) -> bool:
    return pattern is not MARKED_LIST or OPTIONAL.search(sentence) is None


def _line_start(text: str) -> str:
    """Return the beginning of each line that a text shows or requires, `-`, `1.` or `Q:`; empty if there is none."""
    if label := REQUIRED_START.search(text):
        return label["before"]
    example = EXAMPLE_LINES.search(text)
    is_consistent = (
        example and re.sub(r"\d", "", example["first"]).split() == re.sub(r"\d", "", example["second"]).split()
    )
    return example["before"] if example and is_consistent else ""


def _list(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a list in the form that a text requires."""
    marked = MARKED_LIST.search(text)
    count = next((found[1].lower() for found in COUNT.finditer(EXAMPLE_LINES.sub("", text))), "3")
    most = min(number_of(count), MAX_LINES)
    topic = _topic(text, prompt)
    items = [ITEMS[number % len(ITEMS)].format(topic=topic) for number in range(max(most, 1))]
    if COMMAS.search(text):
        return ", ".join(items)
    if PYTHON_LIST.search(text) or QUOTED_LIST.search(text):
        return compact(items)
    mark = _line_start(text)
    bullet = f"{mark} " if mark.endswith(":") else "- " if marked or mark else ""
    before = "{number}. " if (marked and marked[1]) or mark[:1] == "1" else bullet
    return "\n".join(before.format(number=number) + item for number, item in enumerate(items, 1))


def _topic(text: str, prompt: Prompt) -> str:
    *_, input_text = ["", *(found[1] for found in LABELLED_INPUT.finditer(text))]
    words = keywords(input_text) or [word for word in keywords(question(prompt), 16) if not NOT_TOPIC.fullmatch(word)]
    return " ".join(words[:4]) or "this"


def _question(text: str, texts: list[str], prompt: Prompt) -> str | None:
    """Return the question that is to be rephrased."""
    *_, follow_up = ["", *(found[1] for found in FOLLOW_UP.finditer(text))]
    return follow_up.strip() or (None if unwrapped(question(prompt)) == text else question(prompt))


def _title(text: str, texts: list[str], prompt: Prompt) -> str:
    """Name a conversation by a few of its words."""
    found = TITLE.search(text)
    source = question(prompt)
    if found and found[0] in unwrapped(source):
        after = unwrapped(source)[unwrapped(source).index(found[0]) + len(found[0]) :]
        source = after.partition("\n")[2] or after
    if told := TOLD.search(source):
        source = source[told.end() :]
    source = re.sub(r"(?:\A|\n)\W*(?:\w+:|\d{1,2}[.)])", "\n", source)
    return " ".join(word[:1].upper() + word[1:] for word in keywords(source)) or "New Conversation"


def _outline(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write the headings of a page in Markdown."""
    return "\n".join(HEADINGS).format(topic=_topic(text, prompt))


def _section(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a heading and sentences."""
    return f"# Overview\n{in_sentences(prompt, seeded(text))}"


def _commit(text: str, texts: list[str], prompt: Prompt) -> str | None:
    """Name the first file of a diff; None if there is no diff."""
    changed = CHANGED_FILE.search(question(prompt))
    name = changed[1].rpartition("/")[2] if changed else ""
    return (f"feat: update {name}" if WITH_TYPE.search(text) else f"Update {name}") if name else None


def _date(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a date in the form that a text requires."""
    pattern = DATE_PATTERN.search(text)
    return (
        (EXAMPLE_DATE.strftime(pattern[1]) if pattern and pattern[1] else EXAMPLE_DATE.date().isoformat())
        if pattern
        else ""
    )


def _query(text: str, texts: list[str], prompt: Prompt) -> str:
    """Write a query of the first table in the texts."""
    table = next((found for each in texts if (found := TABLE.search(each))), None)
    name = next(filter(None, table.groups()), None) if table else None
    return f"SELECT * FROM {name} LIMIT 10" if name else "SELECT 1 AS total"
