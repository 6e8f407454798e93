"""Step 2 for responses: reasoning goes with the items that came of it, and comes back as it was encrypted.

Sources: the recorded exchanges (refused as here: 2025-09), in which each reasoning item with an id has a call, or a
message with an id, after it; requests to gpt-5-nano and gpt-5.4-mini that another project wrote down (2026-09-10), by
which the order is not looked at with `store: false`; and refusals that users quote (2026-08). Items of ours tell by
their ids which reasoning they came of, so nothing has to be looked up.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.fields import text
from completions.wire.seals import decoded, sealed, verdict

HEAD, MIDDLE, MARK, PLACE, TAIL = 18, 12, "81", 2, 16
"""The digits of an id: of the answer, then any, two that all ids have, of the place, and what tells that it is ours.

The first of an answer is 0, and its last two are 00.
"""

LENGTH = HEAD + MIDDLE + len(MARK) + PLACE + TAIL

ALONE = 255
"""The place of reasoning of which nothing came."""

REASONING = "rs_"
SEALED = ("reasoning", "compaction")
"""The items that are encrypted; a compaction is refused as reasoning is (openai/codex 36704, 2026-09-20)."""

FERNET = b"\x80" + bytes(4)
MIN_FERNET = 73
"""Bytes that what the API encrypts has at least: a token of Fernet with one block."""


def reasoning_id(serial: str, *, alone: bool) -> str:
    """Return the id of an answer's reasoning; `alone`: nothing came of it."""
    return _id(REASONING, _head(serial), ALONE if alone else 0)


def follower_id(prefix: str, serial: str, place: int) -> str:
    """Return the id of what came of an answer's reasoning, at a place in it from 1 on."""
    return _id(prefix, _head(serial), min(place, ALONE - 1))


def free_id(prefix: str, serial: str, *place: int) -> str:
    """Return the id of an answer, or of an item at a place in one, which came of no reasoning."""
    return f"{prefix}{_head(serial)}{_digits(f'{serial}{place}', LENGTH - HEAD)}"


def _head(serial: str) -> str:
    return f"0{_digits(serial, HEAD - 3)}00"


def _id(prefix: str, head: str, place: int) -> str:
    body = f"{head}{_digits(f'{head}{place}', MIDDLE)}{MARK}{place:0{PLACE}x}"
    return f"{prefix}{body}{_digits(body, TAIL)}"


def _digits(seed: str, count: int) -> str:
    return ids.spelled(f"order/{seed}", count)


def _place(name: str) -> tuple[str, int] | None:
    """Return of which answer an item is by its id, and at which place; None for another's."""
    body = name.rpartition("_")[2]
    if len(body) != LENGTH or not body.endswith(_digits(body[:-TAIL], TAIL)):
        return None
    return body[:HEAD], int(body[-TAIL - PLACE : -TAIL], 16)


def check(items: Sequence[Mapping[str, Any]], *, stored: bool) -> None:
    """Raise the error of what is encrypted and was made up, or of reasoning apart from what came of it, if stored."""
    for item in items:
        if item.get("type") in SEALED and isinstance(token := item.get("encrypted_content"), str):
            _check_encrypted(token, text(item.get("id")))
    if stored:
        _check_followed(items)
        _check_preceded(items)


def is_ours(token: str) -> bool:
    """Tell whether something encrypted is the mock's own, as it was given."""
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
        found = _place(name)
        if (found is None or found[1] != ALONE) and not _came_of_it(items[at + 1 :]):
            raise _refusal(item, "its required following item.")


def _came_of_it(rest: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the first item that is no reasoning is one that a model makes."""
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
        elif (found := _place(name)) is not None and (needed := _id(REASONING, found[0], 0)) not in seen:
            raise _refusal(item, f"its required 'reasoning' item: '{needed}'.")


def _refusal(item: Mapping[str, Any], lacking: str) -> RequestError:
    kind = text(item.get("type")) or "message"
    return RequestError(f"Item '{item.get('id')}' of type '{kind}' was provided without {lacking}", param="input")


def encrypted(thought: str, serial: str) -> str:
    """Return reasoning in the place of what the API encrypts: opaque to clients, who only send it back."""
    return base64.urlsafe_b64encode(FERNET + sealed(thought, serial)).decode()
