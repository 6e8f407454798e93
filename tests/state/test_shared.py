"""The ledger in Redis: it takes what the one in memory takes, for any number of workers."""

import asyncio
import contextlib
import json
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings
from redis.asyncio import Redis

from completions.delivery.gates import Gates
from completions.exceptions import RequestError, StateUnavailable
from completions.script.limits import Limits, Quota
from completions.script.pushed import Pushed
from completions.state import namespaces
from completions.state.ledger import MAX_SEEN, Candidate, Claim, ClaimResult, Ledger, ScriptChanged
from completions.state.limits import Charge
from completions.state.local import MemoryLedger
from completions.state.namespaces import Namespace, namespace
from completions.state.shared.scripts import MAX_IDLE_SECONDS
from completions.state.shared.store import RedisStore
from completions.state.store import shared_store
from tests.patience import PATIENCE
from tests.redis_server import RedisServer
from tests.scripts import rules

COUNTED = Claim((Candidate("counted", None, True, False),))
PLAIN = Claim((Candidate("plain", None, False, False),))


@asynccontextmanager
async def workers(url: str, count: int = 2, patience: float = PATIENCE) -> AsyncIterator[list[RedisStore]]:
    """Open as many stores as there would be workers, and close them; Redis may take `patience` seconds to answer."""
    async with AsyncExitStack() as stack:
        stores = [RedisStore(url, patience) for _ in range(count)]
        for store in stores:
            await store.open()
            stack.push_async_callback(store.close)
        yield stores


def name() -> str:
    """Return a name for a namespace that no other test has."""
    return f"test-{secrets.token_hex(6)}"


def charge(limits: Limits | None = None, quota: Quota | None = None, tokens: int = 0, key: str = "sk-a") -> Charge:
    return Charge(key, "gpt-4o", tokens, limits, quota)


async def tried(ledger: Ledger, claim: Claim) -> object:
    """Return what a claim gets, with what is told of the limits but for the times; or how it is refused."""
    try:
        taken = await ledger.take(claim)
    except ScriptChanged:
        return "moved"
    except RequestError as exc:
        return exc.status, exc.code, exc.type, exc.message.partition("Please")[0], counted(exc.headers)
    grant = claim.charge.grant if claim.charge else None
    return taken, counted(grant.headers()) if grant else None


def counted(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if "reset" not in name and "retry" not in name}


def some_claim(dice: random.Random) -> Claim:
    wants = []
    for rule in dice.sample("abcd", dice.randrange(3)):
        times = dice.choice([None, 1, 3])
        wants.append(Candidate(rule, times, times is not None or dice.random() < 0.5, dice.random() < 0.5))
        if times is None:
            break
    held = dice.choice([None, Limits(rpd=9, concurrent=4), Limits(rpd=20, tpm=1)])  # none refills within a minute
    quota = Quota(requests=30, tokens=40)
    paid = dice.choice([None, charge(held, quota, dice.choice([0, 1]), dice.choice(["sk-a", "sk-b"]))])
    return Claim(
        tuple(wants),
        dice.random() < 0.5,
        paid,
        dice.choice([None, "x", "y"]),
        version=dice.choice([0, 0, 0, 0, 0, 7]),
    )


@pytest.mark.parametrize("seed", range(12))
async def test_take__gets_what_memory_gives(redis_url: str, seed: int) -> None:
    dice, twin = random.Random(seed), random.Random(seed)
    async with workers(redis_url) as stores:
        space = name()
        shared, memory = [store.ledger(space) for store in stores], MemoryLedger()
        for step in range(80):
            ours, theirs = some_claim(dice), some_claim(twin)
            worker = step % 2
            assert await tried(shared[worker], theirs) == await tried(memory, ours)
            settled = dice.choice([0, 1, 3]), twin.choice([0, 1, 3])
            ends = dice.random() < 0.6, twin.random() < 0.6
            for claim, tokens, over in ((ours, settled[0], ends[0]), (theirs, settled[1], ends[1])):
                if claim.charge is not None and claim.charge.grant is not None:
                    claim.charge.grant.settle(tokens)
                    if over:
                        claim.charge.grant.end()
            await stores[worker].names()  # the notes have arrived: answers come in order
            if (given := await memory.uses("")) and step % 5 == 0:
                for ledger in (shared[1 - worker], memory):
                    await ledger.give_back(min(given), "")
                    await ledger.give_back("never counted", "")
        assert await shared[0].uses("") == await memory.uses("")


async def test_take__of_a_rule_that_retires_among_many_at_once(redis_url: str) -> None:
    claim = Claim((Candidate("five", 5, True, False), Candidate("else", None, False, False)))
    async with workers(redis_url, 4) as stores:
        space = name()
        ledgers = [store.ledger(space) for store in stores]
        taken = await asyncio.gather(*[ledgers[number % 4].take(claim) for number in range(20)])
    assert sorted(each.uses for each in taken if each.rule == 0) == [0, 1, 2, 3, 4]


async def test_take__forgets_the_requests_that_came_longest_ago(redis_url: str) -> None:
    async with workers(redis_url, 1) as (store,):
        ledger = store.ledger(name())
        for number in range(2):
            await ledger.take(Claim(repetition_key=str(number)))
        await asyncio.gather(*[ledger.take(Claim(repetition_key=str(number))) for number in range(2, MAX_SEEN + 1)])
        assert (await ledger.take(Claim(repetition_key="1"))).seen == 1
        assert (await ledger.take(Claim(repetition_key="0"))).seen == 0


async def test_gates__all_are_released_and_closed_again(redis_url: str) -> None:
    async with workers(redis_url) as stores:
        space = name()
        gates, others = (store.ledger(space).gates for store in stores)
        waiting = [asyncio.create_task(gates.wait(gate, 3600)) for gate in "aab"]
        while await others.counts() != {"a": 2, "b": 1}:  # noqa: ASYNC110  # a count, and no event
            await asyncio.sleep(0.001)
        await others.release("c")
        await others.release_all()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert [await gates.wait(gate, 0.001) for gate in "abc"] == [False] * 3


async def test_gates__that_are_released_ahead_are_limited(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("completions.state.shared.gates.MAX_RELEASED", 2)
    async with workers(redis_url, 1) as (store,):
        gates = store.ledger(name()).gates
        assert [await gates.release(gate) for gate in "aabc"] == [0, 0, 0, None]
        assert await gates.wait("a", 3600)
        assert [await gates.release(gate) for gate in "cda"] == [0, None, None]
        await gates.release_all()
        assert await gates.release("d") == 0


async def test_epoch__begins_anew(redis_url: str) -> None:
    async with workers(redis_url, 1) as (store,):
        ledger = store.ledger(name())
        assert [(await ledger.take(COUNTED)).uses for _ in range(2)] == [0, 1]
        assert (await ledger.take(COUNTED._replace(epoch="other"))).uses == 0


async def test_names__may_be_any_text(redis_url: str) -> None:
    rule = "a/b {c} \ud800 é 'd'\n"
    async with workers(redis_url, 1) as (store,):
        ledger = store.ledger(name())
        await ledger.take(Claim((Candidate(rule, None, True, False),)))
        assert await ledger.uses("") == {rule: 1}
        assert await ledger.gates.release(rule) == 0
        assert await ledger.gates.wait(rule, 3600)


async def test_keys__expire_and_tell_no_secret(redis_url: str) -> None:
    space, secret = name(), "sk-very-secret"
    async with workers(redis_url, 1) as (store,), Redis.from_url(redis_url) as redis:
        ledger = store.ledger(space)
        limits = Limits(rpm=5, tpm=5, concurrent=1, keys=(secret,))
        claim = Claim((Candidate("a", 1, True, True),), True, charge(limits, Quota(requests=9), 1, secret), "seen")
        await ledger.take(claim)
        assert await ledger.write(Pushed(version=1), 0, (), "")
        await ledger.gates.release("gate")
        keys = [key async for key in redis.scan_iter(f"*{space}*")]
        assert len(keys) == 9
        assert [key for key in keys if secret.encode() in key] == []
        assert [key for key in keys if not 0 < await redis.ttl(key) <= MAX_IDLE_SECONDS] == []


async def test_push__is_seen_by_other_workers_and_not_made_twice(redis_url: str) -> None:
    async with workers(redis_url) as (one, two):
        space = name()
        here, there = one.ledger(space), two.ledger(space)
        await there.take(COUNTED)
        pushed = Pushed(version=5, epoch="e", before=('{"name": "a"}',), chaos="null", made=1)
        assert await here.write(pushed, 0, ["counted"], "")
        assert not await there.write(Pushed(version=6), 0, (), "")
        with pytest.raises(ScriptChanged):
            await there.take(COUNTED)
        assert await there.read() == pushed
        assert await there.take(COUNTED._replace(version=5)) == ClaimResult(0), "its uses were forgotten"


async def test_remove__is_seen_by_other_workers(redis_url: str, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(rules("- {name: counted, replies: [a, b]}"))
    async with workers(redis_url) as (one, two):
        name_ = name()
        here, there = (Namespace(name_, str(file), store.ledger(name_)) for store in (one, two))
        await here.change(lambda pushed: Pushed(after=('{"name": "x", "reply": "y"}',)))
        assert await there.refresh()
        assert (await there.take(COUNTED)).uses == 0
        assert name_ in await two.names()
        waiting = asyncio.create_task(there.gates.wait("gate", 3600))
        await seen(here.gates, {"gate": 1})
        assert await here.remove()
        assert await waiting, "what waits at a gate is let go"
        assert name_ not in await two.names()
        assert not await here.remove()
        with pytest.raises(ScriptChanged):
            await there.take(COUNTED)
        assert (await there.refresh(), there.pushed, await there.uses()) == (True, Pushed(), {})
        await here.change(lambda pushed: Pushed(after=('{"name": "x", "reply": "z"}',)))
        with pytest.raises(ScriptChanged):
            await there.take(COUNTED)


async def test_quota__of_tokens_is_used_up_by_all(redis_url: str) -> None:
    async with workers(redis_url) as (one, two):
        space = name()
        paid = charge(quota=Quota(tokens=10))
        await one.ledger(space).take(Claim(charge=paid))
        assert paid.grant
        paid.grant.settle(10)
        await one.names()
        with pytest.raises(RequestError, match="exceeded your current quota"):
            await two.ledger(space).take(Claim(charge=charge(quota=Quota(tokens=10))))


async def drained(ledger: Ledger, limits: Limits) -> RequestError:
    """Take until a limit is reached, and return the refusal."""
    while True:
        try:
            await ledger.take(Claim(charge=charge(limits)))
        except RequestError as exc:
            return exc


async def test_limits__tell_when_there_is_room_and_keep_their_word(redis_url: str) -> None:
    async with workers(redis_url) as (one, two):
        space = name()
        limits = Limits(rpm=30)
        refused = await drained(one.ledger(space), limits)
        wait = int(refused.headers["retry-after-ms"]) / 1000
        assert 0 < wait <= 2
        await asyncio.sleep(wait)
        await two.ledger(space).take(Claim(charge=charge(limits)))


async def test_gates__across_workers(redis_url: str) -> None:
    async with workers(redis_url) as (one, two):
        space = name()
        here, there = one.ledger(space).gates, two.ledger(space).gates
        first, second = (asyncio.create_task(gates.wait("a", 3600)) for gates in (here, there))
        await seen(there, {"a": 2})
        assert await there.release("a") == 2
        assert await first and await second
        assert await here.release("a") == 0
        assert await there.wait("a", 3600), "a release that came first is not lost"
        assert not await there.wait("a", 0.01)
        leaving = asyncio.create_task(here.wait("a", 3600))
        await seen(there, {"a": 1})
        leaving.cancel()
        await seen(there, {})


async def test_gates__a_release_that_was_not_heard_is_found(redis_server: RedisServer) -> None:
    async with workers(redis_server.url) as (one, two), Redis.from_url(redis_server.url) as redis:
        here, there = one.ledger("a").gates, two.ledger("a").gates
        waiting = [asyncio.create_task(here.wait(gate, 3600)) for gate in ("released", "other")]
        await seen(there, {"released": 1, "other": 1})
        assert await redis.client_kill_filter(_type="pubsub") == 2, "each worker listens"
        assert await there.release("released") == 1
        assert await waiting[0]
        assert not waiting[1].done()
        await seen(there, {"other": 1})
        assert await there.release("other") == 1
        assert await waiting[1]


async def test_scripts__that_somebody_flushed_come_back(redis_url: str) -> None:
    async with workers(redis_url, 1) as (store,), Redis.from_url(redis_url) as redis:
        ledger = store.ledger(name())
        await ledger.take(COUNTED)
        await redis.script_flush()
        assert (await ledger.take(COUNTED)).uses == 1


def test_loops__come_one_after_the_other(redis_url: str) -> None:
    store, space = RedisStore(redis_url, PATIENCE), name()

    async def uses() -> int:
        return (await store.ledger(space).take(COUNTED)).uses

    assert [asyncio.run(uses()) for _ in range(3)] == [0, 1, 2]


async def seen(gates: Gates, counts: dict[str, int]) -> None:
    """Wait until so many wait at each gate; meanwhile the store may be away."""
    while True:
        with contextlib.suppress(StateUnavailable):
            if await gates.counts() == counts:
                return
        await asyncio.sleep(0.01)


async def recovered(ledger: Ledger) -> ClaimResult:
    """Return what is taken once the store is back."""
    while True:
        try:
            return await ledger.take(COUNTED)
        except StateUnavailable:
            await asyncio.sleep(0.05)


async def test_outage__only_what_needs_no_count_is_answered(redis_server: RedisServer) -> None:
    async with workers(redis_server.url, 1) as (store,):
        known, unknown = store.ledger("known"), store.ledger("unknown")
        await known.take(COUNTED)
        redis_server.stop()
        for claim in (COUNTED, Claim(repetition_key="x"), Claim(dice=True), Claim(charge=charge(Limits(rpm=1)))):
            with pytest.raises(StateUnavailable) as caught:
                await known.take(claim)
            assert (caught.value.status, caught.value.code) == (503, "state_unavailable")
        assert await known.take(PLAIN) == ClaimResult(0)
        assert await known.take(Claim()) == ClaimResult(0)
        assert await known.read() == Pushed()
        for ask in (unknown.take(PLAIN), unknown.read(), known.write(Pushed(version=1), 0, (), "")):
            with pytest.raises(StateUnavailable):
                await ask
        with pytest.raises(StateUnavailable):
            await known.gates.wait("gate", 3600)
        assert [known.away] == [True]
        redis_server.start()
        assert (await recovered(known)).uses == 0, "Redis has forgotten, so counters begin anew"
        assert [known.away] == [False]
        assert await unknown.take(PLAIN) == ClaimResult(0)


async def test_outage__a_pushed_script_that_redis_forgot_is_gone(redis_server: RedisServer, tmp_path: Path) -> None:
    async with workers(redis_server.url, 1) as (store,):
        space = Namespace("a", "echo", store.ledger("a"))
        await space.change(lambda pushed: Pushed(before=('{"name": "x", "reply": "y"}',)))
        assert await space.take(PLAIN) == ClaimResult(0)
        redis_server.stop()
        redis_server.start()
        while True:
            try:
                await space.take(COUNTED)
            except StateUnavailable:
                await asyncio.sleep(0.05)
            except ScriptChanged:
                break
        assert await space.refresh()
        assert space.pushed == Pushed()


async def test_outage__who_waits_at_a_gate_waits_on(redis_server: RedisServer) -> None:
    async with workers(redis_server.url) as (one, two):
        gates, others = one.ledger("a").gates, two.ledger("a").gates
        waiting = asyncio.create_task(gates.wait("gate", 3600))
        await seen(others, {"gate": 1})
        redis_server.stop()
        redis_server.start()
        await seen(others, {"gate": 1})
        assert not waiting.done()
        assert await others.release("gate") == 1
        assert await waiting


async def test_outage__a_redis_that_hangs_counts_as_away(redis_server: RedisServer) -> None:
    async with workers(redis_server.url, 1, patience=0.5) as (store,):
        ledger = store.ledger("a")
        await recovered(ledger)  # before, it may seem to hang on a machine that is busy
        redis_server.freeze()
        try:
            with pytest.raises(StateUnavailable):
                await ledger.take(COUNTED)
            while not ledger.away:
                await ledger.take(PLAIN)
            with pytest.raises(StateUnavailable):
                await asyncio.gather(*[ledger.take(COUNTED) for _ in range(100)])
        finally:
            redis_server.thaw()
        assert (await recovered(ledger)).uses >= 1


async def test_outage__what_a_hanging_redis_refused_costs_nothing(redis_server: RedisServer) -> None:
    """It is sent, refused, and read by Redis when that goes on."""
    limits, quota = Limits(rpd=5), Quota(requests=5)
    async with workers(redis_server.url, 1, patience=0.5) as (store,):
        ledger = store.ledger("a")
        await recovered(ledger)
        before = (await recovered(ledger)).uses
        redis_server.freeze()
        try:
            claims = [COUNTED._replace(charge=charge(limits, quota)) for _ in range(5)]
            found = await asyncio.gather(*map(ledger.take, claims), return_exceptions=True)
            assert [type(each) for each in found] == [StateUnavailable] * 5
        finally:
            redis_server.thaw()
        assert (await recovered(ledger)).uses == before + 1
        last = charge(limits, quota)
        await ledger.take(COUNTED._replace(charge=last))
        assert last.grant
        assert last.grant.headers()["x-ratelimit-remaining-requests"] == "4"


async def test_outage__what_is_pushed_to_a_hanging_redis_and_refused_is_not_there_later(
    redis_server: RedisServer,
) -> None:
    async with workers(redis_server.url, 1, patience=0.5) as (store,):
        ledger = store.ledger("a")
        await recovered(ledger)
        redis_server.freeze()
        try:
            with pytest.raises(StateUnavailable):
                await ledger.write(Pushed(version=9, limits="null"), 0, (), "")
        finally:
            redis_server.thaw()
        await recovered(ledger)
        assert (await ledger.read()).version == 0


async def test_clock__of_redis_that_is_set_anew_is_learnt(redis_url: str) -> None:
    async with workers(redis_url, 1) as (store,):
        ledger = store.ledger(name())
        assert (await ledger.take(COUNTED)).uses == 0
        store._link._clock_offset -= 10 * PATIENCE  # as if the clock had jumped ahead
        assert (await ledger.take(COUNTED)).uses == 1
        assert (await ledger.take(COUNTED)).uses == 2


async def test_clock__of_redis_that_is_set_back_holds_up_no_limit(redis_url: str) -> None:
    async with workers(redis_url, 1) as (store,), Redis.from_url(redis_url) as redis:
        space, limits, left = name(), Limits(rpd=5, tpm=100), []
        for _ in range(3):
            claim = charge(limits, tokens=10)
            await store.ledger(space).take(Claim(charge=claim))
            assert claim.grant
            claim.grant.settle(20)
            left.append(claim.grant.headers()["x-ratelimit-remaining-requests"])
            (account,) = await redis.keys(f"*{space}*:account:*")
            for bucket in ("at1", "at2"):  # as if the clock had been an hour ahead until now
                await redis.hset(account, bucket, str(time.time() + 3600))
        assert left == ["4", "3", "2"]


async def test_outage__slots_are_given_back_afterwards(redis_server: RedisServer) -> None:
    """The connection alone is lost, so that Redis still has the slot that ends meanwhile."""
    limits = Limits(concurrent=1)
    async with workers(redis_server.url) as (one, two), Redis.from_url(redis_server.url) as redis:
        held = charge(limits)
        await one.ledger("a").take(Claim(charge=held))
        with pytest.raises(RequestError, match="on concurrent requests: Limit 1, Used 1"):
            await two.ledger("a").take(Claim(charge=charge(limits)))
        await redis.client_kill_filter(_type="normal", skipme=True)
        assert held.grant
        held.grant.end()
        while True:
            try:
                await two.ledger("a").take(Claim(charge=charge(limits)))
                break
            except RequestError as exc:
                assert exc.status in (429, 503)
                await asyncio.sleep(0.05)


async def test_take__that_is_cancelled_on_its_way_holds_no_slot(redis_url: str) -> None:
    async with workers(redis_url) as (one, two):
        space, limits = name(), Limits(concurrent=1, tpm=60)
        for turns in range(4):  # before it is sent, and after
            leaving = asyncio.create_task(one.ledger(space).take(Claim(charge=charge(limits, tokens=60))))
            for _ in range(turns):
                await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await one.names()
            held = charge(limits, tokens=60)
            await two.ledger(space).take(Claim(charge=held))
            assert held.grant
            held.grant.end()
            await two.names()


async def test_store__serves_in_process(redis_url: str, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(rules("- {name: counted, replies: [first, second]}"))
    settings.MOCK_SCRIPT, settings.STATE_URL = str(file), redis_url
    space, client = name(), AsyncClient()
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    said = []
    for _ in range(2):
        response = await client.post(
            f"/ns/{space}/v1/chat/completions", json.dumps(body), content_type="application/json"
        )
        said.append(response.json()["choices"][0]["message"]["content"])
    assert said == ["first", "second"]
    assert await namespace(space).uses() == {"counted": 2}
    assert space in await namespaces.names()
    assert await namespaces.remove(space)
    assert not await namespaces.remove(space)
    assert space not in await namespaces.names()
    store = shared_store()
    assert store is not None
    await store.close()
    namespaces._spaces.clear()
