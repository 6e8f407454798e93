"""Tickets, which replace ADMIN_TOKEN in a browser, for twelve hours or until its user signs out.

A ticket is valid for all workers and after a restart, because it is signed with the token. Revoked tickets are stored
with the counters (STATE_URL): in memory until the server ends, or in Redis for all workers.
"""

import functools
import hmac
import secrets
import time

from completions.conf import conf
from completions.state.ledger import Ledger
from completions.state.store import ledger

LIFETIME = 12 * 60 * 60
"""Seconds for which a ticket is valid."""

REVOKED = "signed out"
"""The ledger of revoked tickets; no namespace can have a name with a space."""


def issue(token: str) -> str:
    """Return a new ticket: its expiry, a random name, and the signature of both."""
    facts = f"{int(time.time()) + LIFETIME}.{secrets.token_hex(16)}"
    return f"{facts}.{_signature(token, facts)}"


async def is_valid(ticket: str, token: str) -> bool:
    """Whether a ticket is signed with this token, has not expired, and was not revoked."""
    expiry, name = _expiry_and_name(ticket, token)
    return time.time() < expiry and await _ledger(conf.STATE_URL).records.get(REVOKED, name) is None


async def revoke(ticket: str, token: str) -> None:
    """Make a ticket invalid."""
    expiry, name = _expiry_and_name(ticket, token)
    if time.time() < expiry:
        await _ledger(conf.STATE_URL).records.put(REVOKED, name, {"ends": expiry})


def _expiry_and_name(ticket: str, token: str) -> tuple[int, str]:
    """Return a ticket's expiry and name; an invalid one expired long ago."""
    facts, _, signature = ticket.rpartition(".")
    expiry, _, name = facts.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(token, facts).encode()):
        return 0, ""
    return int(expiry), name


def _signature(token: str, facts: str) -> str:
    return hmac.new(token.encode(), f"a browser's ticket to the control API: {facts}".encode(), "sha256").hexdigest()


@functools.lru_cache(maxsize=8)
def _ledger(state_url: str) -> Ledger:
    return ledger(REVOKED)
