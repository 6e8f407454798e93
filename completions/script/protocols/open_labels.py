"""A verdict behind a label that a prompt leaves open at its end, for step 3.

LangChain's graders do this: `GRADE: CORRECT or INCORRECT here` in a template, and `GRADE:` as the last line. If
the open label is an earlier one, such as `EXPLANATION:`, a text comes before the verdict.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.instructions import instructions, takes_any_text
from completions.script.protocols.observation import in_sentences
from completions.script.schemas.alternatives import is_affirmed
from completions.script.schemas.document import seeded

OPEN = re.compile(r"(?:\A|\n)[ \t]*([A-Z][A-Z ]{2,30}):\s*\Z")
VERDICT = re.compile(r"(?m)^[ \t]*([A-Z][A-Z ]{2,30}):[ \t]*([A-Z]{2,20})(?:,? or |[ \t]*/[ \t]*)([A-Z]{2,20})\b")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the verdict that the prompt leaves open; None if it leaves none open."""
    if not takes_any_text(prompt):
        return None
    for text in instructions(prompt):
        open_label, verdict = OPEN.search(text[-100:]), VERDICT.search(text)
        if open_label and verdict:
            value = next((each for each in verdict.group(2, 3) if is_affirmed(each)), verdict[2])
            if open_label[1] == verdict[1]:
                return value
            return f"{in_sentences(prompt, seeded(f'{seed}/text'), short=True)}\n{verdict[1]}: {value}"
    return None
