"""Lists with as many items as a prompt demands, for step 3: `Generate 5 quiz questions`, `break it into 3 to 5 steps`.

DeepEval's judges compare: `the number of 'verdicts' MUST equal number of statements`, and a list follows behind
`Statements:`; or the sentence has the number itself.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_LITERAL, list_at
from completions.script.protocols.instructions import instructions, unwrapped
from completions.script.schemas.document import Schema
from completions.script.wording import ANSWER, NUMBERS, WRITE, number_of

MAX_ITEMS = 100
"""Items of a list that are made."""

MAX_DEMANDS = 8
"""Sentences with a count that are read."""

MAX_DEPTH = 12
"""Levels of a schema whose lists are counted."""

EQUAL = re.compile(
    r"(?i)\b(?:number|length|count) of [\"'`]?(\w{1,40})[\"'`]?(?: \w+){0,3}? equal(?: to)?(?: the| that)*"
    r"(?: (?:number|length|count))?(?: of)?(?: the)? [\"'`]?(\w{1,40})"
)
VERBS = (
    rf"{ANSWER}|{WRITE}|create|list|suggest|produce|name|propose|make|brainstorm|come up with|extract|identify|break"
    "|split|design|draft|pick|select|recommend|find|into|exactly|(?:list|array|set|series) of"
)
COUNT = rf"\d{{1,3}}|{'|'.join(NUMBERS)}"
DEMAND = re.compile(
    rf"(?i)\b(?:{VERBS}|(?P<also>with|and))\b(?: (?!of\b|in\b)[a-z]{{1,30}}){{0,3}}? (?P<low>{COUNT})"
    rf"(?:(?: ?[-\u2013] ?| to | or )(?P<high>{COUNT}))?"
    r" (?P<things>(?!of\b|or\b|and\b)(?:[a-z-]{1,30} ){0,3}?(?!has\b|was\b|does\b)[a-z-]{2,40}(?<![isu])s)\b"
)
"""A demand for a number of things, up to a plural: `Generate exactly 5 short quiz questions`; or for more in each."""

STATED = re.compile(
    rf"(?im)^\W{{0,5}}(?:num(?:ber)?|count)\.?(?:[_ ]of)?[_ ](?P<things>(?:[a-z]{{1,30}}[ _]){{0,3}}?[a-z]{{2,40}}s)\b"
    rf"\W{{1,6}}(?P<low>{COUNT})[ \t]*\.?$"
)
"""A number of things below or behind a label: `### NUM EXAMPLES` and `10`, `Number of questions: 5`."""

UNIT = re.compile(
    r"(?i)(?:word|character|char|letter|token|sentence|paragraph|line|page|second|minute|hour|day|week|month|year|time|digit"
    r"|dollar|euro|percent|decimal|place|star|space|level|key|field|propertie|attribute)s\Z"
)
"""Units of length or time, which are no items, and parts of an object: `in 3 sentences`, `with two keys`."""


class Demand(NamedTuple):
    """How many things a prompt demands; with `also`, as parts of others: `with 4 options each`."""

    low: int
    high: int
    things: str
    also: bool


def with_counts(schema: Schema, prompt: Prompt, is_guess: bool = False) -> Schema:
    """Return a schema whose lists have as many items as the prompt demands; the same object if it demands nothing.

    The counts replace the bounds of a schema that `is_guess`, made from an example; otherwise they stay within these.
    """
    equal = _with_equal_counts(schema, prompt)
    if not isinstance(equal, Mapping) or not (demands := [*itertools.islice(_demands(prompt), MAX_DEMANDS)]):
        return equal
    counted = _Counted(demands, is_guess)
    changed = counted.schema(equal, "", 0)
    return changed if counted.has_changed else counted.only_list(equal)


def demands_several(text: str) -> bool:
    """Tell whether a sentence demands a number of things."""
    return any(not demand.also for demand in _demands_in(text))


def _demands(prompt: Prompt) -> Iterator[Demand]:
    for text in instructions(prompt):
        yield from _stated_in(text)
        yield from _demands_in(unwrapped(text))


def _demands_in(text: str) -> Iterator[Demand]:
    for found in DEMAND.finditer(text):
        low, high = number_of(found["low"]), number_of(found["high"] or found["low"])
        if 0 < low <= high <= MAX_ITEMS and high > 1 and not UNIT.search(found["things"]):
            yield Demand(low, high, found["things"].lower(), found["also"] is not None)


def _stated_in(text: str) -> Iterator[Demand]:
    for found in STATED.finditer(text):
        if 1 < (count := number_of(found["low"])) <= MAX_ITEMS and not UNIT.search(found["things"]):
            yield Demand(count, count, found["things"].lower(), also=False)


class _Counted:
    """Sets the bounds of lists by the demands of a prompt."""

    def __init__(self, demands: list[Demand], is_guess: bool) -> None:
        self.demands, self.is_guess = demands, is_guess
        self.has_changed = False

    def schema(self, schema: object, name: str, depth: int) -> Schema:
        """Return a schema whose lists are counted if they are named as what is demanded."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return schema is not False
        changed: dict[str, object] = {}
        for keyword in ("properties", "$defs", "definitions"):
            if isinstance(inner := schema.get(keyword), Mapping):
                changed[keyword] = {each: self.schema(inner[each], each, depth + 1) for each in inner}
        if isinstance(schema.get("items"), Mapping):
            changed["items"] = self.schema(schema["items"], "", depth + 1)
        demand = next((each for each in self.demands if name and _is_named(name, each.things)), None)
        return {**schema, **changed, **(self._bounds(schema, demand) if demand else {})}

    def only_list(self, schema: Mapping[str, object]) -> Schema:
        """Return a schema whose only list is as long as the first demand, whatever its name."""
        demand = next((each for each in self.demands if not each.also), None)
        if demand is None or schema.get("type") == "array":
            return schema if demand is None else {**schema, **self._bounds(schema, demand)}
        properties = schema.get("properties")
        lists = {
            name: each
            for name, each in (properties.items() if isinstance(properties, Mapping) else ())
            if isinstance(each, Mapping) and each.get("type") == "array"
        }
        if len(lists) != 1 or not isinstance(properties, Mapping):
            return schema
        ((name, only),) = lists.items()
        return {**schema, "properties": {**properties, name: {**only, **self._bounds(only, demand)}}}

    def _bounds(self, schema: Mapping[str, object], demand: Demand) -> Mapping[str, object]:
        """Return the bounds of a list; none for anything else, or for one that cannot have as many items."""
        if schema.get("type") != "array" or "prefixItems" in schema:
            return {}
        low, high = demand.low, demand.high
        if not self.is_guess:
            least, most = schema.get("minItems"), schema.get("maxItems")
            low = max(low, least) if isinstance(least, int) else low
            high = min(high, most) if isinstance(most, int) else high
        self.has_changed = self.has_changed or low <= high
        return {"minItems": low, "maxItems": high} if low <= high else {}


def _is_named(name: str, things: str) -> bool:
    """Tell whether a list is named like things: `queries` or `search_queries` like `short search queries`."""
    last = re.split(r"[_\W]", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))[-1].lower()
    return len(last) > 3 and things.endswith(last)


def _with_equal_counts(schema: Schema, prompt: Prompt) -> Schema:
    """Return a schema whose lists have as many items as the prompt compares them with."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    counts: dict[str, int] = {}
    for text in instructions(prompt):
        for found in itertools.islice(EQUAL.finditer(text), MAX_DEMANDS):
            count = _count(found[2], text)
            if count is not None and found[1] not in counts and count <= MAX_ITEMS:
                counts[found[1]] = count
    changed = {
        name: {**each, "minItems": counts[name], "maxItems": counts[name]}
        for name, each in properties.items()
        if name in counts and isinstance(each, Mapping) and each.get("type") == "array"
    }
    return {**schema, "properties": {**properties, **changed}} if changed else schema


def _count(words: str, text: str) -> int | None:
    """Return a number, or the length of the list of a name."""
    if words.isdecimal():
        return int(words)
    return None if (listed := labelled_list(words, text)) is None else len(listed)


def labelled_list(name: str, text: str) -> list[object] | None:
    """Return the last list behind a label, such as `Statements:`, whose name is the label's; None if there is none."""
    labels = list(re.finditer(rf"(?im)^[^\w\n]{{0,4}}(?:\w+ ){{0,2}}{re.escape(name)}\W{{0,3}}:\s{{0,4}}(?=\[)", text))
    return list_at(text[labels[-1].end() :][:MAX_LITERAL]) if labels else None
