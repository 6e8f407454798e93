"""JSON that a prompt asks for without a schema, for step 3: `Return only JSON with the keys "name" and "age".`

It is asked for by a sentence that begins so: `Respond with JSON only.`, `Your response should be in JSON format.` What
is in it may be told by keys, by an example behind words such as `like` or `in this format:`, or as a list. Where
another object follows, as the description of a tool, the answer would need more than is understood here.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt
from completions.script.auto.instances import instance
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.observation import in_sentences
from completions.script.protocols.quoted import NEGATED, SENTENCE_END, instructions, is_schema
from completions.script.protocols.words import list_of, schema_of_instance
from completions.script.schemas.document import Schema, compact, seeded

SPELLINGS = ("JSON", "json", "Json")
"""How JSON is written in a sentence that asks for it; a text without it need not be taken apart."""

ASKS = re.compile(
    r"\W*(?:(?:please|always|only|now|then|you|must|should) )*(?:respond|reply|answer|return|output)\b[^\n]*\bJSON\b"
    r"|\W*your (?:response|answer|reply|output) (?:must|should|has to) be\b[^\n]*\bJSON\b",
    re.IGNORECASE,
)
KEYS = re.compile(r"\b(?:keys?|fields?|propert(?:y|ies)|attributes?)\b", re.IGNORECASE)
QUOTED = re.compile(r"[\"'`](\w{1,64})[\"'`]")
NAMED = re.compile(r"\W*(\w+(?:\s*,\s*\w+)*(?:\s*,?\s+and\s+\w+)?)\s*(?:[.:;)]|\bfor\b|\bof\b|\Z)")
BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")
LIST = re.compile(r"\bJSON (?:array|list)\b(?: of (numbers|integers|objects))?", re.IGNORECASE)
LIKE = re.compile(
    r"(?:\blike(?: this)?|\be\.g\.|\bexample|\bsuch as|\b(?:format|form|structure|shape|schema))\W*(?:json\W*)?\Z",
    re.IGNORECASE,
)
LOOKED_BACK = 60
"""Characters before an example in which it says that it is one."""

ITEMS: Mapping[str, Schema] = {"numbers": {"type": "number"}, "integers": {"type": "integer"}}
TEXT: Schema = {"type": "string"}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return what the prompt asks for as JSON; None where it does not."""
    asked = False
    for text in instructions(prompt):
        if not any(written in text for written in SPELLINGS):
            continue
        asking = [sentence for sentence in SENTENCE_END.split(text) if ASKS.match(sentence)]
        asking = [sentence for sentence in asking if not NEGATED.search(sentence.partition("JSON")[0])]
        if asking:
            schema = _example(text)
            if schema is None and _quotes(text[text.find(asking[0]) :]):
                return None
            schema = schema or _keys(asking) or _list(asking)
            if schema is not None:
                return compact(instance(schema, seed))
            asked = True  # another text may tell what is in it, as mem0 2.2 has it for Ollama
    return compact({"answer": in_sentences(prompt, seeded(f"{seed}/text"), short=True)}) if asked else None


def _quotes(text: str) -> bool:
    return any(isinstance(value_of(part.text), Mapping) for part in braced(text))


def _example(text: str) -> Schema | None:
    """Return the schema of the last object that a text gives as an example."""
    for part in reversed(braced(text)):
        if LIKE.search(text[max(part.start - LOOKED_BACK, 0) : part.start]):
            value = value_of(part.text)
            if isinstance(value, Mapping) and not is_schema(value):
                return schema_of_instance(dict(value))
    return None


def _keys(asking: list[str]) -> Schema | None:
    """Return the schema of an object with the keys that a sentence names: in quotes, or as a list of words."""
    for sentence in asking:
        if found := KEYS.search(sentence):
            rest = sentence[found.end() :]
            named = NAMED.match(rest)
            names = QUOTED.findall(rest) or (BETWEEN.split(named[1]) if named else [])
            if names:
                schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": names}
                return list_of(schema) if LIST.search(sentence) else schema
    return None


def _list(asking: list[str]) -> Schema | None:
    found = next(filter(None, map(LIST.search, asking)), None)
    return found and list_of(ITEMS.get((found[1] or "").lower(), TEXT))
