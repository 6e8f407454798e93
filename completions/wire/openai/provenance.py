"""OpenAI's checks of where pictures and sounds come from: nothing here makes a signal, so none is detected.

Shapes: `ContentProvenanceCheck` of the openai SDK 3.57; which results a file gets is from OpenAI's guide "Content
provenance", as is the 400 of other files. Its words are ours.
"""

from typing import Any

from completions.exceptions import RequestError

CHECK = "content_provenance_check"
"""The name by which rules can refuse a check."""

_BEGINNINGS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "picture"),
    (b"\xff\xd8\xff", 0, "picture"),
    (b"GIF8", 0, "picture"),
    (b"WEBP", 8, "picture"),
    (b"WAVE", 8, "sound"),
    (b"ID3", 0, "sound"),
    (b"\xff\xfb", 0, "sound"),
    (b"fLaC", 0, "sound"),
    (b"OggS", 0, "sound"),
    (b"ftyp", 4, "sound"),
)
"""The bytes with which files of a kind begin, from a place on."""


def kind_of(data: bytes) -> str:
    """Return whether a file is a `picture` or a `sound`; raise the error of another one."""
    for begins, at, kind in _BEGINNINGS:
        if data[at : at + len(begins)] == begins:
            return kind
    why = "The file is not a supported image or audio file."
    raise RequestError(why, code="invalid_file", param="file")


def missing_file() -> RequestError:
    """Return the error of a request without a file."""
    return RequestError("Missing required parameter: 'file'.", code="missing_required_parameter", param="file")


def checked(kind: str, now: float) -> dict[str, Any]:
    """Return the result for a file of a kind."""
    nothing = {"outcome": "not_detected", "model": None, "generated_at": None}
    c2pa = {"type": "c2pa", **nothing, "validation_state": "not_present", "issuer": None}
    synthid = {"type": "synthid", **nothing}
    results = [c2pa, synthid] if kind == "picture" else [synthid]
    return {"object": CHECK, "created_at": int(now), "results": results}
