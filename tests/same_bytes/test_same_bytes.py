"""The same requests get the same bytes as when `answers.jsonl` was written."""

from tests.same_bytes.answers import answers, read


async def test_answers__have_the_same_bytes_as_before() -> None:
    now, before = await answers(), read()
    assert [each["name"] for each in now] == [each["name"] for each in before]
    changed = [each["name"] for each, earlier in zip(now, before, strict=True) if each != earlier]
    assert not changed, "see what changed: python -m tests.same_bytes && git diff tests/same_bytes"
