"""What a request refers to by an id is found as long as it is kept."""

from contextlib import nullcontext
from typing import Any

import pytest

from completions.resolve.recall import Shelf, take
from completions.state.records import LocalRecords
from completions.wire.registry import format_at


@pytest.mark.parametrize(
    ("document", "there"), [({"name": "a"}, True), ({"expires": 2**40}, True), ({"expires": 1}, False)]
)
async def test_shelf__has_no_document_that_has_expired(document: dict[str, Any], there: bool) -> None:
    records = LocalRecords()
    await records.put("cache", "a", document)
    assert await Shelf(records, {}).find(("cache", "a")) == (document if there else None)
    assert await Shelf(records, {}).find(("cache", "b")) is None


@pytest.mark.parametrize("fails", [True, False])
async def test_take__a_document_that_is_gone_stays_gone(fails: bool) -> None:
    """As it does where the client leaves an answer that a reset has let go."""
    records, found = LocalRecords(), format_at("/v1/responses")
    assert found is not None
    await records.put("response", "a", {"id": "a"})
    with pytest.raises(RuntimeError) if fails else nullcontext():
        async with take(records, found[0], ("response", "a")):
            await records.clear()
            if fails:
                raise RuntimeError
    assert await records.all("response") == []
