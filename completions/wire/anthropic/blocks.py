"""Step 2 for Anthropic's Messages API: the content blocks of messages.

The shapes are those of `ContentBlockParam` in the anthropic SDK. Blocks of server tools (searches, code runs) are sent
back unchanged, so that little of them is checked.
"""

import binascii
from collections.abc import Mapping
from typing import Any

from completions.tokens.media import picture_type
from completions.wire.anthropic.checks import Wrong, array, boolean, choice, mapping, record, string, tagged, text_or
from completions.wire.fields import dicts, without_fields
from completions.wire.validation import Check, Problem, anything, nullable

ID = string(pattern="^[a-zA-Z0-9_-]+$")
TOOL_NAME = string(1, 128, "^[a-zA-Z0-9_-]{1,128}$")
CACHE = nullable(tagged({"ephemeral": record({"type": anything, "ttl": choice("5m", "1h")})}))
_CITATIONS = nullable(record({"enabled": boolean}))
_TEXT = string()


def _base64(value: Any) -> Problem | None:
    """Check base64; it is decoded in C, some 2 ms a megabyte."""
    if (problem := _TEXT(value)) is not None:
        return problem
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        return Wrong("Invalid base64 data")
    return None


def _url(value: Any) -> Problem | None:
    if (problem := _TEXT(value)) is not None:
        return problem
    return None if value.startswith("https://") else Wrong("Only HTTPS URLs are supported.")


def _source(**fields: Check) -> Check:
    return record({"type": anything, **fields}, tuple(fields))


IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ENCODED = _source(media_type=choice(*IMAGE_TYPES), data=_base64)


def _encoded(value: Any) -> Problem | None:
    """Check an image in base64, which must have its declared type (quoted by vybestack/llxprt-code, June 2026)."""
    return _ENCODED(value) or media_type_problem(value["media_type"], value["data"])


def media_type_problem(declared: str, data: str) -> Wrong | None:
    """Return the problem of an image whose data has another type than the declared one."""
    if (found := picture_type(data)) in (declared, None):
        return None
    return Wrong(
        f"The image was specified using the {declared} media type, but the image appears to be a {found} image"
    )


_IMAGE_SOURCES = {"base64": _encoded, "url": _source(url=_url), "file": _source(file_id=string(1))}
_DOCUMENT_SOURCES = {
    "base64": _source(media_type=choice("application/pdf"), data=_base64),
    "text": _source(media_type=choice("text/plain"), data=_TEXT),
    "content": _source(content=anything),
    "url": _source(url=_url),
    "file": _source(file_id=string(1)),
}


def _block(required: Mapping[str, Check], **optional: Check) -> Check:
    return record({"type": anything, **required, **optional}, tuple(required))


def _markable_text(block: Check) -> Check:
    """Check a block of text, which may not be empty if it has `cache_control` (quoted until September 2026)."""

    def check(value: Any) -> Problem | None:
        if (problem := block(value)) is not None:
            return problem
        marked = value.get("cache_control") is not None and not value["text"]
        return Wrong("cache_control cannot be set for empty text blocks") if marked else None

    return check


_TEXT_FIELDS = {"text": _TEXT, "cache_control": CACHE, "citations": nullable(array(mapping))}
TEXT_BLOCK = _markable_text(record({"type": anything, **_TEXT_FIELDS}, ("text",)))
_IMAGE = _block({"source": tagged(_IMAGE_SOURCES)}, cache_control=CACHE, transformations=nullable(mapping))
_DOCUMENT = _block(
    {"source": tagged(_DOCUMENT_SOURCES)},
    cache_control=CACHE,
    citations=_CITATIONS,
    context=nullable(_TEXT),
    title=nullable(_TEXT),
)
_SEARCH_RESULT = _block(
    {"content": array(tagged({"text": TEXT_BLOCK})), "source": _TEXT, "title": _TEXT},
    cache_control=CACHE,
    citations=_CITATIONS,
)
_RESULT_CONTENT = {
    "text": TEXT_BLOCK,
    "image": _IMAGE,
    "search_result": _SEARCH_RESULT,
    "document": _DOCUMENT,
    "tool_reference": _block({"tool_name": string(1)}, cache_control=CACHE),
    "browser_state": mapping,
}
_BLOCKS: Mapping[str, Check] = {
    "text": TEXT_BLOCK,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "search_result": _SEARCH_RESULT,
    "thinking": _block({"thinking": _TEXT, "signature": _TEXT}),
    "redacted_thinking": _block({"data": _TEXT}),
    "tool_use": _block(
        {"id": ID, "name": string(1, 200), "input": mapping},
        cache_control=CACHE,
        caller=record({"type": _TEXT, "tool_id": _TEXT}, ("type",), open_=True),
        toolset_name=nullable(_TEXT),
    ),
    "tool_result": _block(
        {"tool_use_id": ID},
        content=text_or(array(tagged(_RESULT_CONTENT))),
        is_error=boolean,
        cache_control=CACHE,
        toolset_name=nullable(_TEXT),
    ),
}

SERVER_TOOL_BLOCKS = (
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
)
"""The blocks of server tools, of which only the type, the ids and the names are checked."""

BETA_BLOCK_TYPES = (
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "compaction",
    "fallback",
    "tool_addition",
    "tool_removal",
)
"""The blocks of betas, which are refused without a beta (recorded of `fallback` in October 2026)."""

_LOOSE_BLOCK = record(
    {"id": ID, "name": string(1), "input": mapping, "tool_use_id": ID, "file_id": string(1)}, open_=True
)
_SUMMARY = record(
    {
        "type": anything,
        "cache_control": CACHE,
        "content": nullable(string(1)),
        **dict.fromkeys(("encrypted_content", "signature"), nullable(string())),
        "tool_changes": nullable(array(mapping)),
    }
)
_KNOWN_BLOCKS = {**_BLOCKS, **dict.fromkeys(SERVER_TOOL_BLOCKS, _LOOSE_BLOCK)}
CONTENT = text_or(array(tagged(_KNOWN_BLOCKS, sorted([*_KNOWN_BLOCKS, "connector_text", "mid_conv_system"]))))
"""A message's content: a text, or blocks."""

_BETA_BLOCKS = {**_KNOWN_BLOCKS, **dict.fromkeys(BETA_BLOCK_TYPES, _LOOSE_BLOCK)}
BETA_CONTENT = text_or(array(tagged({**_BETA_BLOCKS, "compaction": _SUMMARY})))
"""A message's content in a request that uses a beta."""

NO_SUMMARY = tagged(without_fields(_BETA_BLOCKS, "compaction"))
"""A block in a request that uses a beta, but not one for summaries."""

_SYSTEM = text_or(array(_markable_text(record({"type": choice("text"), **_TEXT_FIELDS}, ("type", "text")))))


def system(value: Any) -> Problem | None:
    """Check a system prompt: a text, or blocks of text, whose paths do not name their type."""
    if isinstance(value, list):
        for index, block in enumerate(value):
            if type(block) is not dict:
                return Wrong("Input does not match the expected shape.", f"[{index}]")
    if (problem := _SYSTEM(value)) is not None:
        return problem
    for content in (block["text"] for block in dicts(value)):
        if not content.strip():
            return Wrong(f"text content blocks must {'contain non-whitespace text' if content else 'be non-empty'}")
    return None


SYSTEM_CONTENT = text_or(
    array(tagged({"text": TEXT_BLOCK, **dict.fromkeys(("tool_addition", "tool_removal"), mapping)}))
)
"""The content of a system message within the conversation: texts, and added or removed tools (recorded in August
2026)."""
