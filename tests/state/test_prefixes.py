"""Prefixes of prompts that a namespace remembers: the same in memory and in Redis."""

import pytest

from completions.state import prefixes
from completions.state.ledger import Ledger
from completions.state.prefixes import LocalPrefixes
from completions.state.shared import prefixes as shared_prefixes


async def test_prefixes__are_found_once_they_were_kept(ledger: Ledger) -> None:
    assert await ledger.prefixes.use(["a", "b"], {"a": 100, "c": 100}) == [False, False]
    assert await ledger.prefixes.use(["a", "b", "c"], {}) == [True, False, True]
    assert await ledger.prefixes.use([], {}) == []
    await ledger.prefixes.clear()
    assert await ledger.prefixes.use(["a", "c"], {}) == [False, False]


async def test_prefixes__keep_the_size_at_which_they_were_kept_first(ledger: Ledger) -> None:
    await ledger.prefixes.use([], {"a": 100, "b": 100}, {"a": 1200})
    await ledger.prefixes.use(["a"], {"a": 200}, {"a": 1300})
    assert await ledger.prefixes.use(["a", "b", "c"], {}) == [1200, 1, 0]


async def test_prefixes__are_gone_with_their_namespace(ledger: Ledger) -> None:
    await ledger.prefixes.use([], {"a": 100})
    await ledger.remove()
    assert await ledger.prefixes.use(["a"], {}) == [False]


async def test_prefixes__are_no_more_than_so_many(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (prefixes, shared_prefixes):
        monkeypatch.setattr(module, "MAX_PREFIXES", 2)
    await ledger.prefixes.use([], {"a": 100})
    await ledger.prefixes.use([], {"b": 200})
    await ledger.prefixes.use([], {"c": 300})
    assert await ledger.prefixes.use(["a", "b", "c"], {}) == [False, True, True]


async def test_prefixes__live_as_long_as_they_are_used() -> None:
    now = [0.0]
    kept = LocalPrefixes(lambda: now[0])
    await kept.use([], {"a": 10, "b": 100})
    for now[0] in (9.0, 18.0):
        assert await kept.use(["a"], {"b": 10}) == [True]
    now[0] = 29.0
    assert await kept.use(["a", "b"], {}) == [False, True]  # the longer time holds
