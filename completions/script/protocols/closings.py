"""A word that ends a conversation of agents, for step 3: `Reply TERMINATE when the task is done.`

AutoGen's teams continue until an agent writes it. An agent with this instruction does so with its first text, or with
the first one after another agent's message, if the instruction is for later.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.instructions import CACHE_SIZE, unwrapped
from completions.script.protocols.observation import in_sentences, is_after_worker
from completions.script.schemas.document import seeded

AT_END = re.compile(
    r"\b(?:[Rr]eply|[Rr]espond|[Ss]ay|[Aa]nswer|[Ee]nd|[Oo]utput|[Rr]eturn|[Ww]rite|[Uu]se)\b[^\n.]{0,40}?"
    r"['\"`]?\b([A-Z]{4,20})\b['\"`]?[^\n.]{0,60}\b(?:when|once|if|after)\b[^\n.]{0,100}"
    r"\b(?:done|complete\w*|finished|addressed|satisf\w+|approved|solved|resolved|fulfilled|over)\b"
)
AFTER_OTHERS = re.compile(
    r"\b(?:[Aa]fter|[Ww]hen|[Oo]nce|[Ii]f)\b[^\n.]{0,100}\b(?:done|complete\w*|finished|solved|resolved|over)\b[^\n.]{0,100}"
    r"\b(?:[Rr]eply|[Rr]espond|[Ss]ay|[Ee]nd|[Oo]utput|[Ww]rite|[Uu]se)\b(?: with)? ['\"`]?([A-Z]{4,20})\b"
)
"""The instruction for an agent that waits for others: `After all tasks are complete, end with TERMINATE.`"""

OTHER_CAPITALS = ("JSON", "HTML", "YAML", "NULL", "NONE")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer, and end with the word that the system message requires; None if it requires none."""
    system = prompt.system
    if prompt.response_format.kind != "text" or not system:
        return None
    word = _end_word(AT_END, unwrapped(system)) or (
        _end_word(AFTER_OTHERS, unwrapped(system)) if is_after_worker(prompt) else None
    )
    return word and f"{in_sentences(prompt, seeded(f'{seed}/closing'))}\n\n{word}"


@lru_cache(maxsize=CACHE_SIZE)
def _end_word(pattern: re.Pattern[str], system: str) -> str | None:
    found = pattern.search(system)
    return found[1] if found and found[1] not in OTHER_CAPITALS else None
