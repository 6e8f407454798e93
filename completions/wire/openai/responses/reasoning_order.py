"""Step 2 for responses: reasoning comes back together with the items that followed from it, and unchanged.

Sources: the recorded exchanges (refused as here: 2025-09), in which each reasoning item with an id has a call, or a
message with an id, after it; requests to gpt-5-nano and gpt-5.4-mini that another project wrote down (2026-09-10), by
which the order is not checked with `store: false`; and refusals that users quote (2026-08). The ids of the mock's items
say from which reasoning they follow, so nothing has to be looked up.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.fields import text
from completions.wire.seals import decoded, sealed, verdict

HEAD, MIDDLE, MARK, PLACE, TAIL = 18, 12, "81", 2, 16
"""The parts of an id by length: the answer, a filler, a fixed mark, the place, and a checksum that marks our ids.

The first digit of the answer is 0, and its last two are 00.
"""

LENGTH = HEAD + MIDDLE + len(MARK) + PLACE + TAIL

WITHOUT_FOLLOWERS = 255
"""The place of reasoning without following items."""

REASONING = "rs_"
ENCRYPTED_TYPES = ("reasoning", "compaction")
"""The encrypted types of items; a compaction is refused like reasoning (openai/codex 36704, 2026-09-20)."""

FERNET = b"\x80" + bytes(4)
MIN_FERNET = 73
"""The fewest bytes of the API's encrypted content: a Fernet token with one block."""


def reasoning_id(serial: str, *, alone: bool) -> str:
    """Return the id of an answer's reasoning; `alone` means that no item follows from it."""
    return _id(REASONING, _head(serial), WITHOUT_FOLLOWERS if alone else 0)


def follower_id(prefix: str, serial: str, place: int) -> str:
    """Return the id of an item that follows from an answer's reasoning, at a place from 1 on."""
    return _id(prefix, _head(serial), min(place, WITHOUT_FOLLOWERS - 1))


def free_id(prefix: str, serial: str, *place: int) -> str:
    """Return the id of an answer, or of an item at a place in one that does not follow from reasoning."""
    return f"{prefix}{_head(serial)}{_digits(f'{serial}{place}', LENGTH - HEAD)}"


def _head(serial: str) -> str:
    return f"0{_digits(serial, HEAD - 3)}00"


def _id(prefix: str, head: str, place: int) -> str:
    body = f"{head}{_digits(f'{head}{place}', MIDDLE)}{MARK}{place:0{PLACE}x}"
    return f"{prefix}{body}{_digits(body, TAIL)}"


def _digits(seed: str, count: int) -> str:
    return ids.spelled(f"order/{seed}", count)


def _place(name: str) -> tuple[str, int] | None:
    """Return the answer and the place in an item's id; None if the id is not the mock's."""
    body = name.rpartition("_")[2]
    if len(body) != LENGTH or not body.endswith(_digits(body[:-TAIL], TAIL)):
        return None
    return body[:HEAD], int(body[-TAIL - PLACE : -TAIL], 16)


def check(items: Sequence[Mapping[str, Any]], *, stored: bool) -> None:
    """Raise the error of invalid encrypted content, or, if `stored`, of reasoning without its following items."""
    for item in items:
        if item.get("type") in ENCRYPTED_TYPES and isinstance(token := item.get("encrypted_content"), str):
            _check_encrypted(token, text(item.get("id")))
    if stored:
        _check_followed(items)
        _check_preceded(items)


def is_ours(token: str) -> bool:
    """Tell whether encrypted content is the mock's own."""
    raw = decoded(token) or b""
    return raw.startswith(FERNET) and verdict(raw.removeprefix(FERNET), "") in ("intact", "another text")


def _check_encrypted(token: str, name: str) -> None:
    raw = decoded(token) or b""
    is_foreign = raw.startswith(FERNET[:1]) and verdict(raw.removeprefix(FERNET), "") == "foreign"
    if is_ours(token) or (is_foreign and len(raw) >= MIN_FERNET):
        return
    shown = f"for item {name}" if name else f"{token[:4]}...{token[-4:]}"
    raise RequestError(
        f"The encrypted content {shown} could not be verified. Reason: Encrypted content could not be decrypted or "
        "parsed.",
        code="invalid_encrypted_content",
    )


def _check_followed(items: Sequence[Mapping[str, Any]]) -> None:
    for at, item in enumerate(items):
        if item.get("type") != "reasoning" or not (name := text(item.get("id"))):
            continue
        place = _place(name)
        if (place is None or place[1] != WITHOUT_FOLLOWERS) and not _is_followed(items[at + 1 :]):
            raise _refusal(item, "its required following item.")


def _is_followed(rest: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the first item that is not reasoning is one that a model makes."""
    for item in rest:
        match text(item.get("type")) or "message":
            case "reasoning":
                continue
            case "message":
                return item.get("role") == "assistant" and bool(item.get("id"))
            case kind:
                return not kind.endswith("_output")
    return False


def _check_preceded(items: Sequence[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for item in items:
        name = text(item.get("id"))
        if name.startswith(REASONING):
            seen.add(name)
        elif (place := _place(name)) is not None and (required := _id(REASONING, place[0], 0)) not in seen:
            raise _refusal(item, f"its required 'reasoning' item: '{required}'.")


def _refusal(item: Mapping[str, Any], lacking: str) -> RequestError:
    kind = text(item.get("type")) or "message"
    return RequestError(f"Item '{item.get('id')}' of type '{kind}' was provided without {lacking}", param="input")


def encrypted(text: str, serial: str) -> str:
    """Return text as encrypted content: opaque to clients, which only send it back."""
    return base64.urlsafe_b64encode(FERNET + sealed(text, serial)).decode()
