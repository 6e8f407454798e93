"""The bytes of uploaded files, stored separately from the JSON documents that describe the files.

They are stored as pieces in base64, in the order of arrival, so that an upload in pieces is not encoded again with
each of them. Large ones are encoded and decoded in a thread.
"""

import base64
from collections.abc import Sequence

from completions import budget
from completions.state.records import Document, Records

Owner = tuple[str, str]
"""The kind and the id of the document to which the bytes belong."""


def _kind(owner: Owner) -> str:
    return f"{owner[0]}_bytes"


async def put(records: Records, owner: Owner, data: bytes) -> None:
    """Store the owner's bytes, replacing earlier ones."""
    await records.put(_kind(owner), owner[1], {"pieces": [await _encode(data)]})


async def append(records: Records, owner: Owner, data: bytes) -> None:
    """Append bytes to those of the owner, if it has any."""
    piece = await _encode(data)

    def extended(before: Document | None) -> Document:
        return {"pieces": [*(before["pieces"] if before else ()), piece]}

    await records.change(_kind(owner), owner[1], extended)


async def get(records: Records, owner: Owner) -> bytes | None:
    """Return the owner's bytes; None where it has none."""
    blob = await records.get(_kind(owner), owner[1])
    return None if blob is None else await _decode(blob["pieces"])


async def in_base64(records: Records, owner: Owner) -> str | None:
    """Return the owner's bytes in base64, without encoding a single piece again; None where it has none."""
    blob = await records.get(_kind(owner), owner[1])
    if blob is None:
        return None
    pieces: list[str] = blob["pieces"]
    return pieces[0] if len(pieces) == 1 else await _encode(await _decode(pieces))


async def move(records: Records, owners: Sequence[Owner], owner: Owner) -> None:
    """Move the bytes of several owners to one, in their order."""
    blobs = [blob for each in owners if (blob := await records.get(_kind(each), each[1])) is not None]
    await records.put(_kind(owner), owner[1], {"pieces": [piece for blob in blobs for piece in blob["pieces"]]})
    for each in owners:
        await drop(records, each)


async def drop(records: Records, owner: Owner) -> None:
    """Delete the owner's bytes."""
    await records.delete(_kind(owner), owner[1])


async def _encode(data: bytes) -> str:
    def encode() -> str:
        return base64.b64encode(data).decode()

    return encode() if len(data) <= budget.LOOP_CHARACTERS else await budget.in_thread(encode)


async def _decode(pieces: Sequence[str]) -> bytes:
    def decode() -> bytes:
        return b"".join(map(base64.b64decode, pieces))

    return decode() if sum(map(len, pieces)) <= budget.LOOP_CHARACTERS else await budget.in_thread(decode)
