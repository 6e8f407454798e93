"""Answers that are a letter, one word or an order, for step 3, if the prompt lists no words to choose from.

| the prompt | the answer |
|---|---|
| `A) three`, `B) four`, and `Answer with the letter of the correct choice` | one of the letters |
| `[1] tea`, `[2] milk`, and `in the format [2] > [1]` | all of the numbers, in their order |
| `Is it open or closed? Answer in one word.` | one of the two |
| `Is the sky blue? Answer in one word.` | `Yes`, or a word of the question |

Examinations as MMLU ask for letters; RankGPT, within LlamaIndex and others, for an order.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.auto.sentences import keywords
from completions.script.protocols import choices
from completions.script.protocols.instructions import CACHE_SIZE, instructions, takes_any_text
from completions.script.protocols.observation import in_sentences, question
from completions.script.schemas.alternatives import felt
from completions.script.schemas.document import seeded
from completions.script.wording import ANSWERS

MAX_READ = 20_000
"""Characters of each text that are read, at its end."""

LETTER = re.compile(
    rf"(?i)\b(?:{ANSWERS}|choose|select|pick|give|provide)\b[^\n.]{{0,80}}\b(?:letters?|option label)\b"
)
OPTION = re.compile(r"(?m)^[ \t]*\(?([A-J])[).:][ \t]+\S")
ORDER = re.compile(r"\[\d{0,3}\] ?> ?\[\d{0,3}\]")
NUMBERED = re.compile(r"\[(\d{1,3})\](?! ?>)(?<!> \[\d\])(?<!> \[\d\d\])")
ONE_WORD = re.compile(
    rf"(?i)\b(?:{ANSWERS}|use)\b[^\n.]{{0,40}}\b(?:(?:a|one|exactly one) (?:single )?word|single word)\b"
)
YES_NO_QUESTION = re.compile(
    r"(?i)\W*(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had)\b[^?]*\?"
)
EITHER_QUESTION = re.compile(r"(?i)\b(?:is|are|was|were)\b[^?\n]{0,200}?\b([a-z]{2,20}),? or (?:an? )?([a-z]{2,20})\?")
REQUEST_WORDS = re.compile(rf"(?i)\b(?:{ANSWERS}|use|single|one|words?|only)\b")


def order_or_letter(prompt: Prompt, seed: str) -> str | None:
    """Answer with a letter, or with an order; None if the prompt wants neither, or offers tools."""
    if not takes_any_text(prompt):
        return None
    texts = [text[-MAX_READ:] for text in instructions(prompt)]
    for text in texts:
        letters = _letters("\n".join(texts)) if " l" in text and LETTER.search(text) else ()
        if len(letters) > 1 and (choices.answer(prompt, seed) or "").partition(".")[0] not in letters:
            letter = seeded(f"{seed}/letter").choice(letters)
            return (
                f"{letter}. {in_sentences(prompt, seeded(f'{seed}/why'))}"
                if choices.WITH_REASON.search(text)
                else letter
            )
        if ">" in text and ORDER.search(text) and len(numbers := _numbers(prompt)) > 1:
            return " > ".join(f"[{each}]" for each in numbers)
    return None


def one_word(prompt: Prompt, seed: str) -> str | None:
    """Answer with one word, the same for every seed; None if the prompt wants more, or offers tools."""
    if not takes_any_text(prompt) or not any(
        " word" in text and ONE_WORD.search(text[-MAX_READ:]) for text in instructions(prompt)
    ):
        return None
    user_question = question(prompt)
    if either := EITHER_QUESTION.search(user_question[-MAX_READ:]):
        return str(felt(either.groups(), user_question[-MAX_READ:]) or either[1]).capitalize()
    if YES_NO_QUESTION.match(user_question):
        return "Yes"
    words = keywords(REQUEST_WORDS.sub(" ", user_question), 1)
    return words[0].capitalize() if words else "Yes"


@lru_cache(maxsize=CACHE_SIZE)
def _letters(text: str) -> tuple[str, ...]:
    """Return the distinct letters at the beginning of lines, if the first is A."""
    found = tuple(dict.fromkeys(OPTION.findall(text)))
    return found if found[:1] == ("A",) else ()


def _numbers(prompt: Prompt) -> list[int]:
    """Return the distinct numbers in brackets in the user's messages, without those of the example of an order."""
    texts = [message.text[-MAX_READ:] for message in prompt.messages if message.role == "user"]
    return sorted({int(each) for text in texts for each in NUMBERED.findall(text)})
