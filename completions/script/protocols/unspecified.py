"""JSON that a prompt asks for without a schema, for step 3: `Return only JSON with the keys "name" and "age".`

It is asked for by a sentence that begins so: `Respond with JSON only.`, `Your response should be in JSON format.` What
is in it may be told by keys, by an example behind words such as `like` or `in this format:`, or as a list. Where
another object follows, as the description of a tool, the answer would need more than is understood here, unless the
request itself wants JSON: then the last object in the prompt is taken for an example.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

from completions.conversation import Prompt, Tool
from completions.script.auto.instances import instance
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.choices import chosen, listed
from completions.script.protocols.instructions import NEGATED, SENTENCE_END, instructions, unwrapped
from completions.script.protocols.observation import in_sentences, subject
from completions.script.protocols.one_for_each import one_for_each
from completions.script.protocols.placeholders import filled
from completions.script.protocols.quoted import is_schema, written
from completions.script.protocols.written_types import MAX_DEPTH, list_of, schema_of_instance
from completions.script.schemas.alternatives import options_in
from completions.script.schemas.document import Schema, compact, schema_of, seeded
from completions.script.wording import ANSWER, WRITE

SPELLINGS = ("JSON", "json", "Json", "YAML", "yaml")
"""How JSON is written in a sentence that asks for it; a text without it need not be taken apart."""

SPELLED = re.compile("(?i)json|yaml")
ASKS = re.compile(
    rf"(?i)\W*(?:(?:please|always|only|now|then|you|must|should|make sure to|be sure to) )*(?:{ANSWER})\b[^\n]*"
    r"\b(?:JSON|YAML)\b"
    rf"|\W*(?:please )?(?:{WRITE}|format|express|present|produce|extract)\b[^\n]*"
    r"\b(?:as|in|into) (?:an? |valid )*(?:JSON|YAML)\b"
    r"|\W*(?:your|the) (?:\w+ )?(?:response|answer|reply|output) (?:must|should|has to) (?:be|consist)\b[^\n]*"
    r"\b(?:JSON|YAML)\b"
    r"|\W*(?:response|output) (?:must|should) be\b[^\n]*\b(?:JSON|YAML)\b"
    r"|\W*(?:output|response)?\W*(?:JSON|YAML) (?:output )?format\W*\Z"
)
KEYS = re.compile(r"(?i)\b(?:keys?|fields?|propert(?:y|ies)|attributes?)\b")
QUOTED = re.compile(r"[\"'`](\w{1,64})[\"'`]")
TOLD = re.compile(r"\W*[\"'`]?(\w{1,64})[\"'`]?\W*\s(?:that|which|is|being|containing|with|to)\b")
NAMED = re.compile(r"\W*(\w+(?:\s*,\s*\w+)*(?:\s*,?\s+and\s+\w+)?)\s*(?:[.:;)]|\bfor\b|\bof\b|\Z)")
BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")
LIST = re.compile(r"(?i)\bJSON (?:array|list)\b(?: of (\d{1,2}))?(?: of)?(?: (numbers|integers|objects))?")
ARRAY = re.compile(r"(?i)\b(?:array|list)\b[^\n\[{]{0,80}\n?\s*(\[\s*\"([a-z_]{2,30})[\w .]{0,60}\"[^\[\]{}]{0,500}\])")
"""A list of texts that a prompt shows: `an array in JSON format, following this schema: ["question1", "question2"]`."""

LIKE = re.compile(
    r"(?im)(?:\blike(?: this)?|\be\.g\.|\bsuch as"
    r"|\bexamples?(?: \d{1,2})?(?: (?:of|an?|the|valid|correct|good|expected|JSON|response|output|answer|result)){0,3}"
    r"|\b(?:format|form|structure|shape|schema)"
    r"|^(?:Output|Response|Answer))\W*(?:json\W*)?\Z"
)
FORM = re.compile(
    rf"(?i)\b(?:{ANSWER}|response)\b[^\n{{]{{0,40}}\b(?:format|form|structure|shape|like this)\W*"
    r"(?:json\W*)?\Z"
)
"""How an example is introduced where no word of JSON stands by."""
ANYHOW = re.compile("")

LOOKED_BACK = 160
"""Characters before an example in which it says that it is one."""

MENTIONS = 4
"""How often a key is looked up before the values that it may have are given up."""

MAX_ITEMS = 10
"""Items of a list that is like one that is shown."""

ITEMS: Mapping[str, Schema] = {"numbers": {"type": "number"}, "integers": {"type": "integer"}}
TEXT: Schema = {"type": "string"}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return what the prompt asks for as JSON; None where it does not."""
    asked, wanted = False, prompt.response_format.kind == "json_object"
    for text in instructions(prompt):
        asking = _asking(text)
        schema = _example(text, LIKE if asking else FORM)
        if asking:
            if schema is None and _quotes(text[text.find(asking[0]) :]):
                break
            if schema is None and (shown := ARRAY.search(text)):
                return _array(shown, seed, subject(prompt, text))
            schema = schema or _keys(asking, text) or _list(asking, text)
            asked = True  # another text may tell what is in it, as mem0 2.2 has it for Ollama
        if schema is not None:
            decided = _decided(one_for_each(schema, prompt), text, prompt)
            return written(instance(decided, seed, subject(prompt, text)), text)
    else:
        if asked:
            return compact({"answer": in_sentences(prompt, seeded(f"{seed}/text"), short=True)})
    for text in instructions(prompt) if wanted else ():
        if (schema := _example(text, ANYHOW)) is not None:
            return compact(instance(schema, seed, subject(prompt, text)))
    return None


def _asking(text: str) -> list[str]:
    """Return the sentences that ask for JSON."""
    if not any(written in text for written in SPELLINGS):
        return []
    asking = [sentence for sentence in SENTENCE_END.split(text) if ASKS.match(sentence)]
    return [sentence for sentence in asking if not NEGATED.search(SPELLED.split(sentence)[0])]


def _quotes(text: str) -> bool:
    return any(isinstance(value_of(part.text), Mapping) for part in braced(text))


def _example(text: str, introduced: re.Pattern[str]) -> Schema | None:
    """Return the schema of the last object that a text gives as an example, or of a list of such."""
    for part in reversed(braced(text)):
        before = text[max(part.start - LOOKED_BACK, 0) : part.start].rstrip()
        *_, sentence = SENTENCE_END.split(before.rstrip("` :.\n[").removesuffix("json").rstrip("` :.\n"))
        if introduced.search(before.removesuffix("[")) or ASKS.match(sentence):
            value = value_of(part.text) or filled(part.text)
            if isinstance(value, Mapping) and not any(map(_is_schema, (value, *value.values()))):
                schema = schema_of_instance(dict(value))
                return list_of(schema) if before.endswith("[") else schema
    return None


def _is_schema(value: object) -> bool:
    return isinstance(value, Mapping) and is_schema(value)


def _decided(schema: Schema, text: str, prompt: Prompt, depth: int = 0) -> Schema:
    """Return a schema with one value for each text whose values the prompt lists: `'verdict' is 'yes' or 'no'`."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    properties = schema.get("properties")
    if isinstance(schema.get("items"), Mapping):
        return {**schema, "items": _decided(schema_of(schema["items"]), text, prompt, depth + 1)}
    if not isinstance(properties, Mapping):
        return schema
    alone = depth == 0 and len(properties) == 1
    values = {name: _value(name, text, alone) for name, each in properties.items() if each == TEXT}
    made = {name: {"const": chosen(options, prompt)} for name, options in values.items() if options}
    nested = {name: _decided(each, text, prompt, depth + 1) for name, each in properties.items() if name not in made}
    return {**schema, "properties": {name: made.get(name) or nested[name] for name in properties}}


def _value(name: str, text: str, alone: bool) -> Sequence[Tool]:
    """Return the values that a text lists for a key; those of the whole text for one that is alone."""
    for found in itertools.islice(re.finditer(rf"\b{re.escape(name)}\b", text), MENTIONS):
        sentence = re.split(r"[\n{}]|\.\s", text[found.end() : found.end() + 200], maxsplit=1)[0]
        if len(options := options_in(sentence, bound=True)) > 1:
            return [Tool(each) for each in options]
    return listed(unwrapped(text)) if alone else []


def _keys(asking: list[str], text: str) -> Schema | None:
    """Return the schema of an object with the keys that a sentence names: in quotes, or as a list of words."""
    for sentence in asking:
        if found := KEYS.search(sentence):
            names = _named(sentence, found) or [
                each[1] for key in KEYS.finditer(text) if (each := TOLD.match(text, key.end()))
            ]
            if names:
                names = list(dict.fromkeys(names))
                schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": names}
                return list_of(schema) if LIST.search(sentence) else schema
    return None


def _named(sentence: str, found: re.Match[str]) -> list[str]:
    """Return the keys behind a word such as `keys`, or else those in quotes before it."""
    rest = sentence[found.end() :]
    if TOLD.match(rest):
        return []
    named = NAMED.match(rest)
    return QUOTED.findall(rest) or (BETWEEN.split(named[1]) if named else QUOTED.findall(sentence[: found.start()]))


def _array(shown: re.Match[str], seed: str, said: str) -> str:
    """Write a list of as many texts as the one that is shown has, of what the first of them is called there."""
    most = shown[1].count('",') + 1
    texts = {**list_of(TEXT), "minItems": min(most, MAX_ITEMS), "maxItems": MAX_ITEMS, "uniqueItems": True}
    made = instance({"type": "object", "properties": {shown[2]: texts}, "required": [shown[2]]}, seed, said)
    return compact(made[shown[2]] if isinstance(made, Mapping) else [])


def _list(asking: list[str], text: str) -> Schema | None:
    found = next(filter(None, map(LIST.search, asking)), None)
    if found is None:
        return None
    several = list_of(ITEMS.get((found[2] or "").lower(), TEXT))
    told = next((each[1] for each in LIST.finditer(text) if each[1]), None)
    return {**several, "minItems": int(told), "maxItems": int(told)} if told else several
