"""An answer in XML tags, for step 3: `Put your reasoning in <thinking> tags and your answer in <answer> tags.`

The tags are those that a sentence asks for, or those of a template after words such as `in this format:`. Their content
is the answer without tags: one of the answers that the prompt lists, a number, or a sentence; or JSON,
if the prompt shows some in the tag.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.instances import instance, named_text
from completions.script.auto.sentences import thoughts
from completions.script.protocols import choices, scores
from completions.script.protocols.braces import value_of
from completions.script.protocols.instructions import CACHE_SIZE, SENTENCE, instructions, takes_any_text, unwrapped
from completions.script.protocols.observation import in_sentences, question
from completions.script.protocols.placeholders import filled
from completions.script.protocols.written_types import schema_of_instance
from completions.script.schemas.document import Schema, compact, seeded
from completions.script.schemas.scalars import sense
from completions.script.wording import ANSWER

REQUEST = re.compile(
    rf"(?i)\b(?:{ANSWER}|put|place|wrap|enclose|write|provide|give|include|use|think|reason|end"
    r"|your (?:\w+ )?(?:answer|response|output|reasoning|thinking|thoughts?|analysis))\b"
)
ABOUT_INPUT = re.compile(
    r"(?i)\b(?:I|we|I'll|given|provided|below|found|following|contained|based on|here (?:is|are)|read|if)\b(?! format)"
)
"""Signs that the tags enclose a part of the prompt."""

CONDITIONAL = re.compile(r"(?i)\b(?:when|where|unless|whether) (?:the|an?|each|every) [`'\"]?\Z")
WITHOUT_TAGS = re.compile(r"(?i)\b(?:not|never|without|avoid|don't)\b[^\n.:<]{0,20}\b(?:XML|HTML) tags\b")
"""Signs that a tag belongs to the prompt, and that the answer must have none, as in Open WebUI."""

NEGATION = re.compile(r"(?i)\b(?:not|never|without|avoid)\b|n't\b")
HTML_TAGS = frozenset(
    (
        *("a", "b", "i", "p", "u", "div", "span", "br", "hr", "h1", "h2", "h3", "ul", "ol", "li"),
        *("table", "tr", "td", "th", "img", "em", "strong", "script", "style", "svg", "canvas"),
        *("html", "head", "body", "nav", "footer", "button"),
    )
)
"""Tags of HTML, which belong to requested pages."""

CALL_TAGS = frozenset(
    ("tools", "tool_call", "tool_calls", "tool_response", "function", "function_call", "function_calls")
)
"""Tags of tool calls, which do not belong to an answer."""

REQUESTED_TAG = re.compile(
    r"\b(?:in|inside|within|between|with|using|by|to)\b[^\n<>:]{0,40}[`'\"]?<([A-Za-z][\w-]{0,30})>(?:(?:\.\.\.|\u2026)?</\1>)?"
)
TEMPLATE = re.compile(r"\b(?:format|structure|template|form|like this|schema)\b[^\n<]{0,40}\n+[ \t]*(?:```(?:xml)?\n)?")
ELEMENT = re.compile(r"\s*<([A-Za-z][\w-]{0,30})>((?:(?!<\1>).){0,2000}?)</\1>", re.DOTALL)
LEAF = re.compile(r"<([A-Za-z][\w-]{0,30})>([^<>]{0,500})</\1>")
OPTIONS = re.compile(r"[\w-]+(?:\s*[|/]\s*[\w-]+)+|[A-Z_]+(?:(?:, | or |, or )[A-Z_]+)+")
OBJECTS = re.compile(r"\s*(?:\[\s*)?\{\s*[\"']")
THOUGHT = re.compile(r"(?i)think|thought|reason|scratch|analysis|reflect|plan")

MAX_ELEMENTS = 20


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer in the tags that the prompt asks for; None if it asks for none, or offers tools."""
    if not takes_any_text(prompt):
        return None
    for text in instructions(prompt):
        if "<" in text and WITHOUT_TAGS.search(unwrapped(text)):
            return None
        if "</" in text and (template := _template(text)):
            return _filled(template, prompt, seed)
        if "<" in text and (names := _names(unwrapped(text))):
            schemas = _example_schemas(text, names)
            objects = {name: instance(schema, f"{seed}/{name}", question(prompt)) for name, schema in schemas.items()}
            values = {name: compact(objects[name]) if name in objects else _value(name, prompt, seed) for name in names}
            return "\n".join(f"<{name}>\n{value}\n</{name}>" for name, value in values.items())
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _names(text: str) -> tuple[str, ...]:
    """Return the names of the tags that sentences ask for."""
    names = [
        found[1]
        for sentence in SENTENCE.finditer(text)
        if REQUEST.search(sentence[0])
        for found in REQUESTED_TAG.finditer(sentence[0])
        if not ABOUT_INPUT.search(sentence[0][: found.start()])
        if not CONDITIONAL.search(found[0].partition("<")[0])
        if not NEGATION.search(sentence[0][max(found.start() - 40, 0) : found.start()])
    ]
    return tuple(name for name in dict.fromkeys(names) if name not in HTML_TAGS | CALL_TAGS)[:MAX_ELEMENTS]


@lru_cache(maxsize=CACHE_SIZE)
def _template(text: str) -> str:
    """Return the elements that a text gives as the form of the answer; empty if there are none."""
    for introduced in TEMPLATE.finditer(text):
        at = start = introduced.end()
        for _ in range(MAX_ELEMENTS):
            element = ELEMENT.match(text, at)
            if element is None:
                break
            at = element.end()
        if at > start:
            return text[start:at].strip()
    return ""


@lru_cache(maxsize=CACHE_SIZE)
def _example_schemas(text: str, names: tuple[str, ...]) -> Mapping[str, Schema]:
    """Return the schemas of the objects, or lists of them, that a text shows between tags of these names."""
    parts = [(name, part.partition(f"</{name}>")) for name in names for part in text.split(f"<{name}>")[1:]]
    examples = {name: inner.strip() for name, (inner, closed, _) in reversed(parts) if closed and OBJECTS.match(inner)}
    values = {name: value_of(inner) or filled(inner) for name, inner in examples.items()}
    return {name: schema_of_instance(value) for name, value in values.items() if value}


def _filled(template: str, prompt: Prompt, seed: str) -> str:
    """Fill the elements of a template: those that show JSON with similar JSON, the others with values."""
    schemas = _example_schemas(template, tuple(found[1] for found in ELEMENT.finditer(template)))
    parts = re.split(rf"(?<=<({'|'.join(schemas)})>)[^<]*(?=</\1>)", template) if schemas else [template]
    texts = [LEAF.sub(lambda found: _leaf(found[1], found[2], prompt, seed), part) for part in parts[::2]]
    objects = [compact(instance(schemas[name], f"{seed}/{name}", question(prompt))) for name in parts[1::2]]
    return "".join(each for pair in zip(texts, [*objects, ""], strict=True) for each in pair)


def _leaf(name: str, content: str, prompt: Prompt, seed: str) -> str:
    """Fill an element of the template with one of the values that it lists, or with another one."""
    options = OPTIONS.fullmatch(content.strip())
    value = re.split(r"\s*[|/,]\s*(?:or )?|\s+or\s+", options[0])[0] if options else _value(name, prompt, seed)
    return f"<{name}>{value}</{name}>"


def _value(name: str, prompt: Prompt, seed: str) -> str:
    if THOUGHT.search(name):
        return thoughts(question(prompt), seeded(f"{seed}/{name}"), short=True)
    answer = scores.answer(prompt, seed) or choices.answer(prompt, seed)
    if answer is not None:
        return answer
    if not sense(name) or name in ("answer", "output", "summary"):
        return in_sentences(prompt, seeded(f"{seed}/{name}"), short=True)
    return named_text(name, f"{seed}/{name}")
