"""A number as the whole answer, for step 3: `Rate it from 1 to 5. Respond with only the number.`

It is in the upper half of the scale, which checks accept, or the result of a sum; else it is a small number. Other
forms of a verdict are within a text: `Rating: [[8]]`, `ANSWER: A`, `\\boxed{4}`.
"""

import re
from functools import lru_cache
from random import Random

from completions.conversation import Prompt
from completions.script.auto.sentences import keywords
from completions.script.protocols import sums
from completions.script.protocols.instructions import CACHE_SIZE, instructions, takes_any_text, unwrapped
from completions.script.protocols.observation import in_sentences
from completions.script.schemas.document import seeded
from completions.script.wording import ANSWERS, HIGH, LOW, MEANING, WRITE

AMOUNT = r"(?:number|integer|score|digits?|rating|numeric(?: \w+)?|float|decimal|percentage|grade|probability)"
END = r"(?=\s*(?:[.,;:!)\n\"'`*(]|\Z|(?:from|between|in|on|out of|with|without|and no|and nothing|representing)\b))"
NOT_ANSWER = r"(?:citation|reference|source|footnote|page|line|phone|order|version|serial)\b"
"""Words before a number that is not the answer: `Assign each source a single citation number`."""

WANTED = re.compile(
    r"(?i)\b(?:only|just|solely|nothing but|as)\b(?: (?:with|an?|the|as|one|single|your|final|output|return))* "
    rf"(?:{AMOUNT} )?{AMOUNT}{END}"
    rf"|\bsingle (?!{NOT_ANSWER})(?:\w+ )?{AMOUNT}{END}"
    rf"|\b(?:{ANSWERS}) with an? {AMOUNT}(?: value)? (?:between|from|in the range)\b"
    rf"|\b{AMOUNT}s?\b[^\n.]{{0,40}} (?:only\b(?! (?:when|where|if|as|for|in|on|with)\b)|and nothing else|alone\b)"
)
REQUEST_WORDS = re.compile(rf"(?i)\b(?:{ANSWERS}|give|provide|assign|say|print|write|form|only)\b")
SCALE = re.compile(
    r"(?i)(?:\b(?:scale|from|between|range|rat(?:e|ing)|score|number|integer|list)\b|\()[^\n\d.]{0,50}?"
    rf"{LOW}{MEANING}\s*(?:to|and|or|through|[-\u2013\u2014])\s*{HIGH}"
)
SUM = re.compile(r"(?<![\w.])(?P<sum>\d{1,6}(?: ?(?:[+*x\u00d7]|plus|times) ?| (?:-|minus) )\d{1,6})(?![\w.])")
DECIMAL = re.compile(r"(?i)\b(?:decimal|float)\b")

BOXED = "\\boxed{"
MARKED = re.compile(r"\[\[(\d+(?:\.\d+)?|[A-Za-z][\w ]{0,24})\]\]")
LABELLED = re.compile(r"([A-Za-z][\w ]{0,24}:\s*)\[\[")
RESULT = re.compile(r"\[RESULT\] \((?:[^()\n]*?\b(?P<letter>A)\b)?[^()\n]*\)")
"""The mark of Prometheus: `Feedback: (write a feedback) [RESULT] (an integer number between 1 and 5)`."""

HASHED = re.compile(r"(?m)#### ?(?:[$-]{0,2}\d[\d,.]{0,20}[ \t]*$|[<\[{(]\w)")
"""The mark of GSM8K: its examples end with `#### 18`, or the prompt wants `#### <answer>`."""

LINE = re.compile(
    r"['\"`\u201c*]{1,2}([A-Za-z][A-Za-z ]{1,24}: ?)[\[{<$]{1,2}([A-Za-z_][\w ]{0,24})[\]}>]{0,2}['\"`\u201d*]"
)
WORDS = re.compile(r"(?i)keyword|list|topic|tag|name|text|title|sentence|reason|explanation|summary")
"""Placeholders for words, rather than for a number or a letter."""

LONG_TEXT = re.compile(
    rf"(?i)\b(?:{WRITE}|create|produce)\b[^\n.]{{0,40}}\b(?:comprehensive|detailed|thorough|in-depth|well-structured)\b"
    r"[^\n.]{0,40}\b(?:report|answer|article|essay|analysis|overview)\b"
)
"""Requests for a long text, which is not a number alone."""

REASON_ON_OTHER_LINE = re.compile(
    r"(?i)\b(?:separate|next|second|new|following) line\b[^\n.]{0,40}\b(?:reason|expla|justif|feedback)"
)
"""Requests for a reason below the number, as of LlamaIndex."""

FOLLOWED = re.compile(r"\[RESULT\]['\"`]? followed by the (?:\w+ )?number\b")
POINTS = re.compile(r"\bworth (\d{1,2}) points?\b")
"""The mark of LlamaIndex, and what each question is worth."""

LETTERS = re.compile(r"\b(?:LETTER|GRADE|answer|letter)\S? is (?:one (?:or more )?of )?['\"`]?([A-Z])(?=[A-Z,/ '\"`])")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return a number, or a text that ends with a mark; None if the prompt wants neither, or offers tools."""
    if not takes_any_text(prompt):
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    random = seeded(f"{seed}/score")
    for text in texts:
        if (ending := _ending(text, texts, random)) is not None:
            return f"{in_sentences(prompt, seeded(seed + '/text'), short=True)}\n\n{ending}"
    if any(map(_wants_number, texts)) and not any(map(LONG_TEXT.search, texts)):
        number = _number(texts, random)
        reasons = any(map(REASON_ON_OTHER_LINE.search, texts))
        return f"{number}\n{in_sentences(prompt, seeded(seed + '/text'), short=True)}" if reasons else number
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _wants_number(text: str) -> bool:
    return any(REQUEST_WORDS.search(text[max(found.start() - 40, 0) : found.end()]) for found in WANTED.finditer(text))


def _number(texts: list[str], random: Random) -> str:
    """Return a number in the upper half of the scale in a text."""
    sums_in_texts = (found for text in texts for found in (sums.QUESTION.search(text), SUM.search(text)) if found)
    if (found := next(sums_in_texts, None)) and (result := sums.result_of(found["sum"])) is not None:
        return result
    scale = next((found for text in texts if (found := SCALE.search(text))), None)
    low, high = (float(scale[1]), float(scale[2])) if scale else (1.0, 10.0)
    middle = (low + high) / 2
    if scale and ("." in scale[1] + scale[2] or high - low <= 1 or any(map(DECIMAL.search, texts))):
        return f"{random.uniform(middle, high):.2f}"
    return str(random.randint(-int(-middle // 1), max(int(high), -int(-middle // 1))))


def _ending(text: str, texts: list[str], random: Random) -> str | None:
    """Return the mark that a text requires at the end; None if it requires none."""
    if BOXED in text:
        return f"The final answer is $\\boxed{{{_number(texts, random)}}}$."
    if result := RESULT.search(text):
        return f"[RESULT] {result['letter'] or _number(texts, random)}"
    if FOLLOWED.search(text):
        return f"[RESULT] {points[1] if (points := POINTS.search(text)) else _number(texts, random)}"
    if marked := MARKED.search(text):
        label = LABELLED.search(text)
        rates = not re.fullmatch(r"[A-MO-WYZ]", marked[1])
        return f"{label[1] if label else ''}[[{_number(texts, random) if rates else marked[1]}]]"
    if HASHED.search(text):
        return f"#### {_number(texts, random)}"
    if line := _line(text):
        letter = LETTERS.search(text)
        if letter is None and WORDS.search(line[2]):
            return f"{line[1].rstrip()} {', '.join(keywords(text, 12)[-4:])}"
        return line[1].rstrip() + " " + (letter[1] if letter else _number(texts, random))
    return None


@lru_cache(maxsize=CACHE_SIZE)
def _line(text: str) -> re.Match[str] | None:
    return LINE.search(text)
