"""Each budget has its figure in the manual."""

import pytest

from completions import budget, faults
from completions.control import body
from completions.journal import matching, queries, record
from completions.script import language
from completions.script.dataset import file as data
from completions.script.match import expressions, regexes
from completions.script.reply import bounded_tags, callback, errors, signs
from completions.script.text import reading, yaml
from completions.tokens import text
from tests.docs.pages import BY_NAME

FIGURES = {
    f"{budget.LOOP_SECONDS * 1000:g} ms of processor time; then": "on the event loop",
    f"{budget.LOOP_CHARACTERS:,} characters; longer texts are counted": "tokens that are counted",
    f"thread, {text.PART_LENGTH:,} characters at a time": "tokens that are counted",
    f"{budget.THREAD_SECONDS:g} s of processor time |": "a rule's conditions",
    f"{budget.THREAD_SECONDS:g} s of processor time, {bounded_tags.MAX_CHARACTERS:,} characters": "a template",
    f"| {budget.ANSWER_CHARACTERS:,} characters | 500 `answer_too_long`": "the text of an answer",
    f"a width of {bounded_tags.MAX_DIGITS:,}": "stringformat",
    f"{expressions.MAX_VALUES:,} values, and texts of {expressions.MAX_CHARACTERS:,} characters": "JMESPath",
    f"{budget.PYTHON_SECONDS:g} s; {budget.PYTHON_THREADS} functions": "`python:`",
    f"{callback.MAX_BYTES:,} bytes": "`callback:`",
    f"{record.MAX_RECORDED_BYTES:,} bytes": "another server's answer",
    f"{matching.MATCH_SECONDS:g} s of processor time |": "`match` of one call",
    f"{queries.MAX_PAGE_BYTES:,} bytes": "`said=true`",
    f"{reading.MAX_FILE_BYTES:,} bytes": "a script's file",
    f"{data.MAX_LINE_BYTES:,} bytes |": "data file",
    f"{data.MAX_LINES:,} lines": "a data file",
    f"{body.MAX_BYTES:,} bytes |": "a body of the",
    f"| {yaml.MAX_DEPTH} |": "nesting of lists",
    f"| {yaml.MAX_VALUES:,} |": "values and keys",
    f"{yaml.MAX_DIGITS} digits": "a whole number",
    f"{regexes.MAX_LENGTH:,} characters, and {regexes.MAX_PARTS:,} parts": "a pattern",
    f"| {expressions.MAX_LENGTH:,} characters |": "a JMESPath expression",
    f"| {signs.MAX_OPEN} in a text |": "template tags",
    f"{faults.MAX_MS:,}": "a time in milliseconds",
    f"| {language.MIN_TPS} |": "tokens per second",
    f"{errors.MAX_RETRY_SECONDS:,} seconds": "`retry_after`",
    f"{faults.MAX_NUMBER:,}": "any other number",
}


@pytest.mark.parametrize("figure", FIGURES)
def test_budget__is_in_the_manual(figure: str) -> None:
    rows = BY_NAME["docs/budgets.md"].text.splitlines()
    assert any(figure in row and FIGURES[figure] in row for row in rows), figure
