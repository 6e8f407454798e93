"""Strings and numbers for a JSON Schema, for step 3: candidates, the most sensible first, which a check then sifts.

Several schemas hold at once: what one says about a bound, the others may tighten.
"""

import functools
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random

from completions.script.schemas.document import Unsatisfiable, Work, number_of, whole
from completions.script.schemas.formats import FORMATS, STRETCHED
from completions.script.schemas.matching import width, write
from completions.script.schemas.patterns import Assertion, Node, Sequence, read

Schemas = list[Mapping[str, object]]

MAX_STRING = 20_000
"""Characters. A longer string is not made."""

TRIES = 24
"""Strings of a pattern or a format that are tried."""

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "iris", "juniper", "kestrel")

HINTS: dict[str, tuple[str, ...]] = {
    "city": ("Paris", "Tokyo", "Berlin", "Lisbon"),
    "location": ("Paris, France", "Tokyo, Japan", "Boston, MA"),
    "address": ("12 Market Street, Springfield", "4 Mill Lane, Oxford"),
    "street": ("12 Market Street", "4 Mill Lane"),
    "country": ("France", "Japan", "Germany", "Portugal"),
    "state": ("California", "Oregon", "Texas"),
    "zip": ("94107", "10115", "75001"),
    "postal": ("94107", "10115", "75001"),
    "email": ("ada@example.com", "grace@example.org"),
    "phone": ("+1-202-555-0143", "+44 20 7946 0958"),
    "url": ("https://example.com/docs", "https://example.org/about"),
    "link": ("https://example.com/docs",),
    "username": ("ada_l", "grace_h"),
    "name": ("Ada Lovelace", "Grace Hopper", "Alan Turing"),
    "person": ("Ada Lovelace", "Grace Hopper"),
    "participant": ("Ada", "Grace", "Alan"),
    "author": ("Ada Lovelace", "Grace Hopper"),
    "title": ("A short overview", "Notes on the plan", "Quarterly review"),
    "subject": ("A short update", "About the meeting"),
    "description": ("A short description of the item.", "What it is, in one sentence."),
    "summary": ("A short summary of what was said.", "The main point, in one sentence."),
    "explanation": ("Subtract the same amount from both sides.", "Each step follows from the one before."),
    "reason": ("It fits what was asked for.", "The words of the request point to it."),
    "answer": ("The answer follows from the steps above.", "Yes, in most cases."),
    "output": ("8x = -30", "x = -3.75"),
    "input": ("Tell me more about this.", "How does this work?"),
    "purpose": ("To answer questions.", "To help with everyday tasks."),
    "message": ("Hello, this is a short message.", "All is ready."),
    "content": ("A few words of plain content.", "The text of the document."),
    "text": ("A few words of plain text.", "Some text."),
    "body": ("Hello,\nall is ready.\nBest regards", "A short message."),
    "keyword": ("overview", "example", "guide"),
    "topic": ("the history of tea", "renewable energy"),
    "prompt": ("A lighthouse at dawn.", "A short poem about the sea."),
    "follow_up": ("What comes next?", "How does it work?", "Is there an example?"),
    "query": ("latest results", "opening hours"),
    "question": ("What comes next?", "How does it work?"),
    "date": ("2025-03-14", "2025-06-01"),
    "time": ("09:30", "14:00"),
    "sentiment": ("positive", "neutral", "negative"),
    "currency": ("EUR", "USD", "JPY"),
    "language": ("en", "fr", "de"),
    "color": ("blue", "green", "amber"),
    "country_code": ("FR", "JP", "DE", "PT"),
    "code": ("print('hello')", "x = 1"),
    "command": ("echo hello", "ls", "date"),
    "cmd": ("echo hello", "ls", "date"),
    "sql": ("SELECT id, name FROM items LIMIT 10",),
    "path": ("docs/readme.md", "src/main.py"),
    "file": ("readme.md", "report.txt"),
    "unit": ("celsius", "metric"),
    "tag": ("news", "guide", "draft"),
    "label": ("first", "second", "third"),
    "category": ("general", "books", "travel"),
    "status": ("open", "done", "pending"),
    "step": ("Look up what is asked.", "Compare what was found.", "Write the answer."),
    "task": ("Look up what is asked.", "Write a short report."),
    "feedback": ("It is clear and complete.", "One more example would help."),
    "response": ("This is a short answer.", "Here is what was found."),
    "thought": ("The next step is clear.", "This needs one look first."),
    "year": ("2024", "1999"),
    "score": ("8", "7"),
    "rating": ("8", "9"),
    "confidence": ("0.9", "0.8"),
    "price": ("19.99", "5.00"),
    "age": ("36", "41"),
    "id": ("item-1042", "item-2077", "item-3301"),
}
"""Sensible texts for a property whose name has the word."""


def strings(schemas: Schemas, name: str, random: Random, work: Work) -> Iterator[str]:
    """Yield texts that may be valid: of the format, of the pattern, or words that suit the property's name."""
    low = max(whole(schema.get("minLength"), 0) for schema in schemas)
    high = min(whole(schema.get("maxLength"), MAX_STRING) for schema in schemas)
    if low > min(high, MAX_STRING):
        raise Unsatisfiable(f"no string is made of {low} to {high} characters; the longest has {MAX_STRING}")
    formats = [each for schema in schemas if isinstance(each := schema.get("format"), str) and each in FORMATS]
    own_patterns = [each for schema in schemas if isinstance(each := schema.get("pattern"), str)]
    for each in formats:
        for _ in range(TRIES):
            work.spend()
            yield FORMATS[each].make(random)
    patterns = own_patterns + [STRETCHED[each] for each in formats if each in STRETCHED]
    for pattern in patterns:
        yield from of_pattern(read(pattern), low, high, random, work)
    if formats and own_patterns:
        yield from _spliced(formats, own_patterns, high, random, work)
    if not formats or not patterns:
        yield from _words(name, low, high, random)


def of_pattern(node: Node, low: int, high: int, random: Random, work: Work) -> Iterator[str]:
    """Yield texts of `low` to `high` characters in which the pattern is found, as far as that can be built."""
    least, most = width(node)
    if least > high:
        raise Unsatisfiable(f"the pattern takes {least} characters and no more than {high} are allowed")
    usual = max(low, least)
    for turn in range(TRIES * 2):
        room = min(most, high, usual + 1 + (turn if turn % 2 else turn // 4))
        text = write(node, random.randint(min(usual, room), room), random, work)
        if len(text) < low and not anchored(node):
            text += "".join(random.choices(WORDS[0], k=low - len(text)))
        yield text


def _spliced(formats: list[str], patterns: list[str], high: int, random: Random, work: Work) -> Iterator[str]:
    """Yield texts of a format into which a pattern is written, as one that has no anchor on one side allows."""
    for name, pattern in itertools.product(formats, patterns):
        text = FORMATS[name].make(random)
        for found in itertools.islice(of_pattern(read(pattern), 0, high, random, work), 3):
            for cut in range(len(text), -1, -1):
                work.spend()
                yield from (text[:cut] + found, found + text[cut:], text[:cut] + found + text[cut:])


def anchored(node: Node) -> bool:
    """Tell whether a pattern ends at the end of the text."""
    return isinstance(node, Sequence) and bool(node.parts) and node.parts[-1] == Assertion("$")


def _words(name: str, low: int, high: int, random: Random) -> Iterator[str]:
    hinted = list(HINTS.get(sense(name), ()))
    random.shuffle(hinted)
    yield from (text for text in hinted if low <= len(text) <= high)
    for turn in range(200):
        text = random.choice(WORDS) if turn < 6 else f"{random.choice(WORDS)}{turn}"
        while len(text) < low:
            text += " " + random.choice(WORDS)
        start = turn % max(1, len(text) - high + 1)
        yield text[start : start + max(high, 0)] if len(text) > high else text


WHOLE_WORDS = re.compile(
    r"updat\w*|candidates?|validat\w*|mandate|(?:cap|vel|simpli|electri|publi)[ao]?city|statements?|estate"
    r"|(?:comm|opport|imm)unity|(?:de|en)code"
)
"""Words that have a hint's word in them, and do not mean it: an update is no date, as a birthdate is one."""


PROGRAMS = frozenset(
    ("source", "python", "sample", "example", "new", "old", "generated", "full", "program", "test", "html")
)
"""Words before a `code` that is a program; any other is a value such as a `zip_code`, or an id."""


def snake_case(name: str) -> str:
    """Return a name with its words in small letters, and underscores between them: `userName` is `user_name`."""
    snake = "".join("_" + each.lower() if each.isupper() else each.lower() for each in name)
    return snake.replace("-", "_")


def sense(name: str) -> str:
    """Return the hint's word that ends the name, or else is in it: `user_name` is a name; none is the empty word."""
    words = snake_case(name).split("_")
    if "_".join(words[-2:]) in HINTS:
        return "_".join(words[-2:])
    if words[-1] in ("code", "codes") and words[:-1] and not set(words) & PROGRAMS:
        return sense("_".join(words[:-1])) or "id"
    for word in reversed(words):
        for form in (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)):
            if form in HINTS:
                return form
    rest = WHOLE_WORDS.sub("", name.lower())
    return next((word for word in HINTS if len(word) > 3 and word in rest), "")


COUNTED = re.compile(
    r"(?:.*_)?(?:id|age|years?|months?|days?|hours?|minutes?|count|quantity|qty|index|idx|pages?|limit|offset|size|rank"
    r"|position|step|line|number|num|people|guests|items|total|amount_of_\w+|number_of_\w+|num_\w+)"
)
SHARE = re.compile(r"(?:.*_)?(?:confidence|probability|likelihood|similarity)")
"""Names of numbers that are whole, though their schema is that of any, as JavaScript's are; and of shares of 1."""


SCORES = frozenset(("score", "rating", "grade", "mark", "verdict"))
"""The last words of the names of numbers that are scores."""


def is_score(name: str) -> bool:
    """Tell whether a number of this name is a score: `overall_score`, `relevanceRating`."""
    return snake_case(name).rpartition("_")[2] in SCORES


def likely_numbers(name: str, is_integral: bool, random: Random) -> Iterator[int | float]:
    """Yield numbers that suit the name of a property, if it tells: an age is whole, a confidence below 1.

    A score suits the commonest scales: from 0 or 1 to 5 or 10 if it is whole, else from 0 to 1.
    """
    if is_score(name):
        yield from (random.randint(4, 5) if is_integral else random.randint(70, 95) / 100 for _ in range(4))
    if is_integral:
        return
    snake = snake_case(name)
    if COUNTED.fullmatch(snake):
        yield from (random.randint(1, 40) for _ in range(4))
    elif SHARE.fullmatch(snake):
        yield from (random.randint(70, 95) / 100 for _ in range(4))


def numbers(schemas: Schemas, integral: bool, random: Random, work: Work) -> Iterator[int | float]:
    """Yield numbers within the bounds, small ones first."""
    low, high = _bound(schemas, "minimum"), _bound(schemas, "maximum")
    if low is not None and high is not None and low > high:
        raise Unsatisfiable("the minimum is above the maximum")
    for step in _steps(schemas, integral, low, high):
        for factor in _factors(low, high, step, random):
            work.spend()
            value = factor * step
            if value.denominator == 1:
                yield int(value)
            elif math.isfinite(number := float(value)):
                yield number
    if not integral:
        yield from (float(bound) for bound in (low, high) if bound is not None)
        if low is not None and high is not None:
            yield float((low + high) / 2)


def _bound(schemas: Schemas, key: str) -> Fraction | None:
    keys = (key, "exclusive" + key.capitalize())
    bounds = [number_of(schema.get(each)) for schema in schemas for each in keys]
    found = [Fraction(str(bound)) for bound in bounds if bound is not None]
    if not found:
        return None
    return max(found) if key == "minimum" else min(found)


def _steps(schemas: Schemas, integral: bool, low: Fraction | None, high: Fraction | None) -> list[Fraction]:
    """Return the distances of the candidates: the required common multiple, or ever finer decimals."""
    multiples = [number_of(schema.get("multipleOf")) for schema in schemas]
    asked = [Fraction(str(multiple)) for multiple in multiples if multiple and multiple > 0]
    if integral or asked:
        return [functools.reduce(_common, asked, Fraction(1) if integral else asked[0])]
    if low is not None and high is not None and high - low < 2:
        return [Fraction(1, 10**digits) for digits in (2, 4, 8, 16)]
    return [Fraction(1, 2), Fraction(1, 100), Fraction(1)]


def _common(left: Fraction, right: Fraction) -> Fraction:
    """Return the least common multiple of two fractions."""
    below = left.denominator * right.denominator
    return Fraction(math.lcm(left.numerator * right.denominator, right.numerator * left.denominator), below)


def _factors(low: Fraction | None, high: Fraction | None, step: Fraction, random: Random) -> Iterator[int]:
    """Yield the factors of a step within the bounds: a few at random near the small end, then all in order.

    An end far below zero is nobody's idea of small: SDKs bound each integer so (zod's `int()` by 1 - 2**53).
    """
    first = math.ceil(low / step) if low is not None else None
    last = math.floor(high / step) if high is not None else None
    start = first if first is not None else 1 if last is None or last >= 1 else last - 100
    end = last if last is not None else start + 100_000
    if start > end:
        return
    few = max(1, min(50, math.ceil(Fraction(20) / step) if step < 20 else 3))
    least = start if start + few >= 0 else max(start, min(1, end - few))
    yield from (random.randint(least, min(end, least + few)) for _ in range(8))
    yield from range(start, min(end, start + 300) + 1)
    yield end
    yield from (far for far in (0, -1, -100, -10_000) if first is None and far <= end)
