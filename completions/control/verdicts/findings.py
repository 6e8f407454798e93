"""What is wrong with how a client takes errors and streams: a closed list of rules, each with what it rests on."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from completions.control.verdicts.calls import ROUNDING, Attempt, Case

EARLY = 0.05
"""Seconds that a retry may be too early: the journal's times are those of the server, in milliseconds."""

MAX_ATTEMPTS = 6
"""Attempts of one call; the SDKs make 3 if they are left alone."""

MIN_WAIT = 0.1
"""Seconds that a retry waits at least where nothing was said; the SDKs wait between 0.375 and 0.5 the first time."""

WAITS_FOR_JITTER = 5
"""Waits that must be there to say that they are all the same; of so many random ones some differ."""

NEEDLESS = 3
"""Connections opened without need from which on it is no accident."""

KEPT_ALIVE = 4.0
"""Seconds for which a free connection is sure to be open: uvicorn closes it after 5."""

SEEN_AFTER = 0.05
"""Seconds after which a busy client knows that an answer has ended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: by which rule, in a sentence, and the requests that show it."""

    rule: str
    message: str
    evidence: tuple[str, ...]


def retry_after_ignored(case: Case) -> Iterator[Finding]:
    """A retry must not come before the time that Retry-After names (RFC 9110, 10.2.3)."""
    for first, then in case.retries:
        wait, waited = first.told_to_wait, then.begun - first.ended
        if wait is not None and waited < wait * 0.95 - EARLY:
            yield _finding(f"It was told to wait {wait:g} s, but retried after {_s(waited)}.", first, then)


def retried_in_vain(case: Case) -> Iterator[Finding]:
    """What is wrong or used up stays so: only 408, 409, 425, 429, 5xx and broken connections are worth a retry."""
    for first, then in case.retries:
        if first.headers.get("x-should-retry") == "false":
            yield _finding("It retried although the answer had `x-should-retry: false`.", first, then)
        elif first.is_refused:
            code = f" {first.code}" if first.code else ""
            yield _finding(f"It retried after a {first.status}{code}, which a retry cannot fix.", first, then)


def storm(case: Case) -> Iterator[Finding]:
    """Retries must end: failed requests count towards the limits too (OpenAI's help, "429 Too Many Requests")."""
    for call in case.calls:
        if len(call.attempts) > MAX_ATTEMPTS:
            took = call.attempts[-1].ended - call.attempts[0].begun
            yield _finding(f"It made {len(call.attempts)} attempts of one call within {_s(took)}.", *call.attempts)


def no_backoff(case: Case) -> Iterator[Finding]:
    """Each retry must wait longer than the one before (OpenAI's help, "429 Too Many Requests")."""
    for call in case.calls:
        waits = [(first, then) for first, then in call.retries if first.told_to_wait is None]
        seconds = [then.begun - first.ended for first, then in waits]
        if any(wait < MIN_WAIT for wait in seconds):
            yield _finding(f"It waited only {_s(min(seconds))} before a retry.", *call.attempts)
        elif len(seconds) >= 3 and seconds[-1] < 1.2 * seconds[0]:
            told = ", ".join(map(_s, seconds))
            yield _finding(f"Its waits did not grow: {told}.", *call.attempts)


def no_jitter(case: Case) -> Iterator[Finding]:
    """Waits must differ at random, or clients that fail together come again together."""
    by_number: dict[int, list[tuple[Attempt, Attempt]]] = {}
    for call in case.calls:
        for number, (first, then) in enumerate(call.retries, 1):
            if first.told_to_wait is None:
                by_number.setdefault(number, []).append((first, then))
    for number, pairs in by_number.items():
        waits = [then.begun - first.ended for first, then in pairs]
        if len(waits) >= WAITS_FOR_JITTER and max(waits) - min(waits) < 0.03 * max(waits) + 0.005:
            ids = [then for _, then in pairs]
            yield _finding(f"It waited {_s(min(waits))} to {_s(max(waits))} before retry {number}, each time.", *ids)


def cut_stream_taken_for_whole(case: Case) -> Iterator[Finding]:
    """What came before a stream broke is no answer: it has no finish reason."""
    attempts = case.attempts
    for index, cut in enumerate(attempts):
        if not (text := _cut_text(cut)):
            continue
        later = next((each for each in attempts[index + 1 :] if _repeats(each, cut, text)), None)
        if later is not None:
            yield _finding(f"It sent back a part of an answer as if it were the whole: {text[:60]!r}.", cut, later)


def stream_abandoned(case: Case) -> Iterator[Finding]:
    """A stream that is left before its end is paid for as far as it went; one that nobody reads holds a connection."""
    for call in case.calls:
        for each in call.attempts:
            if each.stream and each.client_left and not each.has_timed_out:
                yield _finding("It left a stream before its end.", each)


def no_timeout(case: Case) -> Iterator[Finding]:
    """A request needs a time limit: a connection can stay silent for ever. The SDKs' is 10 minutes (their README)."""
    for attempts in case.by_client():
        told = [each for each in attempts if each.time_limit is not None and each.time_limit > case.patience]
        waited = [each for each in attempts if each.silence >= case.patience]
        if told and (limit := max(each.time_limit or 0 for each in told)) == math.inf:
            yield _finding("It has no timeout, according to its SDK.", *told)
        elif told:
            yield _finding(f"Its time limit is {_s(limit)}, according to its SDK.", *told)
        elif waited:
            longest = max(each.silence for each in waited)
            yield _finding(f"It was still waiting after {_s(longest)} without receiving anything.", *waited)


def connections_not_reused(case: Case) -> Iterator[Finding]:
    """A connection is there for the next request too (RFC 9112, 9.3); each new one costs round trips, and TLS more."""
    for attempts in case.by_client():
        needless = list(_needless(attempts))
        if len(needless) >= NEEDLESS:
            told = f"It opened a new connection {len(needless)} times although the previous one was free."
            yield _finding(told, *needless)


def keys_in_queries(case: Case) -> Iterator[Finding]:
    """Addresses are kept in logs: a key belongs in a header (RFC 6750, 5.3; Google's guides: `x-goog-api-key`)."""
    for attempts in case.by_client():
        shown = [each for each in attempts if each.keys]
        if shown:
            names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for each in shown for name in each.keys))
            yield _finding(f"It sent a key in the address, as {names}.", *shown)


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    retry_after_ignored,
    retried_in_vain,
    storm,
    no_backoff,
    no_jitter,
    cut_stream_taken_for_whole,
    stream_abandoned,
    no_timeout,
    connections_not_reused,
    keys_in_queries,
)
"""The closed list, in the order in which findings are told."""


def findings(case: Case) -> list[Finding]:
    """Return all that is wrong, rule by rule."""
    return [Finding(rule.__name__, each.message, each.evidence) for rule in RULES for each in rule(case)]


def score(case: Case, found: Sequence[Finding]) -> int | None:
    """Return the share of good calls in percent; None without calls.

    A call is good if nothing was found in it, and it was answered in the end, or refused for good.
    """
    if not case.calls:
        return None
    shown = {id for each in found for id in each.evidence}
    good = [call for call in case.calls if not call.is_given_up and not any(each.id in shown for each in call.attempts)]
    return 100 * len(good) // len(case.calls)


def _finding(message: str, *attempts: Attempt) -> Finding:
    return Finding("", message, tuple(each.id for each in attempts))


def _cut_text(attempt: Attempt) -> str:
    """Return what a stream said before it was cut, without the space at its end; empty where it was not cut."""
    reply = attempt.said.reply
    if not attempt.stream or attempt.fault is None or reply is None or not reply.choices:
        return ""
    return "" if reply.choices[0].finish_reason else (reply.choices[0].text or "").strip()


def _needless(attempts: Sequence[Attempt]) -> Iterator[Attempt]:
    """Yield the attempts of a client over a new connection while the one before was free, which was not used again.

    A client that asks several things at once may not have seen the end of an answer that the server has sent. An
    answer that ends a little after the next request has begun does not yet tell that it does: the end is noted late.
    """
    uses = Counter(each.connection for each in attempts)
    both = [first.ended - then.begun for first, then in pairwise(attempts) if then.begun < first.ended]
    at_once = len(both) > 1 or max(both, default=0) > ROUNDING
    unseen = SEEN_AFTER if at_once else -ROUNDING
    ended = 0.0
    for first, then in pairwise(attempts):
        ended = max(ended, first.ended)
        is_free = uses[first.connection] == 1 and first.connection and first.leaves_connection_open
        if is_free and then.connection is not None and unseen <= then.opened - ended < KEPT_ALIVE:
            yield then


def _repeats(later: Attempt, cut: Attempt, text: str) -> bool:
    """Say whether a later request of the same client has a cut answer as the assistant's own words."""
    prompt = later.said.prompt
    if prompt is None or later.client != cut.client:
        return False
    said = (message.text for message in prompt.messages if message.role == "assistant")
    return any(each.strip() == text for each in said)


def _s(seconds: float) -> str:
    return f"{max(seconds, 0):.3g} s"
