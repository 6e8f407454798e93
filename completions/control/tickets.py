"""Tickets: what a browser has in place of ADMIN_TOKEN, for twelve hours, until its reader signs out.

A ticket is good for all workers and after a restart, for it is signed by the token itself. What was signed out is kept
where counters are (STATE_URL): in memory until the server ends, or in Redis for all workers.
"""

import functools
import hmac
import secrets
import time

from completions.conf import conf
from completions.state.ledger import Ledger
from completions.state.store import ledger

LASTS = 12 * 60 * 60
"""Seconds for which a ticket is good."""

SIGNED_OUT = "signed out"
"""Where the tickets are kept that were given back; no namespace can have a name with a space."""


def issue(token: str) -> str:
    """Return a new ticket: when it ends, what tells it from others, and the signature of both."""
    facts = f"{int(time.time()) + LASTS}.{secrets.token_hex(16)}"
    return f"{facts}.{_signature(token, facts)}"


async def is_good(ticket: str, token: str) -> bool:
    """Whether a ticket is of this token, has not ended, and was not given back."""
    ends, name = _facts(ticket, token)
    return time.time() < ends and await _ledger(conf.STATE_URL).records.get(SIGNED_OUT, name) is None


async def give_back(ticket: str, token: str) -> None:
    """Make a ticket good for nothing."""
    ends, name = _facts(ticket, token)
    if time.time() < ends:
        await _ledger(conf.STATE_URL).records.put(SIGNED_OUT, name, {"ends": ends})


def _facts(ticket: str, token: str) -> tuple[int, str]:
    """Return when a ticket ends and its name; that of another token, or of none, has ended long ago."""
    facts, _, signature = ticket.rpartition(".")
    ends, _, name = facts.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(token, facts).encode()):
        return 0, ""
    return int(ends), name


def _signature(token: str, facts: str) -> str:
    return hmac.new(token.encode(), f"a browser's ticket to the control API: {facts}".encode(), "sha256").hexdigest()


@functools.lru_cache(maxsize=8)
def _ledger(state_url: str) -> Ledger:
    return ledger(SIGNED_OUT)
