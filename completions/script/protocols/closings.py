"""A word that ends a conversation of agents, for step 3: `Reply TERMINATE when the task is done.`

AutoGen's teams go on until somebody says it; whoever is told to say it does so with the first answer in words, or with
the first one after another agent has spoken, where it is told to say so after that.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.instructions import KEPT, unwrapped
from completions.script.protocols.observation import has_worked, in_sentences
from completions.script.schemas.document import seeded

TOLD = re.compile(
    r"\b(?:[Rr]eply|[Rr]espond|[Ss]ay|[Aa]nswer|[Ee]nd|[Oo]utput|[Rr]eturn|[Ww]rite|[Uu]se)\b[^\n.]{0,40}?"
    r"['\"`]?\b([A-Z]{4,20})\b['\"`]?[^\n.]{0,60}\b(?:when|once|if|after)\b[^\n.]{0,100}"
    r"\b(?:done|complete\w*|finished|addressed|satisf\w+|approved|solved|resolved|fulfilled|over)\b"
)
LATER = re.compile(
    r"\b(?:[Aa]fter|[Ww]hen|[Oo]nce|[Ii]f)\b[^\n.]{0,100}\b(?:done|complete\w*|finished|solved|resolved|over)\b[^\n.]{0,100}"
    r"\b(?:[Rr]eply|[Rr]espond|[Ss]ay|[Ee]nd|[Oo]utput|[Ww]rite|[Uu]se)\b(?: with)? ['\"`]?([A-Z]{4,20})\b"
)
"""The same of one who waits for others: `After all tasks are complete, end with TERMINATE.`"""

NO_WORDS = ("JSON", "HTML", "YAML", "NULL", "NONE")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer, and end with the word that the system message tells; None where it tells none."""
    system = prompt.system
    if prompt.response_format.kind != "text" or not system:
        return None
    word = _word(TOLD, unwrapped(system)) or (_word(LATER, unwrapped(system)) if has_worked(prompt) else None)
    return word and f"{in_sentences(prompt, seeded(f'{seed}/closing'))}\n\n{word}"


@lru_cache(maxsize=KEPT)
def _word(pattern: re.Pattern[str], system: str) -> str | None:
    told = pattern.search(system)
    return told[1] if told and told[1] not in NO_WORDS else None
