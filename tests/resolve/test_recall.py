"""What a request refers to by an id is found as long as it is kept."""

from typing import Any

import pytest

from completions.resolve.recall import Shelf
from completions.state.records import LocalRecords


@pytest.mark.parametrize(
    ("document", "there"), [({"name": "a"}, True), ({"expires": 2**40}, True), ({"expires": 1}, False)]
)
async def test_shelf__has_no_document_that_has_expired(document: dict[str, Any], there: bool) -> None:
    records = LocalRecords()
    await records.put("cache", "a", document)
    assert await Shelf(records, {}).find(("cache", "a")) == (document if there else None)
    assert await Shelf(records, {}).find(("cache", "b")) is None
