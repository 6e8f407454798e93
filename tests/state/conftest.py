"""Fixtures of the state's tests."""

import secrets
from collections.abc import AsyncIterator

import pytest

from completions.state.ledger import Ledger
from completions.state.local import MemoryLedger
from completions.state.shared.store import RedisStore


@pytest.fixture(params=["memory", "redis"])
async def ledger(request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    """A ledger of the test's own, in memory and then in Redis."""
    if request.param == "memory":
        yield MemoryLedger()
        return
    store = RedisStore(request.getfixturevalue("redis_url"))
    await store.open()
    yield store.ledger(f"test-{secrets.token_hex(6)}")
    await store.close()
