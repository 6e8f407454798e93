"""Grouping of requests into calls: the attempts of one call, even if clients send no idempotency key."""

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
"""Seconds after a failure within which the same request counts as a retry; SDKs wait for two minutes at most."""


ROUNDING = 0.005
"""The error of the journal's times in seconds."""

LATE_END = 0.1
"""Seconds that the server may take to notice the end of a connection, after the client has noticed it."""

RETRIABLE = {408, 409, 425, 429}
"""The statuses under 500 that a retry may change."""

QUOTA_CODE = "insufficient_quota"
"""The code of a 429 that lasts until the bill is paid: OpenAI's own Codex does not retry it (openai/codex#6340)."""

COUNT, READ_TIMEOUT = "x-stainless-retry-count", "x-stainless-read-timeout"

SDK_HEADERS = ("x-stainless-lang", "x-stainless-runtime-version", "x-stainless-package-version")
"""The headers in which the SDKs of OpenAI and Anthropic identify themselves in every attempt."""

REPORTS_TIME_LIMIT = 2
"""The major version from which the SDKs for Python send their time limit in each request, if they have one."""

SOCKET_HEADER = "sec-websocket-key"
"""The header of each WebSocket handshake, and so of each request over it."""

SLOW_LINE = ("drip", "split_bytes")
"""The faults that send a body in pieces, whose times the journal does not have."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a client, and its answer. Times are in seconds since the epoch.

    `identity` identifies the request and the client: it is the same for all attempts of one call. `retry` is the
    client's count of retries, None where it sends none. `connection` is the connection's id, opened at `opened`; None
    for a WebSocket, which no other request can use. `keys` are the parameters of the address that contain a key.
    `silence` is the longest time in which nothing was sent to a client that stayed, `last_silence` that before the end;
    `time_limit` is the client's time limit by its headers: infinity where it has none, None where that is unknown.
    """

    id: str
    start: float
    end: float
    status: int
    retry: int | None
    key: str | None
    identity: tuple[str, ...]
    fault: str | None
    code: str | None
    stream: bool
    client_left: bool
    headers: Mapping[str, str]
    parsed: ParsedExchange
    connection: str | None = None
    opened: float = 0.0
    keys: tuple[str, ...] = ()
    silence: float = 0.0
    last_silence: float = 0.0
    time_limit: float | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the client could notice a failure."""
        return self.status == 0 or self.status >= 400 or self.fault is not None or self.client_left

    @property
    def is_answered(self) -> bool:
        """Whether the client has a complete answer, even if a fault affected it."""
        if not 200 <= self.status < 400 or self.client_left:
            return False
        reply = self.parsed.reply
        return self.fault is None or (
            reply is not None and bool(reply.choices) and all(each.finish_reason for each in reply.choices)
        )

    @property
    def is_permanent_error(self) -> bool:
        """Whether the answer was an error that retries cannot change."""
        return 400 <= self.status < 500 and (self.status not in RETRIABLE or self.code == QUOTA_CODE)

    @property
    def has_timed_out(self) -> bool:
        """Whether the client left because nothing was sent: in a stall, or for as long as its time limit."""
        has_waited = self.time_limit is not None and self.last_silence >= self.time_limit
        return self.client_left and (self.fault == "stall" or has_waited)

    @property
    def leaves_connection_open(self) -> bool:
        """Whether the next request could use the same connection."""
        is_whole = self.status > 0 and self.fault is None and not self.client_left
        return is_whole and self.headers.get("connection") != "close"

    @property
    def client(self) -> tuple[str, ...]:
        """The part of the identity that identifies the program."""
        return self.identity[3:]

    @property
    def retry_after(self) -> float | None:
        """The seconds to wait by the answer's headers; None where it has none."""
        for name, read in (("retry-after-ms", _milliseconds), ("retry-after", float), ("retry-after", self._until)):
            try:
                return read(self.headers[name])
            except (KeyError, ValueError):
                continue
        return None

    def _until(self, date: str) -> float:
        """Return the seconds from the answer's end to a date in the form of HTTP; raise ValueError for another form."""
        return max(parsedate_to_datetime(date).timestamp() - self.end, 0.0)


def _milliseconds(text: str) -> float:
    return float(text) / 1000


def attempt(exchange: Mapping[str, Any], body: bytes, parsed: ParsedExchange) -> Attempt:
    """Return the attempt of an exchange, as the journal shows it in full."""
    headers = exchange["request"]["headers"]
    start = datetime.fromisoformat(exchange["time"]).timestamp()
    client = [value for name, value in sorted(headers.items()) if name == "user-agent" or name in SDK_HEADERS]
    address = f"{exchange['method']} {exchange['path']}?{exchange['query']}"
    return Attempt(
        id=exchange["id"],
        start=start,
        end=start + exchange["duration_ms"] / 1000,
        status=exchange["status"],
        retry=exchange["retry"] if COUNT in headers else None,
        key=exchange["idempotency_key"],
        identity=(address, exchange["model"] or "", hashlib.sha256(body).hexdigest(), *client),
        fault=exchange["fault"],
        code=(exchange["error"] or {}).get("code"),
        stream=exchange["stream"],
        client_left=exchange["client_left"],
        headers={name.lower(): value for name, value in exchange["response"]["headers"].items()},
        parsed=parsed,
        connection=None if SOCKET_HEADER in headers else exchange["connection"],
        opened=start - (exchange["connection_ms"] or 0) / 1000,
        keys=_keys(exchange["query"]),
        silence=_silence(exchange),
        last_silence=_last_silence(exchange),
        time_limit=_time_limit(headers),
    )


def _keys(query: str) -> tuple[str, ...]:
    """Return the names of the parameters whose values the journal hides, except for signatures, which are no keys."""
    hidden = (name for name, _, value in (each.partition("=") for each in query.split("&")) if value == REDACTED)
    return tuple(name for name in hidden if not name.startswith("sig") and not name.endswith("signature"))


def _silence(exchange: Mapping[str, Any]) -> float:
    """Return the longest time, in seconds, in which nothing was sent to a client that stayed."""
    if exchange["client_left"] or (exchange["fault"] == "stall" and "ms" not in (exchange["fault_parameters"] or {})):
        return 0.0  # an endless stall ends when the client leaves
    if not exchange["stream"]:
        is_slow = any(name in (exchange["fault"] or "") for name in SLOW_LINE)
        return 0.0 if is_slow else float(exchange["duration_ms"]) / 1000
    times = [0.0, *(chunk["at_ms"] for chunk in exchange["response"]["chunks"]), exchange["duration_ms"]]
    longest: float = max(later - earlier for earlier, later in pairwise(times))
    return longest / 1000


def _last_silence(exchange: Mapping[str, Any]) -> float:
    """Return the seconds between the last write of a stream and its end."""
    times = [chunk["at_ms"] for chunk in exchange["response"]["chunks"]] if exchange["stream"] else []
    return float(exchange["duration_ms"] - max(times, default=0.0)) / 1000


def _time_limit(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an SDK waits for the next bytes, by its headers."""
    try:
        if READ_TIMEOUT in headers:
            return float(headers[READ_TIMEOUT])
        major = int(headers["x-stainless-package-version"].partition(".")[0])
    except (KeyError, ValueError):
        return None
    return math.inf if headers.get("x-stainless-lang") == "python" and major >= REPORTS_TIME_LIMIT else None


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
        """Whether it ended without an answer, although another attempt might have got one."""
        return not self.is_answered and not self.attempts[-1].is_permanent_error

    def continues_with(self, later: Attempt) -> bool:
        """Return whether an attempt with the same identity, and the same key if any, is a retry of this call."""
        last = self.attempts[-1]
        if last.key:
            return True
        if not last.has_failed or (last.retry is None) != (later.retry is None):
            return False
        if last.retry is not None and later.retry != last.retry + 1:
            return False
        tolerance = LATE_END if last.status == 0 or last.fault or last.client_left else ROUNDING
        return -tolerance <= later.start - last.end <= WINDOW


def calls_of(attempts: Iterable[Attempt]) -> list[Call]:
    """Group attempts into calls: by the key where they have one, else by identity, by counts, and by time.

    They are given in the order of their ends, which is also the order of those that began within one millisecond.
    """
    calls: list[Call] = []
    by_request: defaultdict[object, list[Call]] = defaultdict(list)
    for each in sorted(attempts, key=lambda attempt: attempt.start):
        same_request = by_request[each.identity, each.key]
        call = next((call for call in reversed(same_request) if call.continues_with(each)), None)
        if call is None:
            call = Call()
            calls.append(call)
            same_request.append(call)
        call.attempts.append(each)
    return calls


SDK_TIMEOUT = 600.0
"""Seconds that the SDKs of OpenAI and Anthropic wait for the next bytes by default."""


@dataclass(frozen=True, slots=True)
class Case:
    """The subject of a verdict: the calls of a client, and the longest silence in seconds for which it may wait."""

    calls: Sequence[Call]
    patience: float = SDK_TIMEOUT

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, in the order of their starts."""
        return sorted((each for call in self.calls for each in call.attempts), key=lambda attempt: attempt.start)

    @property
    def retries(self) -> list[tuple[Attempt, Attempt]]:
        """Each retry, with the attempt before it."""
        return [pair for call in self.calls for pair in call.retries]

    def by_client(self) -> list[list[Attempt]]:
        """Return the attempts of each client, in the order of their starts."""
        calls: dict[tuple[str, ...], list[Attempt]] = {}
        for each in self.attempts:
            calls.setdefault(each.client, []).append(each)
        return list(calls.values())
