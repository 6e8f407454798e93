"""Hints about the most common mistakes in YAML, by the parser's message and the line."""

import re

QUOTE = "Put the text in quotes"

MAX_LINE = 500
"""Characters of a line that are read."""

_BRACES = re.compile(r"""^(\s*(?:- )?\s*[\w.-]+:\s+|\s*-\s+)(\{\{.*\}\}.*?)\s*$""")
_COLON = re.compile(r"""^(\s*(?:- )?\s*[\w.-]+: +)([^\s'"{\[|>&*!].*?: .*)$""")
_SIGN = re.compile(r"""^\s*(?:- )?\s*(?:[\w.-]+:\s+)?([%@`*&!])""")


def hint(problem: str, line: str, opened: str = "here") -> str:
    """Return a sentence on how to correct a line; empty if it has no common mistake.

    `opened` is the position of the opening bracket or brace.
    """
    line = line[:MAX_LINE]
    if re.match(r"\s*\t| +\t", line) or "'\\t'" in problem:
        return "Indent with spaces: there is a tab here."
    if found := _BRACES.match(line):
        return f"{QUOTE}, because it begins with a brace: {found[1].strip()} '{found[2]}'"
    if "mapping values are not allowed" in problem and (found := _COLON.match(line)):
        text = found[2].replace('"', '\\"')
        return f'{QUOTE}, because it has a colon and a space in it: {found[1].strip()} "{text}"'
    if found := _SIGN.match(line):
        return f"{QUOTE}, if it is to begin with {found[1]!r}."
    if "block end" in problem and re.search(r":\s+'[^']*'\w", line):
        return "Within '…', a quote is written twice: 'It''s'."
    if "scanning a quoted scalar" in problem or ("end of stream" in problem and line.count("'") + line.count('"')):
        return "A quote is opened here and never closed; within '…', a quote is written twice."
    if "block end" in problem or "mapping values" in problem or "could not find expected ':'" in problem:
        return "Check the indentation: what belongs together begins in the same column, and a key ends with a colon."
    if "," in problem and ("flow" in problem or "expected ',' or" in problem):
        return f"A bracket or a brace that is opened {opened} is not closed, or a comma is missing."
    return ""
