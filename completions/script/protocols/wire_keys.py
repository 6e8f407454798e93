"""Fields, each on a line after its key, for step 3: `Score (wire key: "score"): (This number field must be included)`.

The system message of ax 24 for TypeScript (`@ax-llm/ax`) requests them, and ax reads `score: 0.5`.
"""

import re
from collections.abc import Mapping

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.auto.instances import instance
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import in_sentences, question
from completions.script.protocols.written_types import list_of, schema_of_type
from completions.script.schemas.document import as_text, seeded

FIELD = re.compile(
    r"\(wire key: `(\w+)`\): [^\n]*?\(This ([^\n]{1,200}?) field must be included\)"
    r"(?:\s*Allowed values: ([^\n]{1,2000}))?"
)
LIST = re.compile(r"json array of (.+) items$")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write each required field on a separate line; None if the prompt requests none."""
    fields = FIELD.findall(prompt.system[-MAX_SEARCHED:])
    if prompt.response_format.kind != "text" or not fields:
        return None
    lines = (f"{name}: {_value(kind, options, prompt, f'{seed}/{name}')}" for name, kind, options in fields)
    return "\n".join(lines)


def _value(kind: str, options: str, prompt: Prompt, seed: str) -> str:
    if options:
        allowed = [Tool(each.strip()) for each in options.split(",")]
        return best_fitting(allowed, question(prompt)).name
    schema = _schema(kind)
    if schema is None or schema == {"type": "string"}:
        return " ".join(in_sentences(prompt, seeded(seed), short=True).split())
    return as_text(instance(schema, seed))


def _schema(kind: str) -> Mapping[str, object] | None:
    if found := LIST.match(kind):
        return list_of(_schema(found[1]) or {"type": "string"})
    return schema_of_type(kind)
