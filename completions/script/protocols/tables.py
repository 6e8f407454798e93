"""A table whose columns a prompt names, for step 3: `Return it as CSV with the header: name,age`, or in Markdown."""

import csv
import io
import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.instances import instance
from completions.script.protocols.instructions import CACHE_SIZE, SENTENCE_END, instructions, takes_any_text
from completions.script.schemas.document import Schema, as_text
from completions.script.wording import ANSWERS, NUMBERS, WRITE, number_of

MAX_READ = 20_000
"""Characters of each text that are read, at its end."""

MAX_COLUMNS, ROWS = 12, 3

SPELLINGS = ("CSV", "csv", "table", "Table")
"""Words of a text that asks for a table; other texts are not analysed further."""

WANTED = re.compile(
    rf"(?i)\b(?:{ANSWERS}|{WRITE}|present|format|convert|extract|export|show|create|make|produce)\b[^\n]{{0,100}}\b(CSV|table)\b"
    r"|\bas (?:an? )?(?:valid )?(CSV|(?:markdown )?table)\b"
)
ABOUT_CODE = re.compile(r"(?i)\b(?:scripts?|functions?|code|programs?|class|quer(?:y|ies)|SQL|reads?|parses?|files?)\b")
"""Signs that the table is not the answer."""

NAME = r"[A-Za-z_]\w{0,30}(?:[ -](?!and\b)\w{1,30}){0,4}"
COLUMNS = re.compile(
    r"(?i)\b(?:columns?|headers?|fields)\b(?: (?:are|is|named|called|row|line))*:?\s*[`\"'(]*"
    rf"(?P<names>{NAME}(?:\s*[,|]\s*(?:and )?{NAME}){{0,11}}(?:,? and {NAME})?)"
    r"(?=[`\"').;:]|\s*(?:\n|\Z)|,? (?:and|with) \d|\s+(?:for|of|without|only)\b)"
)
_NUMBER = rf"(\d{{1,2}}|{'|'.join(NUMBERS)})"
COLUMN_COUNT = re.compile(rf"(?i)\b{_NUMBER}[- ]columns?\b")
ROW_COUNT = re.compile(rf"(?i)\b{_NUMBER} (?:data )?rows?\b")
"""How many columns or rows a table has."""

COUNT = re.compile(r"(?i)population|count|amount|total|quantity|number|minutes|days|hours|size|stock")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write a table of the named columns; None if the prompt wants none, or offers tools."""
    if not takes_any_text(prompt):
        return None
    for text in instructions(prompt):
        kind, columns = _table(text[-MAX_READ:]) if any(map(text.__contains__, SPELLINGS)) else ("", ())
        if columns:
            count = number_of(found[1]) if (found := ROW_COUNT.search(text[-MAX_READ:])) else ROWS
            rows = [[_cell(name, at, f"{seed}/{at}") for name in columns] for at in range(1, count + 1)]
            return _csv(columns, rows) if kind == "csv" else _markdown(columns, rows)
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _table(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `csv` or `table`, as a text requests it, and the names of its columns; empty if it requests no table."""
    for sentence in SENTENCE_END.split(text):
        found = WANTED.search(sentence[:1_000])
        if found is not None and not ABOUT_CODE.search(sentence[:1_000]):
            columns = COLUMNS.search(text, text.find(sentence))
            names = re.split(r"\s*[,|]\s*(?:and )?|,? and ", columns["names"]) if columns else []
            if len(names) < 2 and (counted := COLUMN_COUNT.search(sentence[:1_000])):
                names = [f"Column {at}" for at in range(1, number_of(counted[1]) + 1)]
            if 1 < len(names) <= MAX_COLUMNS:
                return (found[1] or found[2]).lower(), tuple(name.strip() for name in names)
    return "", ()


def _cell(name: str, at: int, seed: str) -> str:
    if name.lower() in ("id", "no", "#", "rank"):
        return str(at)
    schema: Schema = {"type": "integer"} if COUNT.search(name) else {"type": "string"}
    key = re.sub(r"\W+", "_", name).lower()
    filled = instance({"type": "object", "properties": {key: schema}, "required": [key]}, seed)
    return as_text(filled[key]) if isinstance(filled, dict) else ""


def _csv(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerows([columns, *rows])
    return output.getvalue().rstrip("\n")


def _markdown(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
