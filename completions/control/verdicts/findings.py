"""What is wrong with how a client takes errors and streams: a closed list of rules, each with what it rests on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from completions.control.verdicts.calls import Attempt, Call

EARLY = 0.05
"""Seconds that a retry may be too early: the journal's times are those of the server, in milliseconds."""

MAX_ATTEMPTS = 6
"""Attempts of one call; the SDKs make 3 if they are left alone."""

MIN_WAIT = 0.1
"""Seconds that a retry waits at least where nothing was said; the SDKs wait between 0.375 and 0.5 the first time."""

WAITS_FOR_JITTER = 5
"""Waits that must be there to say that they are all the same; of so many random ones some differ."""

RETRIED = {408, 409, 425, 429}
"""Statuses under 500 that may be another one the next time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: by which rule, in a sentence, and the requests that show it."""

    rule: str
    message: str
    evidence: tuple[str, ...]


def retry_after_ignored(calls: Sequence[Call]) -> Iterator[Finding]:
    """A retry must not come before the time that Retry-After names (RFC 9110, 10.2.3)."""
    for first, then in _retries(calls):
        wait, waited = first.told_to_wait, then.begun - first.ended
        if wait is not None and waited < wait * 0.95 - EARLY:
            yield _finding(f"It was told to wait {wait:g} s, and came again after {_s(waited)}.", first, then)


def retried_in_vain(calls: Sequence[Call]) -> Iterator[Finding]:
    """A request that is wrong stays wrong: only 408, 409, 425, 429, 5xx and broken connections are worth a retry."""
    for first, then in _retries(calls):
        if first.headers.get("x-should-retry") == "false":
            yield _finding("It retried though the answer said `x-should-retry: false`.", first, then)
        elif 400 <= first.status < 500 and first.status not in RETRIED:
            code = f" {first.code}" if first.code else ""
            yield _finding(f"It retried after a {first.status}{code}, which no retry mends.", first, then)


def storm(calls: Sequence[Call]) -> Iterator[Finding]:
    """Retries must end: failed requests count towards the limits too (OpenAI's help, "429 Too Many Requests")."""
    for call in calls:
        if len(call.attempts) > MAX_ATTEMPTS:
            took = call.attempts[-1].ended - call.attempts[0].begun
            yield _finding(f"It made {len(call.attempts)} attempts of one call within {_s(took)}.", *call.attempts)


def no_backoff(calls: Sequence[Call]) -> Iterator[Finding]:
    """Each retry must wait longer than the one before (OpenAI's help, "429 Too Many Requests")."""
    for call in calls:
        waits = [(first, then) for first, then in call.retries if first.told_to_wait is None]
        seconds = [then.begun - first.ended for first, then in waits]
        if any(wait < MIN_WAIT for wait in seconds):
            yield _finding(f"It waited only {_s(min(seconds))} before a retry.", *call.attempts)
        elif len(seconds) >= 3 and seconds[-1] < 1.2 * seconds[0]:
            told = ", ".join(map(_s, seconds))
            yield _finding(f"Its waits did not grow: {told}.", *call.attempts)


def no_jitter(calls: Sequence[Call]) -> Iterator[Finding]:
    """Waits must differ at random, or clients that fail together come again together."""
    by_number: dict[int, list[tuple[Attempt, Attempt]]] = {}
    for call in calls:
        for number, (first, then) in enumerate(call.retries, 1):
            if first.told_to_wait is None:
                by_number.setdefault(number, []).append((first, then))
    for number, pairs in by_number.items():
        waits = [then.begun - first.ended for first, then in pairs]
        if len(waits) >= WAITS_FOR_JITTER and max(waits) - min(waits) < 0.03 * max(waits) + 0.005:
            ids = [then for _, then in pairs]
            yield _finding(f"It waited {_s(min(waits))} to {_s(max(waits))} before retry {number}, each time.", *ids)


def cut_stream_taken_for_whole(calls: Sequence[Call]) -> Iterator[Finding]:
    """What came before a stream broke is no answer: it has no finish reason."""
    attempts = sorted((each for call in calls for each in call.attempts), key=lambda attempt: attempt.begun)
    for index, cut in enumerate(attempts):
        text = _cut_text(cut)
        later = next((each for each in attempts[index + 1 :] if text and _repeats(each, cut, text)), None)
        if later is not None:
            yield _finding(f"It sent a part of an answer back as the whole: {text[:60]!r}.", cut, later)


def stream_abandoned(calls: Sequence[Call]) -> Iterator[Finding]:
    """A stream that is left before its end is paid for as far as it went; one that nobody reads holds a connection."""
    for call in calls:
        for each in call.attempts:
            if each.stream and each.client_left:
                yield _finding("It left a stream before its end.", each)


RULES: tuple[Callable[[Sequence[Call]], Iterator[Finding]], ...] = (
    retry_after_ignored,
    retried_in_vain,
    storm,
    no_backoff,
    no_jitter,
    cut_stream_taken_for_whole,
    stream_abandoned,
)
"""The closed list, in the order in which findings are told."""


def findings(calls: Sequence[Call]) -> list[Finding]:
    """Return all that is wrong, rule by rule."""
    return [Finding(rule.__name__, each.message, each.evidence) for rule in RULES for each in rule(calls)]


def _retries(calls: Sequence[Call]) -> Iterator[tuple[Attempt, Attempt]]:
    return (pair for call in calls for pair in call.retries)


def _finding(message: str, *attempts: Attempt) -> Finding:
    return Finding("", message, tuple(each.id for each in attempts))


def _cut_text(attempt: Attempt) -> str:
    """Return what a stream said before it was cut; empty where it was not."""
    reply = attempt.said.reply
    if not attempt.stream or attempt.fault is None or reply is None or not reply.choices:
        return ""
    return "" if reply.choices[0].finish_reason else reply.choices[0].text or ""


def _repeats(later: Attempt, cut: Attempt, text: str) -> bool:
    """Say whether a later request of the same client has a cut answer as the assistant's own words."""
    prompt = later.said.prompt
    if prompt is None or later.asked[3:] != cut.asked[3:]:
        return False
    return any(message.role == "assistant" and message.text == text for message in prompt.messages)


def _s(seconds: float) -> str:
    return f"{max(seconds, 0):.3g} s"
