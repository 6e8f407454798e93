"""Which requests are attempts of one call, though clients send no key that says so."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from completions.conversation import Said

WINDOW = 150.0
"""Seconds after a failure within which the same request is taken for a retry; SDKs wait for two minutes at most."""


ROUNDING = 0.005
"""Seconds by which the journal's times may be wrong."""

LATE_END = 0.1
"""Seconds that the server may take to notice the end of a connection that the client knows of already."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a client, and what became of it. Times are in seconds since the epoch.

    `asked` tells who asked what: attempts of one call have the same. `retry` is the client's own count, None where it
    tells none.
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
    said: Said

    @property
    def has_failed(self) -> bool:
        """Whether a client could see that it went wrong."""
        return self.status == 0 or self.status >= 400 or self.fault is not None or self.client_left

    @property
    def told_to_wait(self) -> float | None:
        """The seconds that the answer asked to be waited; None where it did not."""
        for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
            try:
                return float(self.headers[name]) / unit
            except (KeyError, ValueError):
                continue
        return None


def attempt(shown: Mapping[str, Any], body: bytes, said: Said) -> Attempt:
    """Return what is needed of an exchange, as the journal shows it in full."""
    headers = shown["request"]["headers"]
    begun = datetime.fromisoformat(shown["time"]).timestamp()
    client = [value for name, value in sorted(headers.items()) if name == "user-agent" or name in STAINLESS]
    return Attempt(
        id=shown["id"],
        begun=begun,
        ended=begun + shown["duration_ms"] / 1000,
        status=shown["status"],
        retry=shown["retry"] if COUNT in headers else None,
        key=shown["idempotency_key"],
        asked=(shown["path"], shown["model"] or "", hashlib.sha256(body).hexdigest(), *client),
        fault=shown["fault"],
        code=(shown["error"] or {}).get("code"),
        stream=shown["stream"],
        client_left=shown["client_left"],
        headers={name.lower(): value for name, value in shown["response"]["headers"].items()},
        said=said,
    )


COUNT = "x-stainless-retry-count"

STAINLESS = ("x-stainless-lang", "x-stainless-runtime-version", "x-stainless-package-version")
"""What the SDKs of OpenAI and Anthropic say of themselves in every attempt."""


@dataclass(slots=True)
class Call:
    """The attempts of one call, in order."""

    attempts: list[Attempt] = field(default_factory=list)

    @property
    def retries(self) -> list[tuple[Attempt, Attempt]]:
        """Each retry, with the attempt before it."""
        return list(zip(self.attempts, self.attempts[1:], strict=False))

    def continues_with(self, later: Attempt) -> bool:
        """Say whether an attempt is a retry of this call."""
        last = self.attempts[-1]
        if last.key or later.key:
            return last.key == later.key and last.asked == later.asked
        if last.asked != later.asked or not last.has_failed or (last.retry is None) != (later.retry is None):
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
    for each in sorted(attempts, key=lambda attempt: attempt.begun):
        call = next((call for call in reversed(found) if call.continues_with(each)), None)
        if call is None:
            found.append(Call([each]))
        else:
            call.attempts.append(each)
    return found
