"""Documents that a namespace keeps: the same in memory and in Redis."""

import asyncio
import functools
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis import Redis

from completions.state import records
from completions.state.ledger import Ledger
from completions.state.shared import records as shared_records
from completions.state.shared.store import RedisStore


async def test_records__are_kept_in_their_order(ledger: Ledger) -> None:
    kept = ledger.records
    for name in ("b", "a", "c"):
        await kept.put("response", name, {"id": name, "text": "é"})
    await kept.put("response", "b", {"id": "b", "text": "new"})
    await kept.put("other", "b", {"id": "other"})
    assert [each["id"] for each in await kept.all("response")] == ["b", "a", "c"]
    assert await kept.get("response", "b") == {"id": "b", "text": "new"}
    assert await kept.get("response", "a") == {"id": "a", "text": "é"}
    assert [await kept.delete("response", "a"), await kept.delete("response", "a")] == [True, False]
    assert [await kept.get("response", "a"), await kept.get("none", "a")] == [None, None]
    assert [each["id"] for each in await kept.all("response")] == ["b", "c"]


@pytest.mark.parametrize("clear", [lambda ledger: ledger.records.clear(), lambda ledger: ledger.remove()])
async def test_records__go_with_their_namespace(ledger: Ledger, clear: Callable[[Ledger], Awaitable[object]]) -> None:
    await ledger.records.put("response", "a", {"id": "a"})
    await clear(ledger)
    assert await ledger.records.all("response") == []


async def test_records__are_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (records, shared_records):
        monkeypatch.setattr(module, "MAX_RECORDS", 2)
    for name in ("a", "b", "c"):
        await ledger.records.put("response", name, {"id": name})
    assert [each["id"] for each in await ledger.records.all("response")] == ["b", "c"]
    assert await ledger.records.get("response", "a") is None


async def test_records__that_redis_evicted_are_gone(redis_url: str) -> None:
    store, name = RedisStore(redis_url), f"test-{secrets.token_hex(6)}"
    await store.open()
    kept = store.ledger(name).records
    await kept.put("response", "a", {"id": "a"})
    with Redis.from_url(redis_url) as redis:
        assert redis.delete(*redis.keys(f"*{name}*:told:*")) == 1
    assert await kept.all("response") == []
    await kept.put("response", "b", {"id": "b"})
    assert await kept.all("response") == [{"id": "b"}]
    await store.close()


async def test_records__changed_by_many_at_once_lose_nothing(ledger: Ledger) -> None:
    def grown(number: int, before: Any) -> Any:
        return {"numbers": [*(before["numbers"] if before else []), number]}

    await asyncio.gather(
        *[ledger.records.change("list", "a", functools.partial(grown, number)) for number in range(20)]
    )
    kept = await ledger.records.get("list", "a")
    assert kept is not None
    assert sorted(kept["numbers"]) == list(range(20))
