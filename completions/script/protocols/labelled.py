"""Templates of labels and placeholders, for step 3: `Use this format:`, and lines such as `Score: [1 to 5]`.

| a line of the template | becomes |
|---|---|
| `Sentiment: [positive/negative]`, `Priority: <low|high>` | the label, and one of the values |
| `Score: <a number from 1 to 5>`, `Confidence: [0-100]` | a number of that range, or of the one that the prompt tells |
| `**Summary**: ...`, `- [reason]`, `## Title` over `[the title]` | a few words that suit the label |
| `## Overview`, `Pros:` | the same line |

A sentence may name headings instead: ``Output two sections: `## Positive` and `## Negative` ``.

Applications write such templates in many ways, and read the answer by regular expressions; distilabel's judges too.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.instances import instance
from completions.script.auto.sentences import thoughts
from completions.script.protocols.instructions import CACHE_SIZE, instructions, takes_any_text
from completions.script.protocols.observation import in_sentences, question
from completions.script.protocols.ranges import RANGE, ranged
from completions.script.schemas.alternatives import options_in
from completions.script.schemas.document import Schema, as_text, seeded
from completions.script.schemas.scalars import sense
from completions.script.wording import ANSWERS, WRITE

INTRODUCED = re.compile(
    rf"(?im)^(?=[^\n]{{0,300}}\b(?:{ANSWERS}|{WRITE}|us(?:e|ing)|produce|present|follow|extract"
    r"|(?:format|structure) your)\b"
    r"|\W{0,6}(?:format|template)\b)(?![^\n]{0,300}\b(?:given|receive|input|provided|functions?|code|script|data)\b"
    r"|[^\n]{0,300}\b(?:if|when|whenever) (?:asked|the user|a user|they|someone|there|it|you are asked)\b)"
    r"[^\n]{0,300}\b(?:format|form|structure|template|like this|as follows|exactly|with|output|response|answer)\b"
    r"[^\n]{0,60}:\W*$"
)
HEADING = re.compile(
    r"(?im)^[ \t]*#{1,6}[ \t]+(?:expected |required )?(?:output|response|answer|format)(?: format)?:?\s*$"
)
"""The line above a template: a sentence that asks for its form, or a heading."""

HOLE = (
    r"\[[^\[\]\n]{1,300}\]|<[^<>\n]{1,300}>|\{[^{}\n]{1,80}\}|\.\.\.|\u2026"
    r"|\d{1,3}(?: to |-|\u2013)\d{1,3}(?:,? \(?\b[^\n]{0,200})?"
)
LINE = re.compile(
    rf"(?P<before>[ \t]*(?:[-*\u2022][ \t]+|\d{{1,2}}[.)][ \t]+)?(?P<heading>#{{1,6}}[ \t]+)?[*_]{{0,2}}"
    rf"(?P<label>[A-Z][^\n:\[<{{*]{{0,50}})?[*_]{{0,2}}(?P<colon>:?)[*_]{{0,2}}[ \t]*)"
    rf"(?P<hole>{HOLE})?(?P<after>/\d{{1,3}}|%|\.)?[ \t]*"
)
MAX_READ = 20_000
"""Characters at the end of a text in which a template is searched."""

MAX_TEMPLATE = 60
"""Lines of a template."""

NUMBER = re.compile(r"(?i)\b(?:number|numeric|integer|score|rating|percent\w*|grade)\b|\d\s*(?:-|\u2013|to)\s*\d")
THOUGHT = re.compile(r"(?i)think|thought|reason|rationale|explan|explain|analys|justif|critique|feedback")
ANSWER_NAMES = ("answer", "output", "summary", "response", "text", "content", "description")
"""Names of values that are about the question."""

SECTIONS = re.compile(rf"(?i)\b(?:{ANSWERS}|{WRITE})\b.*\bsections?\b")
QUOTED_HEAD = re.compile(r"[`\"'](#{1,6} [A-Z][\w ]{0,40})[`\"']")
"""Headings that a sentence asks for: ``Output two sections: `## Positive` and `## Negative`.``"""

OPTIONS = re.compile(r"\s*[|/]\s*|,? or ")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Fill the template in the prompt; None if it has none, or offers tools."""
    if not takes_any_text(prompt):
        return None
    for text in instructions(prompt):
        if ("\n" in text or "section" in text) and (lines := _template(text[-MAX_READ:])):
            return _filled(lines, prompt, seed)
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _template(text: str) -> tuple[str, ...]:
    """Return the lines of the last template in a text that has at least two placeholders."""
    starts = sorted(found.end() for pattern in (INTRODUCED, HEADING) for found in pattern.finditer(text))
    for start in reversed(starts):
        lines = tuple(_lines(text[start:]))
        if sum(1 for line in lines if (found := LINE.fullmatch(line)) and found["hole"]) > 1:
            return lines
    sentences = (line for line in text.splitlines() if SECTIONS.search(line[:1_000]))
    heads: list[str] = next((each for line in sentences if (each := QUOTED_HEAD.findall(line[:1_000]))), [])
    return tuple(line for head in heads for line in (head, "[text]", ""))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines at the beginning of a text that can be those of a template."""
    lines = text.strip("\n").removeprefix("```").lstrip("\n").split("\n", MAX_TEMPLATE)[:MAX_TEMPLATE]
    for line in lines:
        found = LINE.fullmatch(line)
        if (
            found is None
            or "</" in line
            or (line.strip() and not (found["hole"] or found["colon"] or found["heading"]))
        ):
            return
        yield line


def _filled(lines: tuple[str, ...], prompt: Prompt, seed: str) -> str:
    """Replace each placeholder by a value; the first placeholder of a label holds for the others with that label."""
    filled, heading, placeholders = [], "", dict[str, str]()
    for at, line in enumerate(lines):
        found = LINE.fullmatch(line)
        if found is None or not found["hole"]:
            heading = (found and found["label"]) or heading
            filled.append(line.rstrip())
            continue
        if not found["before"].strip() and found["hole"] in ("...", "\u2026"):
            continue  # it means that there may be more
        label, hole = (found["label"] or heading).strip(), found["hole"].strip("[]<>{}. \u2026")
        placeholder = placeholders.setdefault(label, hole) if found["label"] else hole
        value, before = _value(label or hole, placeholder, prompt, f"{seed}/{at}"), found["before"].rstrip()
        filled.append(f"{before} {value}{found['after'] or ''}".strip())
    return "\n".join(filled).strip()


def _value(label: str, placeholder: str, prompt: Prompt, seed: str) -> str:
    name = re.sub(r"\W+", "_", label).strip("_").lower()
    if THOUGHT.search(label):
        return " ".join(thoughts(question(prompt), seeded(seed), short=True).split())
    schema = _schema(name, placeholder)
    if schema == {"type": "string"} and (not sense(name) or sense(name) in ANSWER_NAMES):
        return " ".join(in_sentences(prompt, seeded(seed), short=True).split())
    whole = {"type": "object", "properties": {name: _scaled(name, schema, prompt)}, "required": [name]}
    filled = instance(whole, seed, question(prompt))
    return as_text(filled[name]) if isinstance(filled, dict) else ""


def _schema(name: str, placeholder: str) -> dict[str, object]:
    """Return the schema of a placeholder: one of the values that it lists, a number, or a text."""
    options = [each.strip("\"' ") for each in OPTIONS.split(placeholder)]
    if len(options) > 1 and all(re.fullmatch(r"[\w -]{1,30}", each) for each in options):
        return {"enum": options}
    if len(options := options_in(placeholder, bound=True)) > 1:
        return {"enum": options}
    if not NUMBER.search(placeholder) and not re.search(r"(?:^|_)(?:score|rating)$", name):
        return {"type": "string"}
    if (found := RANGE.match(placeholder)) is None:
        return {"type": "integer"}
    kind = "number" if "." in found[0] else "integer"
    return {"type": kind, "minimum": float(found[1] or found[2]), "maximum": float(found[3])}


def _scaled(name: str, schema: dict[str, object], prompt: Prompt) -> Schema:
    """Return the schema of a number with the scale that the prompt gives for it or for any score; by default 1 to 5."""
    if "type" not in schema or schema["type"] == "string" or "minimum" in schema:
        return schema
    scales = (ranged({"properties": {each: schema}}, prompt) for each in (name, "score"))
    properties = (each["properties"].values() for each in scales if isinstance(each, dict))
    return next((each for (each,) in properties if "minimum" in each), {**schema, "minimum": 1, "maximum": 5})
