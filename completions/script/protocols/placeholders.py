"""Objects of a prompt with placeholders as values, for step 3: `{"title": <title>, "score": score_value, ...}`.

GraphRAG's prompts have them, and those of applications. A placeholder that mentions a number is one, any other a text.
"""

import json
import re

MAX_LENGTH = 20_000
"""Characters of an object."""

TOKEN = re.compile(
    r'"(?P<quoted><[^\n]{1,400}>)"(?=\s*[,}\]])|"(?:[^"\\\n]|\\.)*"|(?P<comment>(?<!:)//[^\n]*)|(?P<more>,?\s*(?:\.\.\.|\u2026))'
    r"|(?P<shown><[^<>\n]{1,80}>|(?<![\w.])[A-Za-z_](?:[\w'|/-]|[ .](?=[\w'|/-]))*"
    r"|(?<![\w.-])\d+(?:\.\d+)? ?- ?\d+(?:\.\d+)?)"
)
LITERALS = ("true", "false", "null")
BOOLEAN = re.compile(r"(?i)\W*(?:true|false|bool|boolean)\b")
AMOUNT = re.compile(
    r"(?i)(?:\A|[\W_])(?:score|rating|number|integer|int|count|amount)(?:\Z|[\W_])"
    r"|\d ?- ?\d"
)
CONDITION = re.compile(r"<\s*(\d{1,3}(?:\.\d{1,3})?) (?:if|or)\b")
FRACTION = re.compile(r"(?i)float|decimal|percentage|probability|confidence|0 ?- ?1\b")
SPARE_COMMA = re.compile(r",(?=\s*[}\]])")


def filled(text: str) -> object:
    """Read an object with texts and numbers for its placeholders; return None if the result is not JSON."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        value: object = json.loads(SPARE_COMMA.sub("", TOKEN.sub(_replacement, text)))
    except (ValueError, RecursionError):
        return None
    return value


def _replacement(token: re.Match[str]) -> str:
    if token["quoted"]:
        return json.dumps(token["quoted"].replace('"', "'"))
    placeholder = token["shown"]
    if token["comment"] or token["more"]:
        return ""
    if not placeholder or placeholder in LITERALS:
        return token[0]
    if re.match(r"\s*:", token.string[token.end() : token.end() + 8]):
        return json.dumps(placeholder)
    if condition := CONDITION.match(placeholder):
        return condition[1]
    if BOOLEAN.match(placeholder):
        return "true"
    return (
        "0.5"
        if FRACTION.search(placeholder)
        else "5"
        if AMOUNT.search(placeholder)
        else json.dumps(placeholder.strip("<>"))
    )
