"""Step 2 for Anthropic's Messages API: the images of a request, whose headers have their format and size.

The limits are those of Anthropic's page "Vision", confirmed by requests on 2026-09-29; the words are the API's, as
its users quote them up to September 2026.
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
"""The largest image in base64, at Anthropic and on clouds."""

MAX_PIXELS, MAX_PIXELS_OF_MANY, MANY = 8000, 2000, 20
"""The longest side of an image; if there are more than `MANY`, the longest side of each."""

MAX_FILES, MAX_FILES_OF_SHORT, SHORT_WINDOW = 600, 100, 200_000
"""The most images and documents of a request, and those for a model with a shorter context window."""

LONG_CONTEXT = "context-1m-"
"""The prefix of the beta that gives models with a shorter window a longer one."""


class Picture(NamedTuple):
    """An image in a request: the path of its source, and the source if it contains the data."""

    path: str
    source: Mapping[str, Any] | None


def picture_problem(body: Mapping[str, Any], betas: Sequence[str], *, hosted: bool) -> Problem | None:
    """Return the problem of an image that is too large or invalid, or of too many images."""
    blocks = list(_blocks(body["messages"]))
    pictures = [picture for path, block in blocks if (picture := _picture(path, block)) is not None]
    documents = sum(block["type"] == "document" for _, block in blocks)
    if (problem := _count_problem(len(pictures), documents, body["model"], betas)) is not None:
        return problem
    longest = MAX_PIXELS_OF_MANY if len(pictures) > MANY else MAX_PIXELS
    for path, source in pictures:
        if source is None:
            continue
        if picture_type(source["data"]) is None:
            return Wrong("Could not process image")
        if (problem := _size_problem(source["data"], longest, hosted=hosted)) is not None:
            return problem.under(path)
    return None


def _blocks(conversation: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the blocks of the messages and of the tool results in them, each with its path."""
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


def _count_problem(pictures: int, documents: int, model: str, betas: Sequence[str]) -> Problem | None:
    window = context_window(model)
    has_short_window = (
        window is not None and window <= SHORT_WINDOW and not any(beta.startswith(LONG_CONTEXT) for beta in betas)
    )
    limit = MAX_FILES_OF_SHORT if has_short_window else MAX_FILES
    if pictures + documents <= limit:
        return None
    return Wrong(f"too many images and documents: {pictures} + {documents} > {limit}")


def _size_problem(data: str, longest: int, *, hosted: bool) -> Problem | None:
    """Return the problem of an image's size, under the path of its source."""
    limit = MAX_MEGABYTES_HOSTED if hosted else MAX_MEGABYTES
    if len(data) > limit * MEGABYTE:
        return Wrong(f"image exceeds {limit} MB maximum: {len(data)} bytes > {limit * MEGABYTE} bytes")
    if max(image_size(data) or (0,)) <= longest:
        return None
    suffix = " for many-image requests" if longest == MAX_PIXELS_OF_MANY else ""
    return Wrong(f"At least one of the image dimensions exceed max allowed size{suffix}: {longest} pixels", "data")
