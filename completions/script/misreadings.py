"""Step 3: values of a script that are valid, but most likely mean something else.

The readers call these checks, and each doubt is noted with the value's line (`Node.doubt`).
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable

from completions.script.match.lookups import BARE_REGEX, Lookup
from completions.script.match.regexes import FLAGS
from completions.script.reply.signs import CLOSED_BY, Signs
from completions.script.text.node import Node, did_you_mean

TAG_NAMES = frozenset({"forloop", "True", "False", "None"})
"""Further names in templates: a loop's variables, and constants."""

_TRUE, _FALSE = ("yes", "on", "true"), ("no", "off", "false")
_OTHER_WORDS = {("tool_choice", "any"): "required", ("response_format", "json"): "json_object"}
_CLOSE = 0.75
_LOW_QUOTES = "\u201e\u201a"  # which Unicode counts among the brackets
_NUMBER = re.compile(r"(?i)[-+]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9]+(?:_[0-9]+)+|\.(?:inf|nan))")
_FLAGGED = re.compile(r"/.+/([A-Za-z]|[imsxguydvIMSXGUYDV]{2,4})", re.DOTALL)
_PATTERN = re.compile(r"\.[*+]|\\[dws][*+?{]|\\b\w+\\b|\A\^(?!\s)(?:\[\^|[^^])+\$\Z", re.DOTALL)
_OTHER_TEMPLATE = re.compile(r"(?<![{$])(?:\$\{|\{)\s*(?:prompt\.\w+|last_user)[\w.]*\s*\}(?!\})")
_NO_ANSWER = frozenset({"none", "null", "nothing", "off", "no", "false", "error", "strict", "404"})
_ANY_TEXT = frozenset({"header", "metadata", "user", "expr", "idempotency_key"})
_METACHARACTER = re.compile(r"[|*+?^$\\(\[]")
_COMPARISON = re.compile(r"(?P<sign>[<>]=?)\s*(?P<number>-?\d+(?:\.\d+)?)")
_LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_BOUND = re.compile(r"\bas\s+(\w+)|\bfor\s+([\w,\s]+?)\s+in\b|(\w+)=")


def doubt_word(node: Node) -> None:
    """Doubt a word in a condition that other YAML parsers read as true or false; here it is a text."""
    if node.is_plain and node.raw.lower() in (*_TRUE, *_FALSE):
        there = "true" if node.raw.lower() in _TRUE else "false"
        node.doubt(
            f"is compared with the text '{node.raw}'; write `exists: {there}` to ask whether there is one, "
            "or put the text in quotes."
        )


def doubt_nothing(node: Node) -> None:
    """Doubt an empty condition, which matches requests without a value, as `null` does."""
    if node.is_empty:
        node.doubt("has no value, so it matches requests without one; write `null` if that is meant.")


def doubt_empty(node: Node, then: str = "always matches") -> None:
    """Doubt an empty mapping of conditions."""
    if node.value == {}:
        node.doubt(f"has no condition in it, so it {then}.")


def doubt_field(node: Node, name: str) -> None:
    """Doubt a field in an expression's comparison that was most likely meant as a value."""
    meant = f"`{name}` in backquotes" if name in ("true", "false", "null") else f"'{name}' in single quotes"
    node.doubt(f"compares with the field {name} of the request; write the value as {meant}.")


def doubt_values(node: Node) -> None:
    """Doubt an empty list of values."""
    if not node.value:
        node.doubt("is an empty list, so it never matches; `exists: false` matches requests without a value.")


def doubt_count(node: Node) -> None:
    """Doubt a number that cannot be a count."""
    number = node.number()
    if number < 0 or number != int(number):
        node.doubt("is compared with a whole number from 0, so it never matches.")


def doubt_other_word(node: Node, field: str) -> None:
    """Doubt a word of some API that is taken here for the name of a tool or a schema."""
    if (meant := _OTHER_WORDS.get((field, node.raw))) is not None:
        node.doubt(f"is taken for a name; `{meant}` works for every API.")


def doubt_fallback(node: Node, names: Collection[str]) -> None:
    """Doubt a text that is almost one of the words for an answer, or that means no answer."""
    text = str(node.value).strip().lower()
    if text in _NO_ANSWER:
        node.doubt("is an answer with this text; for a 404 if no rule matches, write `strict: true` instead.")
    elif close := difflib.get_close_matches(text, names, 1, _CLOSE):
        node.doubt(f"is an answer with this text; write `{close[0]}` if that is meant.")


def doubt_reply(node: Node, text: str) -> None:
    """Doubt a reply that is a keyword elsewhere, or that has the template syntax of another language."""
    if (word := text.strip()) in ("auto", "echo"):
        node.doubt(f"is an answer with this text; write `{{{word}: true}}` if that is meant.")
    if (found := _OTHER_TEMPLATE.search(text)) is not None:
        node.doubt(f"has `{found[0]}`, which is sent unchanged; templates are written with `{{{{` and `}}}}`.")


def doubt_template(node: Node) -> None:
    """Doubt a condition with the syntax of templates, which conditions do not have."""
    if node.is_template:
        node.doubt(
            "is compared unchanged: conditions are not templates. If that is meant, write a lookup, such as `eq`."
        )


def doubt_texts(node: Node) -> None:
    """Doubt a list for a text: each of its values has to be equal, while a single value has to be contained."""
    if node.value:
        node.doubt(
            "is a list of whole texts, one of which has to be equal: write `in` if that is meant, or `any` for "
            "texts that contain one of them."
        )


def doubt_flags(node: Node, text: str) -> None:
    """Doubt a bare text that has the form of a regular expression, except for its flags."""
    found = _FLAGGED.fullmatch(text)
    if found is not None and (unknown := sorted(set(found[1]) - FLAGS.keys())):
        node.doubt(
            f"is a text, not a regular expression: {', '.join(unknown)} is not one of its flags "
            f"({', '.join(FLAGS)}). If the text is meant, write `contains` or `eq`."
        )


def doubt_quotes(node: Node, text: str) -> None:
    """Doubt a text in typographic quotation marks, which YAML reads as a part of it."""
    if len(text) > 1 and (text[0] in _LOW_QUOTES or _is_quote(text[0])) and _is_quote(text[-1]):
        node.doubt(f"begins with {text[0]} and ends with {text[-1]}, which are a part of the text here.")


def _is_quote(sign: str) -> bool:
    return unicodedata.category(sign) in ("Pi", "Pf")


def doubt_pattern(node: Node, text: str, field: str) -> None:
    """Doubt a bare text that looks like a pattern: with the syntax of a regular expression, or `*` in a name."""
    found = _PATTERN.search(text)
    if found is not None or ("*" in text and field in ("model", "tools")):
        sign = found[0] if found else "*"
        node.doubt(
            f"is a text, in which `{sign}` has no special meaning. Put slashes around a regular expression; "
            "`startswith`, `endswith` and `contains` match a part."
        )


def doubt_operand(node: Node, lookup: Lookup, field: str) -> None:
    """Doubt an operand that looks like a regular expression but is not one, or that every text matches."""
    text = node.value
    if not isinstance(text, str):
        return
    if not text and lookup.name in ("contains", "icontains", "startswith", "endswith", "regex"):
        node.doubt("is empty, so every text matches; `exists: true` asks whether there is one.")
    elif (found := BARE_REGEX.fullmatch(text)) is None:
        return
    elif lookup.operand == "regex":
        node.doubt("has slashes around it, which are a part of the pattern here.")
    elif lookup.operand == "list" and (found["flags"] or field not in _ANY_TEXT):
        node.doubt("is a text here; write a regular expression alone, or in a list under `any`.")
    elif found["flags"] or _METACHARACTER.search(text) or (lookup.name in ("eq", "iexact") and field not in _ANY_TEXT):
        node.doubt(f"is a text here; write a regular expression without `{lookup.name}`, or under `regex`.")


def doubt_value(node: Node) -> None:
    """Doubt an unquoted word that other YAML parsers read as true, false or a number."""
    if not node.is_plain or not isinstance(node.value, str):
        return
    word = node.raw.lower()
    if word in _TRUE or word in _FALSE:
        node.doubt(f"is the text '{node.raw}'; write {str(word in _TRUE).lower()}, or put the text in quotes.")
    elif _NUMBER.fullmatch(word):
        node.doubt(f"is the text '{node.raw}'; write the number in digits, or put the text in quotes.")


def doubt_comparison(node: Node) -> None:
    """Doubt a text with a comparison operator before a number; here the operators are named lookups."""
    if isinstance(node.value, str) and (found := _COMPARISON.fullmatch(node.value.strip())) is not None:
        lookup = _LOOKUPS[found["sign"]]
        node.doubt(f"is compared with the text '{node.value}'; write `{{{lookup}: {found['number']}}}`.")


def doubt_plain(node: Node) -> None:
    """Doubt the syntax of templates in a text that is not rendered."""
    if node.is_template and not node.literal:
        node.doubt("is sent unchanged: in an error, only the `message` is a template.")


def doubt_signs(node: Node, signs: Signs) -> None:
    """Doubt an opening tag of a template that is not closed, so that it is sent unchanged."""
    for opening, closing in CLOSED_BY.items():
        if opening in signs.left_open:
            node.doubt(f"has `{opening}` without `{closing}` in the same line, so it is sent unchanged.")


def doubt_names(node: Node, signs: Signs, used: Iterable[str], known: Collection[str]) -> None:
    """Doubt the names in a template that neither the mock nor one of its own tags defines."""
    bound = {name for tag in signs.tags for found in _BOUND.finditer(tag) for name in _names(found)}
    for name in used:
        if name not in known and name not in bound and name not in TAG_NAMES:
            hint = did_you_mean(name, known)
            node.doubt(f"uses `{name}`, which does not exist; a template has {' and '.join(known)}.{hint}")


def _names(found: re.Match[str]) -> list[str]:
    return re.findall(r"\w+", " ".join(found.groups("")))
