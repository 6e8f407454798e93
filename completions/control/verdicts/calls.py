"""Which requests are attempts of one call, though clients send no key that says so."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

from completions.conversation import ParsedExchange
from completions.journal.quotes import REDACTED

WINDOW = 150.0
"""Seconds after a failure within which the same request is taken for a retry; SDKs wait for two minutes at most."""


ROUNDING = 0.005
"""Seconds by which the journal's times may be wrong."""

LATE_END = 0.1
"""Seconds that the server may take to notice the end of a connection that the client knows of already."""

RETRIED = {408, 409, 425, 429}
"""Statuses under 500 that may be another one the next time."""

USED_UP = "insufficient_quota"
"""The code of a 429 that lasts until somebody pays: OpenAI's own Codex does not retry it (openai/codex#6340)."""

COUNT, READ_TIMEOUT = "x-stainless-retry-count", "x-stainless-read-timeout"

STAINLESS = ("x-stainless-lang", "x-stainless-runtime-version", "x-stainless-package-version")
"""What the SDKs of OpenAI and Anthropic say of themselves in every attempt."""

TELLS_LIMIT = 2
"""From which major version on those for Python tell their time limit in each request, if they have one."""

OF_SOCKETS = "sec-websocket-key"
"""The header that each handshake of a WebSocket has, and so each request over it."""

SLOW_LINE = ("drip", "split_bytes")
"""Faults that send a body in pieces, whose times the journal does not have."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a client, and what became of it. Times are in seconds since the epoch.

    `asked` tells who asked what: attempts of one call have the same. `retry` is the client's own count, None where it
    tells none. `connection` is the connection's id, opened at `opened`; None of a WebSocket, which nothing else could
    use. `keys` are the parameters of the address that hold a key. `silence` is the longest time in which nothing was
    sent to a client that stayed, `last_silence` that before the end; `time_limit` is how long the client says that it
    waits: infinity where it has no limit, None where that is not known.
    """

    id: str
    begun: float
    ended: float
    status: int
    retry: int | None
    key: str | None
    asked: tuple[str, ...]
    fault: str | None
    code: str | None
    stream: bool
    client_left: bool
    headers: Mapping[str, str]
    said: ParsedExchange
    connection: str | None = None
    opened: float = 0.0
    keys: tuple[str, ...] = ()
    silence: float = 0.0
    last_silence: float = 0.0
    time_limit: float | None = None

    @property
    def has_failed(self) -> bool:
        """Whether a client could see that it went wrong."""
        return self.status == 0 or self.status >= 400 or self.fault is not None or self.client_left

    @property
    def is_answered(self) -> bool:
        """Whether the client has a whole answer, though a fault may have struck it."""
        if not 200 <= self.status < 400 or self.client_left:
            return False
        reply = self.said.reply
        return self.fault is None or (
            reply is not None and bool(reply.choices) and all(each.finish_reason for each in reply.choices)
        )

    @property
    def is_refused(self) -> bool:
        """Whether the answer was an error that stays the same however often one asks."""
        return 400 <= self.status < 500 and (self.status not in RETRIED or self.code == USED_UP)

    @property
    def has_timed_out(self) -> bool:
        """Whether the client left because nothing came: in a stall, or for as long as it says that it waits."""
        waited = self.time_limit is not None and self.last_silence >= self.time_limit
        return self.client_left and (self.fault == "stall" or waited)

    @property
    def leaves_connection_open(self) -> bool:
        """Whether the next request could come over the same connection."""
        is_whole = self.status > 0 and self.fault is None and not self.client_left
        return is_whole and self.headers.get("connection") != "close"

    @property
    def client(self) -> tuple[str, ...]:
        """What tells one program from another."""
        return self.asked[3:]

    @property
    def told_to_wait(self) -> float | None:
        """The seconds that the answer asked to be waited; None where it did not."""
        for name, read in (("retry-after-ms", _milliseconds), ("retry-after", float), ("retry-after", self._until)):
            try:
                return read(self.headers[name])
            except (KeyError, ValueError):
                continue
        return None

    def _until(self, date: str) -> float:
        """Return the seconds from the answer's end to a date in the form of HTTP; raise ValueError for another form."""
        return max(parsedate_to_datetime(date).timestamp() - self.ended, 0.0)


def _milliseconds(text: str) -> float:
    return float(text) / 1000


def attempt(shown: Mapping[str, Any], body: bytes, said: ParsedExchange) -> Attempt:
    """Return what is needed of an exchange, as the journal shows it in full."""
    headers = shown["request"]["headers"]
    begun = datetime.fromisoformat(shown["time"]).timestamp()
    client = [value for name, value in sorted(headers.items()) if name == "user-agent" or name in STAINLESS]
    address = f"{shown['method']} {shown['path']}?{shown['query']}"
    return Attempt(
        id=shown["id"],
        begun=begun,
        ended=begun + shown["duration_ms"] / 1000,
        status=shown["status"],
        retry=shown["retry"] if COUNT in headers else None,
        key=shown["idempotency_key"],
        asked=(address, shown["model"] or "", hashlib.sha256(body).hexdigest(), *client),
        fault=shown["fault"],
        code=(shown["error"] or {}).get("code"),
        stream=shown["stream"],
        client_left=shown["client_left"],
        headers={name.lower(): value for name, value in shown["response"]["headers"].items()},
        said=said,
        connection=None if OF_SOCKETS in headers else shown["connection"],
        opened=begun - (shown["connection_ms"] or 0) / 1000,
        keys=_keys(shown["query"]),
        silence=_silence(shown),
        last_silence=_last_silence(shown),
        time_limit=_time_limit(headers),
    )


def _keys(query: str) -> tuple[str, ...]:
    """Return the names of the parameters whose values the journal hides; a signature is no key."""
    hidden = (name for name, _, value in (each.partition("=") for each in query.split("&")) if value == REDACTED)
    return tuple(name for name in hidden if not name.startswith("sig") and not name.endswith("signature"))


def _silence(shown: Mapping[str, Any]) -> float:
    """Return the longest time, in seconds, in which the client got nothing and stayed nevertheless."""
    if shown["client_left"] or (shown["fault"] == "stall" and "ms" not in (shown["fault_parameters"] or {})):
        return 0.0  # a stall without an end is over once the client leaves
    if not shown["stream"]:
        is_slow = any(name in (shown["fault"] or "") for name in SLOW_LINE)
        return 0.0 if is_slow else float(shown["duration_ms"]) / 1000
    times = [0.0, *(chunk["at_ms"] for chunk in shown["response"]["chunks"]), shown["duration_ms"]]
    longest: float = max(later - earlier for earlier, later in pairwise(times))
    return longest / 1000


def _last_silence(shown: Mapping[str, Any]) -> float:
    """Return the seconds between the last that was sent of a stream and its end."""
    times = [chunk["at_ms"] for chunk in shown["response"]["chunks"]] if shown["stream"] else []
    return float(shown["duration_ms"] - max(times, default=0.0)) / 1000


def _time_limit(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an SDK says it waits for the next bytes."""
    try:
        if READ_TIMEOUT in headers:
            return float(headers[READ_TIMEOUT])
        major = int(headers["x-stainless-package-version"].partition(".")[0])
    except (KeyError, ValueError):
        return None
    return math.inf if headers.get("x-stainless-lang") == "python" and major >= TELLS_LIMIT else None


@dataclass(slots=True)
class Call:
    """The attempts of one call, in order."""

    attempts: list[Attempt] = field(default_factory=list)

    @property
    def retries(self) -> list[tuple[Attempt, Attempt]]:
        """Each retry, with the attempt before it."""
        return list(zip(self.attempts, self.attempts[1:], strict=False))

    @property
    def is_answered(self) -> bool:
        """Whether the last attempt brought an answer."""
        return self.attempts[-1].is_answered

    @property
    def is_given_up(self) -> bool:
        """Whether it ended without an answer, though the next attempt might have brought one."""
        return not self.is_answered and not self.attempts[-1].is_refused

    def continues_with(self, later: Attempt) -> bool:
        """Say whether an attempt that asks the same, with the same key if any, is a retry of this call."""
        last = self.attempts[-1]
        if last.key:
            return True
        if not last.has_failed or (last.retry is None) != (later.retry is None):
            return False
        if last.retry is not None and later.retry != last.retry + 1:
            return False
        late = LATE_END if last.status == 0 or last.fault or last.client_left else ROUNDING
        return -late <= later.begun - last.ended <= WINDOW


def calls_of(attempts: Iterable[Attempt]) -> list[Call]:
    """Group attempts into calls: by the key where they have one, else by who asked what, by counts, and by time.

    They are given as they ended: that tells the order of those that began within one millisecond.
    """
    found: list[Call] = []
    by_question: defaultdict[object, list[Call]] = defaultdict(list)
    for each in sorted(attempts, key=lambda attempt: attempt.begun):
        same = by_question[each.asked, each.key]
        call = next((call for call in reversed(same) if call.continues_with(each)), None)
        if call is None:
            call = Call()
            found.append(call)
            same.append(call)
        call.attempts.append(each)
    return found


SDKS_WAIT = 600.0
"""Seconds that the SDKs of OpenAI and Anthropic wait for the next bytes, if they are left alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: the calls of a client, and how many seconds it may wait in silence at most."""

    calls: Sequence[Call]
    patience: float = SDKS_WAIT

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, as they began."""
        return sorted((each for call in self.calls for each in call.attempts), key=lambda attempt: attempt.begun)

    @property
    def retries(self) -> list[tuple[Attempt, Attempt]]:
        """Each retry, with the attempt before it."""
        return [pair for call in self.calls for pair in call.retries]

    def by_client(self) -> list[list[Attempt]]:
        """Return the attempts of each client, as they began."""
        found: dict[tuple[str, ...], list[Attempt]] = {}
        for each in self.attempts:
            found.setdefault(each.client, []).append(each)
        return list(found.values())
