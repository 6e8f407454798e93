"""The length of a text that a prompt demands, for step 3: `in one sentence`, `exactly 20 words`, `a 300-word essay`.

| the prompt | the text |
|---|---|
| `in 2 sentences`, `Write three sentences` | so many sentences |
| `in 50 words`, `exactly 50 words`, `a 50-word summary` | so many words |
| `at least 50 words`, `under 20 words`, `20 words or less`, `50 to 80 words` | within these bounds |
| `in two paragraphs` | so many paragraphs |
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.instructions import CACHE_SIZE, SENTENCE_END, instructions, unwrapped
from completions.script.wording import ANSWER, NUMBERS, WRITE, number_of

MAX_WORDS = 2_000
"""The longest text that a prompt can demand, in words; of sentences, or of paragraphs, a tenth."""

USUAL = 3
"""Sentences of a text, or of each paragraph, of which the prompt says nothing."""

_LEAST = r"at least|a minimum of|minimum|min\.?|not less than|no (?:less|fewer) than"
_MOST = r"at most|up to|a maximum of|maximum|max\.?|no more than|not more than|within|not exceed(?:ing)?"
_ABOVE, _BELOW = r"more than|over", r"(?:fewer|less) than|under|below"
_ABOUT = r"exactly|precisely|about|around|approximately|roughly|in|of|with|using|to|only|just"
ARTICLES = ("a single", "an", "a")
_NUMBER = rf"\d{{1,6}}(?:,\d{{3}})?|{'|'.join(ARTICLES)}|{'|'.join(NUMBERS)}"
_LOW = r"(?:(?P<low>\d{1,4})(?: ?[-\u2013] ?| to | and ))?"
_ADJECTIVES = "(?:(?:short|brief|concise|complete|simple|full|english|plain|single) )*"
DEMAND = re.compile(
    rf"(?i)\b(?:(?P<least>{_LEAST})|(?P<most>{_MOST})|(?P<above>{_ABOVE})|(?P<below>{_BELOW})"
    rf"|(?:{_ABOUT}|{ANSWER}|{WRITE}|be|me))(?: (?:of|exactly|just|only|about))* {_LOW}"
    rf"(?P<number>{_NUMBER}) {_ADJECTIVES}(?P<unit>words?|sentences?|paragraphs?)\b"
    r"(?! (?:each|per|of the|in the|from the|above|below))(?P<less> or (?:less|fewer))?(?P<more> or more)?"
)
HYPHENATED = re.compile(
    rf"(?i)\b(?P<number>\d{{1,4}}(?:,\d{{3}})?|{'|'.join(NUMBERS)})-(?P<unit>word|sentence|paragraph)\b(?!-)"
)
SUBJECT = re.compile(
    rf"(?i)\b(?:{ANSWER}|{WRITE}|response|summar\w*|explain|describe|essay|story|text|keep|limit|use|be|in|create|tell|compose"
    r"|draft|paragraph|article|contain)\b"
)
NOT_OF_ANSWER = re.compile(
    r"(?i)\b(?:if|when|whether|each|every|first|last|count|how many|title|names?|lists?|items?|bullets?)\b"
)
"""Words of sentences that demand the length of an answer; and of those that are about something else."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of something; no `most` means any number."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Demanded:
    """The bounds of a text by what is counted."""

    words: Bounds | None = None
    sentences: Bounds | None = None
    paragraphs: Bounds | None = None

    def text(self, texts: Iterator[str]) -> str:
        """Return a text of this length, out of texts without end whose sentences end with a full stop."""
        sentences = (sentence for text in texts for sentence in _split(text))
        paragraphs = _number(self.paragraphs, 1)
        each = min(_number(self.sentences, USUAL), max(MAX_WORDS // 10 // paragraphs, 1))
        taken = [[*itertools.islice(sentences, each)] for _ in range(paragraphs)]
        words = self.words or Bounds()
        missing = words.least - _count(taken)
        while missing > 0:
            taken[-1].append(next(sentences))
            missing -= _count([taken[-1][-1:]])
        return "\n\n".join(" ".join(paragraph) for paragraph in _cut(taken, words))


def demanded(prompt: Prompt) -> Demanded | None:
    """Return the length that the latest instruction of each kind demands; None if there is none."""
    found = Demanded()
    for text in reversed(list(instructions(prompt))):
        found = replace(found, **dict(_in_text(unwrapped(text))))
    return None if found == Demanded() else found


@lru_cache(maxsize=CACHE_SIZE)
def _in_text(text: str) -> Sequence[tuple[str, Bounds]]:
    if "word" not in text and "sentence" not in text and "paragraph" not in text:
        return ()
    sentences = [each[:500] for each in SENTENCE_END.split(text) if not NOT_OF_ANSWER.search(each[:500])]
    demands = (found for each in sentences if SUBJECT.search(each) for found in _demands(each))
    return [(f"{found['unit'].lower().rstrip('s')}s", _bounds(found)) for found in demands]


def _demands(sentence: str) -> Iterator[re.Match[str]]:
    yield from HYPHENATED.finditer(sentence)
    yield from DEMAND.finditer(sentence)


def _bounds(found: re.Match[str]) -> Bounds:
    written, how = found["number"].lower().replace(",", ""), found.groupdict()
    number = 1 if written in ARTICLES else number_of(written)
    number = min(max(number, 1), MAX_WORDS if found["unit"].lower().startswith("word") else MAX_WORDS // 10)
    if how.get("low"):
        return Bounds(min(int(how["low"]), number), number)
    if how.get("least") or how.get("more"):
        return Bounds(number)
    if how.get("above"):
        return Bounds(number + 1)
    if how.get("most") or how.get("less"):
        return Bounds(0, number)
    return Bounds(0, max(number - 1, 1)) if how.get("below") else Bounds(number, number)


def _number(bounds: Bounds | None, usual: int) -> int:
    if bounds is None:
        return usual
    return max(bounds.least, min(usual, bounds.most or usual), 1)


def _split(text: str) -> list[str]:
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text)


def _count(paragraphs: Sequence[Sequence[str]]) -> int:
    return sum(len(sentence.split()) for paragraph in paragraphs for sentence in paragraph)


def _cut(paragraphs: list[list[str]], words: Bounds) -> list[list[str]]:
    """Leave out the last sentences, or else words, of a text that has too many words."""
    count = _count(paragraphs)
    while words.most is not None and count > words.most:
        last = paragraphs[-1].pop().split()
        count -= len(last)
        if count == 0 or count < words.least:
            paragraphs[-1].append(" ".join(last[: words.most - count]).rstrip(",.:") + ".")
            break
        if not paragraphs[-1]:
            paragraphs.pop()
    return paragraphs
