"""Sums that a question asks for, for step 3: `What is 2 + 2?`, `Calculate (3 + 4) * 12`."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from completions.conversation import Prompt
from completions.script.protocols.brief import OPTION
from completions.script.protocols.instructions import takes_any_text
from completions.script.protocols.observation import in_sentences, observation, question
from completions.script.schemas.document import seeded

MAX_READ = 400
"""Characters at the end of a question in which its sum is searched."""

MAX_POWER = 64
"""The largest exponent that is calculated."""

MAX_DIGITS = 40
"""Digits of a result; a larger one is not calculated."""

NUMBER = r"(?:0|[1-9]\d{0,11})(?:,\d{3}){0,4}(?:\.\d{1,9})?"
OPERATORS: Mapping[str, str] = {
    **{sign: sign for sign in ("+", "-", "*", "/", "^")},
    **{"**": "^", "x": "*", "\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2212": "-"},
    **{"plus": "+", "minus": "-", "times": "*", "multiplied by": "*", "divided by": "/"},
}
_SIGN = r"(?:\*\*|[-+*/^x\u00d7\u00b7\u00f7\u2212]|plus\b|minus\b|times\b|multiplied by\b|divided by\b)"
_TERM = rf"(?:[-(] ?){{0,4}}{NUMBER}(?: ?\)){{0,4}}"
SUM = rf"{_TERM}(?: {{0,2}}{_SIGN} {{0,2}}{_TERM}){{1,12}}"
QUESTION = re.compile(
    r"(?i)\b(?:what(?:'s| is| does)|calculate|compute|evaluate|solve|how much is)"
    r"(?: the (?:value|result|sum) of)?:? {0,2}"
    rf"(?P<sum>{SUM})(?: ?=(?: ?\?)?| equal)?(?=\s*(?:[?.!,]|\Z))"
)
AT_LENGTH = re.compile(
    r"(?i)\bstep[ -]by[ -]step\b|\bexplain|\bexplanation\b|\bshow (?:your|the|all) (?:work|steps)\b|\bwhy\b"
)
"""Signs that a result alone is not enough."""

TOKEN = re.compile(rf"(?i)\s*({NUMBER}|{_SIGN}|[()])")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the result of the sum that a question wants, in a sentence; None if it asks for none or lists options."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    text = question(prompt)[-MAX_READ:]
    asked = None if OPTION.search(text) else QUESTION.search(text)
    result = None if asked is None else result_of(asked["sum"])
    if asked is None or result is None:
        return None
    told = f"{asked['sum'].strip()} is {result}."
    return f"{in_sentences(prompt, seeded(seed + '/text'))} {told}" if AT_LENGTH.search(text) else told


def result_of(text: str) -> str | None:
    """Return the result of a sum, with up to six decimals; None if it is none, too large, or divides by zero."""
    tokens = [token[1].lower() for token in TOKEN.finditer(text)]
    if "".join(tokens).replace(" ", "") != re.sub(r"\s", "", text.lower()):
        return None
    try:
        value = _Reader(tokens).whole()
    except (ZeroDivisionError, OverflowError, ValueError, IndexError):
        return None
    if abs(value) >= 10**MAX_DIGITS:
        return None
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


class _Reader:
    """Reads the tokens of a sum from left to right, by the precedence of its operators."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [OPERATORS.get(token, token) for token in tokens]
        self._at = 0

    def whole(self) -> Fraction:
        """Return the value of all tokens; raise ValueError or IndexError if they are no sum."""
        value = self._terms()
        if self._at < len(self._tokens):
            raise ValueError
        return value

    def _terms(self) -> Fraction:
        return self._chain("+-", lambda: self._chain("*/", self._power))

    def _chain(self, operators: str, operand: Callable[[], Fraction]) -> Fraction:
        value = operand()
        while self._next() in (*operators,):
            operator = self._take()
            value = _calculated(value, operator, operand())
        return value

    def _power(self) -> Fraction:
        base = self._unit()
        return _calculated(base, self._take(), self._power()) if self._next() == "^" else base

    def _unit(self) -> Fraction:
        token = self._take()
        if token == "-":
            return -self._unit()
        if token != "(":
            return Fraction(token.replace(",", ""))
        value = self._terms()
        if self._take() != ")":
            raise ValueError
        return value

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]


def _calculated(left: Fraction, operator: str, right: Fraction) -> Fraction:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    if right.denominator != 1 or abs(right) > MAX_POWER or abs(left) > 10**6:
        raise OverflowError
    return left ** int(right)
