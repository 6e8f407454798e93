"""JSON that a prompt asks for without a schema, for step 3: `Return only JSON with the keys "name" and "age".`

A sentence asks for it: `Respond with JSON only.`, `Your response should be in JSON format.` Its
content may be given by keys, by an example after words such as `like` or `in this format:`, or as a list. If
another object follows, such as the description of a tool, this module cannot tell what is wanted, unless the
request itself wants JSON: then the last object in the prompt is used as an example.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from completions.conversation import Prompt, Tool
from completions.script.auto.instances import instance
from completions.script.auto.listed import values_of, with_mentioned
from completions.script.protocols.braces import braced, outside, value_of
from completions.script.protocols.choices import chosen, listed
from completions.script.protocols.described_keys import described_keys
from completions.script.protocols.earlier_answers import is_vague, schema_of_earlier
from completions.script.protocols.instructions import CACHE_SIZE, NEGATED, SENTENCE_END, instructions, unwrapped
from completions.script.protocols.named_keys import TEXT, named_keys
from completions.script.protocols.observation import in_sentences, question, subject
from completions.script.protocols.placeholders import filled
from completions.script.protocols.prefilled import schema_of_form
from completions.script.protocols.quoted import is_schema, written
from completions.script.protocols.suited import suited
from completions.script.protocols.written_types import MAX_DEPTH, list_of
from completions.script.schemas.alternatives import KINDS, options_in
from completions.script.schemas.document import Schema, compact, schema_of, seeded
from completions.script.wording import ANSWER, WRITE

SPELLINGS = ("JSON", "json", "Json", "YAML", "yaml")
"""Spellings of JSON in a sentence that asks for it; a text without one is not analysed further."""

ANY_SPELLING = re.compile("(?i)json|yaml")
REQUEST = re.compile(
    r"(?i)\W*(?:(?:please|always|only|now|then|you|must|should|will|shall|(?:need|have|are|make sure|be sure) to) )*"
    rf"(?:{ANSWER})\b[^\n]*\b(?:JSON|YAML)\b"
    rf"|\W*(?:please )?(?:{WRITE}|format|express|present|produce|extract|create|list|make|convert|describe|parse|turn"
    r"|transform|translate|summarize|classify|analy[sz]e|identify|find|get|tell|show)\b[^\n]*"
    r"\b(?:as|in|into) (?:an? |valid )*(?:JSON|YAML)\b"
    r"|\W*(?:your|the) (?:\w+ )?(?:response|answer|reply|output) (?:must|should|has to) (?:be|consist)\b[^\n]*"
    r"\b(?:JSON|YAML)\b"
    r"|\W*(?:response|output) (?:must|should) be\b[^\n]*\b(?:JSON|YAML)\b"
    rf"|\W*(?:you (?:must|should|will) )?(?:produce|create|{WRITE})(?: me)? (?:only |exactly )?"
    r"(?:an?|one|the) (?:\w+ )?JSON (?:object|array|list)\b"
    r"|\W*(?:output|response)?\W*(?:JSON|YAML) (?:output )?format\W*\Z"
)
INSTRUCTION = re.compile(
    rf"(?i)\W*(?:please |then |now |also |always |only )*(?:(?:{ANSWER}|{WRITE}|format|express|present|produce|extract"
    r"|create|list|make|convert|describe|use|do|don't|never|no|include|ensure|classify|identify|analy[sz]e|find|get|parse"
    r"|summarize|translate|rate|score|evaluate|you|your|the (?:answer|response|output|keys?|fields?|values?)|each|if)\b"
    r"|[\w ]{1,30}[\"'`*]{0,3} ?(?:\([^()\n]{1,80}\))?:"
    r"(?:\s*\Z| ?(?:an?|the|string|integer|number|text|list|array|boolean)\b))"
)
"""How a sentence about the answer begins, or the line of a key."""

KIND_NAME = re.compile(r"(?i)(?:\w+_)?(?:label|category|class|intent|sentiment|topic|mode)")
KIND_LIST = re.compile(rf"(?i)\b{KINDS}(?: list)?\s*[:=]\s*(\[[^\[\]\n]{{3,1000}}\])")
"""A name of a kind, and a list of kinds: `List of categories: ['positive', 'negative']`."""
LEADING_TAGS = re.compile(r"\s{0,20}(?:</?[\w-]{1,40}>\s{0,20}){0,8}")
"""Tags before a sentence: `<OUTPUT_FORMAT>Your output should be JSON.`"""

LIST = re.compile(r"(?i)\bJSON (?:array|list)\b(?: of (\d{1,2}))?(?: of)?(?: (numbers|integers|objects))?")
EXTRACTED = re.compile(
    r"(?i)\b(?:extract|find|list|get|return|identify)(?: (?:me|all|every|each|the|any|of|unique|distinct)){0,4}"
    r" (emails?|e-?mail addresses|dates?|urls?|links?|phone numbers?|people|persons|names|participants|organizations"
    r"|companies|files?)\b"
)
"""What a prompt wants out of its own text."""

EXAMPLE_ARRAY = re.compile(
    r"(?i)\b(?:array|list)\b[^\n\[{]{0,80}\n?\s*(\[\s*\"([a-z_]{2,30})[\w .]{0,60}\"[^\[\]{}]{0,500}\])"
)
"""An example of a list of strings: `an array in JSON format, following this schema: ["question1", "question2"]`."""

EXAMPLE_INTRODUCTION = re.compile(
    r"(?im)(?:\blike(?: this)?|\be\.g\.|\bsuch as"
    r"|\bexamples?(?: \d{1,2})?(?: (?:of|an?|the|valid|correct|good|expected|JSON|response|output|answer|result)){0,3}"
    r"|\b(?:format|form|structure|shape|schema)(?: exactly)?(?: as follows| below)?"
    r"|^(?:(?:Expected|Sample|Desired|Correct) )?(?:Output|Response|Answer|JSON))\W*(?:json\W*)?\Z"
)
YAML_BLOCK = re.compile(r"```(?:ya?ml)?\n((?:[A-Za-z_]\w{0,40}:[ \t]+[^\n]{1,300}\n){1,40})```")
FORM_INTRODUCTION = re.compile(
    rf"(?i)\b(?:{ANSWER}|response)\b[^\n{{]{{0,40}}\b(?:format|form|structure|shape|like this)\W*"
    r"(?:json\W*)?\Z"
)
"""Introductions of an example that do not mention JSON."""
ANY_INTRODUCTION = re.compile("")

MAX_INTRODUCTION = 160
"""Characters before an example in which its introduction is searched."""

MAX_MENTIONS = 4
"""Occurrences of a key that are searched for its values."""

MAX_ITEMS = 10
"""Items of a list that follows an example."""

ITEM_SCHEMAS: Mapping[str, Schema] = {"numbers": {"type": "number"}, "integers": {"type": "integer"}}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the JSON that the prompt asks for; None if it asks for none."""
    is_requested, wants_object = False, prompt.response_format.kind == "json_object"
    for text in instructions(prompt):
        sentences = _requests_for_json(text)
        example = _example(text, EXAMPLE_INTRODUCTION if sentences else FORM_INTRODUCTION)
        keys = described_keys(text)
        schema = keys if keys is not None and _names_of(example) != _names_of(keys) else example
        if sentences:
            schema = schema or _yaml_block(text) or named_keys(sentences, text, _told(prompt, text))
            if schema is None and _has_object(text[text.find(sentences[0]) :]):
                break
            if schema is None and (array := EXAMPLE_ARRAY.search(text)):
                return _array(array, seed, _told(prompt, text))
            schema = schema or _list(sentences, text)
            schema = _or_earlier(schema, text, prompt)
            is_requested = True  # another text may tell what is in it, as mem0 2.2 has it for Ollama
        if schema is not None:
            return written(_instance(schema, text, prompt, seed), text)
    else:
        if is_requested:
            return compact({"answer": in_sentences(prompt, seeded(f"{seed}/text"), short=True)})
    if wants_object and (schema := schema_of_earlier(prompt, 1)) is not None:
        return compact(instance(suited(schema, prompt, is_guess=True), seed, question(prompt)))
    for text in instructions(prompt) if wants_object else ():
        if (schema := _example(text, ANY_INTRODUCTION)) is not None:
            return compact(_instance(schema, text, prompt, seed))
    return None


def _yaml_block(text: str) -> Schema | None:
    """Return the schema of the last block of lines such as `score: a number from 1 to 5`, if a text mentions YAML."""
    *_, block = ["", *(found[1] for found in YAML_BLOCK.finditer(text))] if "YAML" in text else [""]
    pairs = (line.partition(":") for line in block.splitlines())
    return schema_of_form({name.strip(): told.strip() for name, _, told in pairs}, block, text) if block else None


def _or_earlier(schema: Schema | None, text: str, prompt: Prompt) -> Schema | None:
    """Return the schema of an earlier answer, where a text before it does not tell the whole form of the answers."""
    if (schema is not None and not is_vague(schema)) or text == question(prompt)[-len(text) :]:
        return schema
    return schema_of_earlier(prompt, 1) or schema


def _instance(schema: Schema, text: str, prompt: Prompt, seed: str) -> object:
    """Make an instance of a schema that a text of the prompt implies, with what the prompt says of its values."""
    decided = _with_choices(suited(schema, prompt, is_guess=True), text, prompt)
    told = _told(prompt, text)
    return instance(with_mentioned(decided, told, is_guess=True), seed, told)


def _told(prompt: Prompt, text: str) -> str:
    """Return what the user tells or asks, apart from what a text says about the form of the answer."""
    told = subject(prompt, text)
    return told or _data_in(text)


@lru_cache(maxsize=CACHE_SIZE)
def _data_in(text: str) -> str:
    """Return the sentences of a text that are no instructions, without its objects."""
    sentences = SENTENCE_END.split(outside(text, braced(text)))
    return "\n".join(each for each in sentences if not INSTRUCTION.match(each) and not ANY_SPELLING.search(each))


def _names_of(schema: Schema | None) -> set[str]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return set(properties) if isinstance(properties, Mapping) else set()


def _requests_for_json(text: str) -> list[str]:
    """Return the sentences that ask for JSON."""
    if not any(spelling in text for spelling in SPELLINGS):
        return []
    sentences = ((sentence, LEADING_TAGS.match(sentence)) for sentence in SENTENCE_END.split(text))
    requests = [sentence for sentence, tags in sentences if REQUEST.match(sentence, tags.end() if tags else 0)]
    return [sentence for sentence in requests if not NEGATED.search(ANY_SPELLING.split(sentence)[0])]


def _has_object(text: str) -> bool:
    return any(isinstance(value_of(part.text), Mapping) for part in braced(text))


def _example(text: str, introduced: re.Pattern[str]) -> Schema | None:
    """Return the schema of the last object that a text gives as an example, or of a list of them."""
    for part in reversed(braced(text)):
        before = text[max(part.start - MAX_INTRODUCTION, 0) : part.start].rstrip()
        *_, sentence = SENTENCE_END.split(before.rstrip("` :.\n[").removesuffix("json").rstrip("` :.\n"))
        if introduced.search(before.removesuffix("[")) or REQUEST.match(sentence):
            value = value_of(part.text) or filled(part.text)
            if isinstance(value, Mapping) and not any(map(_is_schema, (value, *value.values()))):
                schema = schema_of_form(value, part.text, text)
                return list_of(schema) if before.endswith("[") else schema
    return None


def _is_schema(value: object) -> bool:
    return isinstance(value, Mapping) and is_schema(value)


def _with_choices(schema: Schema, text: str, prompt: Prompt, depth: int = 0) -> Schema:
    """Return a schema with one value for each string whose values the prompt lists: `'verdict' is 'yes' or 'no'`."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    properties = schema.get("properties")
    if isinstance(schema.get("items"), Mapping):
        return {**schema, "items": _with_choices(schema_of(schema["items"]), text, prompt, depth + 1)}
    if not isinstance(properties, Mapping):
        return schema
    alone = depth == 0 and len(properties) == 1
    options_of = {name: _value(name, text, alone) for name, each in properties.items() if each == TEXT}
    constants = {name: {"const": chosen(options, prompt)} for name, options in options_of.items() if options}
    nested = {
        name: _with_choices(each, text, prompt, depth + 1) for name, each in properties.items() if name not in constants
    }
    return {**schema, "properties": {name: constants.get(name) or nested[name] for name in properties}}


def _value(name: str, text: str, alone: bool) -> Sequence[Tool]:
    """Return the values that a text lists for a key; for a key that is `alone`, those in the whole text."""
    for found in itertools.islice(re.finditer(rf"\b{re.escape(name)}\b", text), MAX_MENTIONS):
        sentence = re.split(r"[\n{}]|\.\s", text[found.end() : found.end() + 200], maxsplit=1)[0]
        if len(options := options_in(sentence, bound=True)) > 1:
            return [Tool(each) for each in options]
    if KIND_NAME.fullmatch(name) and (kinds := KIND_LIST.search(text)):
        return [Tool(each) for each in options_in(f"It is one of {kinds[1]}", bound=True)]
    return listed(unwrapped(text)) if alone else []


def _array(example: re.Match[str], seed: str, text: str) -> str:
    """Write a list of as many strings as the example has, named like its first one."""
    count = example[1].count('",') + 1
    texts = {**list_of(TEXT), "minItems": min(count, MAX_ITEMS), "maxItems": MAX_ITEMS, "uniqueItems": True}
    filled = instance({"type": "object", "properties": {example[2]: texts}, "required": [example[2]]}, seed, text)
    return compact(filled[example[2]] if isinstance(filled, Mapping) else [])


def _list(sentences: list[str], text: str) -> Schema | None:
    found = next(filter(None, map(LIST.search, sentences)), None)
    if found is None:
        return None
    extracted = EXTRACTED.search(text)
    if extracted and (values := values_of(extracted[1].replace(" ", "_"), text)):
        return {"const": values}
    schema = list_of(ITEM_SCHEMAS.get((found[2] or "").lower(), TEXT))
    count = next((each[1] for each in LIST.finditer(text) if each[1]), None)
    return {**schema, "minItems": int(count), "maxItems": int(count)} if count else schema
