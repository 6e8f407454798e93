"""Pages of Mistral's lists: the numbers in an address, and FastAPI's errors for those that are none."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.wire.dialects.mistral import Unprocessable

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,8}")
NO_NUMBER = "Input should be a valid integer, unable to parse string as an integer"


def page(items: Sequence[Any], query: Mapping[str, str], default: int) -> list[Any]:
    """Return the page of a list that `page` and `page_size` ask for."""
    size = number(query, "page_size", default, 1)
    start = number(query, "page", 0, 0) * size
    return list(items[start : start + size])


def number(query: Mapping[str, str], name: str, default: int, least: int) -> int:
    """Return a number in an address; raise the API's error for one that is not whole, or too small."""
    if not (given := query.get(name)):
        return default
    if not WHOLE_NUMBER.fullmatch(given):
        raise invalid("int_parsing", name, NO_NUMBER, given)
    if (value := int(given)) < least:
        message = f"Input should be greater than or equal to {least}"
        raise invalid("greater_than_equal", name, message, given, ctx={"ge": least})
    return value


def invalid(kind: str, name: str, message: str, given: str | None, **more: Any) -> Unprocessable:
    """Return the 422 of a parameter in an address."""
    found = {"type": kind, "loc": ["query", name], "msg": message, "input": given and given[:200]}
    return Unprocessable([found | more], message)
