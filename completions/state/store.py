"""Where the counts of all namespaces are kept: in this process, or in Redis, as STATE_URL says."""

import functools
from typing import TYPE_CHECKING

from completions.conf import conf
from completions.state.ledger import Ledger
from completions.state.local import MemoryLedger

if TYPE_CHECKING:
    from completions.state.shared.store import RedisStore

MEMORY = "memory://"


def is_shared() -> bool:
    """Whether workers share their state."""
    return conf.STATE_URL != MEMORY


def shared_store() -> "RedisStore | None":
    """Return what workers share; None where each is by itself."""
    return _store(conf.STATE_URL) if is_shared() else None


def ledger(name: str) -> Ledger:
    """Return a ledger for a namespace."""
    store = shared_store()
    return MemoryLedger() if store is None else store.ledger(name)


@functools.lru_cache(maxsize=8)
def _store(url: str) -> "RedisStore":
    from completions.state.shared.store import RedisStore  # it is slow to load, and not all need it

    return RedisStore(url)
