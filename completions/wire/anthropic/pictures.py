"""Step 2 for Anthropic's Messages API: the pictures of a request, whose headers tell their format and their size.

The limits are those of Anthropic's page "Vision", and so they were met by requests on 2026-09-29; the words are the
API's, as its users quote them up to September 2026.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from completions.tokens.media import image_size, picture_type
from completions.tokens.models import context_window
from completions.wire.anthropic.checks import Wrong
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Problem

MEGABYTE = 1_048_576
MAX_MEGABYTES, MAX_MEGABYTES_HOSTED = 10, 5
"""The base64 of a picture, at Anthropic and where others run Claude."""

MAX_PIXELS, MAX_PIXELS_OF_MANY, MANY = 8000, 2000, 20
"""The longest side of a picture, and that of each where there are more than so many."""

MAX_FILES, MAX_FILES_OF_SHORT, SHORT_WINDOW = 600, 100, 200_000
"""The pictures and documents of a request, and how many of them a model with a shorter window takes."""

LONG_CONTEXT = "context-1m-"
"""How the beta is called that gives models of a shorter window a longer one."""


class Picture(NamedTuple):
    """A picture in a request: the path of its source, and the source if it has its data."""

    path: str
    source: Mapping[str, Any] | None


def unsuitable_pictures(body: Mapping[str, Any], betas: Sequence[str], *, hosted: bool) -> Problem | None:
    """Return a picture that is too large or none at all, or that there are too many."""
    blocks = list(_blocks(body["messages"]))
    pictures = [picture for path, block in blocks if (picture := _picture(path, block)) is not None]
    documents = sum(block["type"] == "document" for _, block in blocks)
    if (problem := _too_many(len(pictures), documents, body["model"], betas)) is not None:
        return problem
    longest = MAX_PIXELS_OF_MANY if len(pictures) > MANY else MAX_PIXELS
    for path, source in pictures:
        if source is None:
            continue
        if picture_type(source["data"]) is None:
            return Wrong("Could not process image")
        if (problem := _wrong(source["data"], longest, hosted=hosted)) is not None:
            return problem.under(path)
    return None


def _blocks(conversation: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through the blocks of the messages and of what the tools told in them, each with its path."""
    for index, message in enumerate(conversation):
        for at, block in enumerate(dicts(message.get("content"))):
            path = f"messages[{index}].content[{at}]"
            yield path, block
            if block["type"] == "tool_result":
                for place, inner in enumerate(dicts(block.get("content"))):
                    yield f"{path}.tool_result.content[{place}]", inner


def _picture(path: str, block: Mapping[str, Any]) -> Picture | None:
    if block["type"] != "image":
        return None
    source = mapping(block.get("source"))
    return Picture(f"{path}.image.source.base64", source if source.get("type") == "base64" else None)


def _too_many(pictures: int, documents: int, model: str, betas: Sequence[str]) -> Problem | None:
    window = context_window(model)
    short = window is not None and window <= SHORT_WINDOW and not any(beta.startswith(LONG_CONTEXT) for beta in betas)
    most = MAX_FILES_OF_SHORT if short else MAX_FILES
    if pictures + documents <= most:
        return None
    return Wrong(f"too many images and documents: {pictures} + {documents} > {most}")


def _wrong(data: str, longest: int, *, hosted: bool) -> Problem | None:
    """Return what is wrong with a picture's size, under the path of its source."""
    most = MAX_MEGABYTES_HOSTED if hosted else MAX_MEGABYTES
    if len(data) > most * MEGABYTE:
        return Wrong(f"image exceeds {most} MB maximum: {len(data)} bytes > {most * MEGABYTE} bytes")
    if max(image_size(data) or (0,)) <= longest:
        return None
    of_many = " for many-image requests" if longest == MAX_PIXELS_OF_MANY else ""
    return Wrong(f"At least one of the image dimensions exceed max allowed size{of_many}: {longest} pixels", "data")
