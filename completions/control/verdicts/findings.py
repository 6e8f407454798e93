"""Mistakes of a client in handling errors and streams: a closed list of rules, each with its source."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from completions.control.verdicts.calls import ROUNDING, Attempt, Case

EARLY_TOLERANCE = 0.05
"""The seconds by which a retry may be early: the journal's times are the server's, in milliseconds."""

MAX_ATTEMPTS = 6
"""The most attempts of one call; the SDKs make 3 by default."""

MIN_WAIT = 0.1
"""The least seconds before a retry without retry-after; the SDKs wait between 0.375 and 0.5 the first time."""

WAITS_FOR_JITTER = 5
"""The fewest waits that prove a lack of jitter: of so many random ones some differ."""

MAX_NEEDLESS = 3
"""The number of needlessly opened connections that is reported; fewer may be accidents."""

KEEP_ALIVE_SECONDS = 4.0
"""Seconds for which an idle connection is certainly open: uvicorn closes it after 5."""

NOTICED_AFTER = 0.05
"""Seconds after which a busy client has noticed that an answer has ended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake: the rule, a sentence, and the ids of the requests that prove it."""

    rule: str
    message: str
    evidence: tuple[str, ...]


def retry_after_ignored(case: Case) -> Iterator[Finding]:
    """A retry must not come before the time that Retry-After names (RFC 9110, 10.2.3)."""
    for first, then in case.retries:
        wait, waited = first.retry_after, then.start - first.end
        if wait is not None and waited < wait * 0.95 - EARLY_TOLERANCE:
            yield _finding(f"It was told to wait {wait:g} s, but retried after {_s(waited)}.", first, then)


def retried_in_vain(case: Case) -> Iterator[Finding]:
    """What is wrong or used up stays so: only 408, 409, 425, 429, 5xx and broken connections are worth a retry."""
    for first, then in case.retries:
        if first.headers.get("x-should-retry") == "false":
            yield _finding("It retried although the answer had `x-should-retry: false`.", first, then)
        elif first.is_permanent_error:
            code = f" {first.code}" if first.code else ""
            yield _finding(f"It retried after a {first.status}{code}, which a retry cannot fix.", first, then)


def storm(case: Case) -> Iterator[Finding]:
    """Retries must end: failed requests count towards the limits too (OpenAI's help, "429 Too Many Requests")."""
    for call in case.calls:
        if len(call.attempts) > MAX_ATTEMPTS:
            took = call.attempts[-1].end - call.attempts[0].start
            yield _finding(f"It made {len(call.attempts)} attempts of one call within {_s(took)}.", *call.attempts)


def no_backoff(case: Case) -> Iterator[Finding]:
    """Each retry must wait longer than the one before (OpenAI's help, "429 Too Many Requests")."""
    for call in case.calls:
        waits = [(first, then) for first, then in call.retries if first.retry_after is None]
        seconds = [then.start - first.end for first, then in waits]
        if any(wait < MIN_WAIT for wait in seconds):
            yield _finding(f"It waited only {_s(min(seconds))} before a retry.", *call.attempts)
        elif len(seconds) >= 3 and seconds[-1] < 1.2 * seconds[0]:
            waits_text = ", ".join(map(_s, seconds))
            yield _finding(f"Its waits did not grow: {waits_text}.", *call.attempts)


def no_jitter(case: Case) -> Iterator[Finding]:
    """Waits must differ at random, or clients that fail together come again together."""
    by_number: dict[int, list[tuple[Attempt, Attempt]]] = {}
    for call in case.calls:
        for number, (first, then) in enumerate(call.retries, 1):
            if first.retry_after is None:
                by_number.setdefault(number, []).append((first, then))
    for number, pairs in by_number.items():
        waits = [then.start - first.end for first, then in pairs]
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
        affected = [each for each in attempts if each.time_limit is not None and each.time_limit > case.patience]
        waited = [each for each in attempts if each.silence >= case.patience]
        if affected and (limit := max(each.time_limit or 0 for each in affected)) == math.inf:
            yield _finding("It has no timeout, according to its SDK.", *affected)
        elif affected:
            yield _finding(f"Its time limit is {_s(limit)}, according to its SDK.", *affected)
        elif waited:
            longest = max(each.silence for each in waited)
            yield _finding(f"It was still waiting after {_s(longest)} without receiving anything.", *waited)


def connections_not_reused(case: Case) -> Iterator[Finding]:
    """A connection is there for the next request too (RFC 9112, 9.3); each new one costs round trips, and TLS more."""
    for attempts in case.by_client():
        needless = list(_needless_connections(attempts))
        if len(needless) >= MAX_NEEDLESS:
            message = f"It opened a new connection {len(needless)} times although the previous one was free."
            yield _finding(message, *needless)


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
"""The closed list, in the order in which findings are reported."""


def findings(case: Case) -> list[Finding]:
    """Return all findings, rule by rule."""
    return [Finding(rule.__name__, each.message, each.evidence) for rule in RULES for each in rule(case)]


def score(case: Case, found: Sequence[Finding]) -> int | None:
    """Return the share of good calls in percent; None without calls.

    A call is good if it has no findings, and was answered in the end, or permanently refused.
    """
    if not case.calls:
        return None
    shown = {id for each in found for id in each.evidence}
    good = [call for call in case.calls if not call.is_given_up and not any(each.id in shown for each in call.attempts)]
    return 100 * len(good) // len(case.calls)


def _finding(message: str, *attempts: Attempt) -> Finding:
    return Finding("", message, tuple(each.id for each in attempts))


def _cut_text(attempt: Attempt) -> str:
    """Return the text of a stream that was cut, without the space at its end; empty where it was not cut."""
    reply = attempt.parsed.reply
    if not attempt.stream or attempt.fault is None or reply is None or not reply.choices:
        return ""
    return "" if reply.choices[0].finish_reason else (reply.choices[0].text or "").strip()


def _needless_connections(attempts: Sequence[Attempt]) -> Iterator[Attempt]:
    """Yield the attempts of a client over a new connection while the previous one was idle, and stayed unused.

    A client with concurrent requests may not have noticed the end of an answer that the server has sent. An answer that
    ends a little after the start of the next request is no proof of concurrency: its end is noted late.
    """
    uses = Counter(each.connection for each in attempts)
    overlaps = [first.end - then.start for first, then in pairwise(attempts) if then.start < first.end]
    is_concurrent = len(overlaps) > 1 or max(overlaps, default=0) > ROUNDING
    min_delay = NOTICED_AFTER if is_concurrent else -ROUNDING
    end = 0.0
    for first, then in pairwise(attempts):
        end = max(end, first.end)
        is_free = uses[first.connection] == 1 and first.connection and first.leaves_connection_open
        if is_free and then.connection is not None and min_delay <= then.opened - end < KEEP_ALIVE_SECONDS:
            yield then


def _repeats(later: Attempt, cut: Attempt, text: str) -> bool:
    """Return whether a later request of the same client has a cut answer as an assistant's message."""
    prompt = later.parsed.prompt
    if prompt is None or later.client != cut.client:
        return False
    assistant_texts = (message.text for message in prompt.messages if message.role == "assistant")
    return any(each.strip() == text for each in assistant_texts)


def _s(seconds: float) -> str:
    return f"{max(seconds, 0):.3g} s"
