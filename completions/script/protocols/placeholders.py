"""Objects of a prompt whose values only stand for some, for step 3: `{"title": <title>, "score": score_value, ...}`.

So do GraphRAG's prompts, and those of applications. A placeholder that speaks of a number is one, any other a text.
"""

import json
import re

MAX_SHOWN = 20_000
"""Characters of an object."""

TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|(?P<comment>(?<!:)//[^\n]*)|(?P<more>,?\s*(?:\.\.\.|\u2026))'
    r"|(?P<shown><[^<>\n]{1,80}>|(?<![\w.])[A-Za-z_](?:[\w'|/-]|[ .](?=[\w'|/-]))*"
    r"|(?<![\w.-])\d+(?:\.\d+)? ?- ?\d+(?:\.\d+)?)"
)
LITERALS = ("true", "false", "null")
WHETHER = re.compile(r"(?i)\W*(?:true|false|bool|boolean)\b")
AMOUNT = re.compile(
    r"(?i)(?:\A|[\W_])(?:score|rating|number|integer|int|count|amount)(?:\Z|[\W_])"
    r"|\d ?- ?\d"
)
SHARE = re.compile(r"(?i)float|decimal|percentage|probability|confidence|0 ?- ?1\b")
SPARE_COMMA = re.compile(r",(?=\s*[}\]])")


def filled(text: str) -> object:
    """Read an object with texts and numbers for its placeholders; return None where it is not JSON then either."""
    if len(text) > MAX_SHOWN:
        return None
    try:
        value: object = json.loads(SPARE_COMMA.sub("", TOKEN.sub(_filled, text)))
    except (ValueError, RecursionError):
        return None
    return value


def _filled(token: re.Match[str]) -> str:
    shown = token["shown"]
    if token["comment"] or token["more"]:
        return ""
    if not shown or shown in LITERALS:
        return token[0]
    if re.match(r"\s*:", token.string[token.end() : token.end() + 8]):
        return json.dumps(shown)
    if WHETHER.match(shown):
        return "true"
    return "0.5" if SHARE.search(shown) else "5" if AMOUNT.search(shown) else json.dumps(shown.strip("<>"))
