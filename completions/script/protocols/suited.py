"""The schema of an answer, limited to what the prompt says about it, for step 3: ranges, values, counts."""

from completions.conversation import Prompt
from completions.script.protocols.counts import with_counts
from completions.script.protocols.one_for_each import one_for_each
from completions.script.protocols.ranges import ranged
from completions.script.schemas.document import Schema


def suited(schema: Schema, prompt: Prompt, is_guess: bool = False) -> Schema:
    """Return the schema of a structured answer with all that the prompt says about it; or a guess at it, likewise."""
    return one_for_each(ranged(with_counts(schema, prompt, is_guess), prompt, is_guess), prompt)
