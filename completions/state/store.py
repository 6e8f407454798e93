"""The store of all namespaces' counts, as STATE_URL says: this process's memory, or Redis."""

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
    """Return the store that workers share; None if they share none."""
    return _store(conf.STATE_URL) if is_shared() else None


def ledger(name: str) -> Ledger:
    """Return a ledger for a namespace."""
    store = shared_store()
    return MemoryLedger() if store is None else store.ledger(name)


@functools.lru_cache(maxsize=8)
def _store(url: str) -> "RedisStore":
    from completions.state.shared.store import RedisStore  # slow to import, and not always needed

    return RedisStore(url)
