"""Words that a prompt wants to hear, for step 3: `Reply with exactly: OK`, `Answer only with "ready".`

They must stand at the end of what was asked, behind a colon or in quotes, so that no instruction is taken for one.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import observation, question

MAX_TOLD = 200
"""Characters of the words."""

WANTED = re.compile(
    r"\b(?:reply|respond|answer|say|return|output)\s+(?:back\s+)?(?:with\s+)?(?:exactly|only|just|precisely)\b"
    r"(?:\s+with)?(?:\s+(?:exactly|the\s+(?:word|words|text|string|phrase|number)))?(?:\s+(?:this|these words))?"
    r"(?:\s*:\s*|\s+(?=[\"'`“]))([^\n]{1,200})\s*\Z",
    re.IGNORECASE,
)
CHOICE = re.compile(r"\bor\b|[/|]")
"""What tells that one of several is to be said, and not these words."""

QUOTED = re.compile(r"\A([\"'`“])([^\"'`“”\n]+)[\"'`”][.!]?\Z")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Say the words; None where a tool has answered since, or where the prompt does not ask for any."""
    if prompt.response_format.kind == "json_object" or observation(prompt) is not None:
        return None
    found = WANTED.search(question(prompt)[-MAX_SEARCHED:][-2 * MAX_TOLD :])
    if found is None:
        return None
    told = found[1].strip()
    quoted = QUOTED.match(told)
    if quoted is None and CHOICE.search(told):
        return None
    return quoted[2] if quoted else told
