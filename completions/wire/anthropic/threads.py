"""Around resolve for Anthropic's Messages API: message threads, which the API stores so that only new turns are sent.

Sources: Anthropic's guide "Message threads" (beta since 2026-11-02), the `Thread…Error` types and the thread helper of
the anthropic SDK 2.14 (2026-11), and refusals that users quote (2026-09-30).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import record, string, tagged
from completions.wire.base import Document, StoredDocument
from completions.wire.fields import dicts, mapping, text, text_or_none, without_fields
from completions.wire.validation import Check, anything, nullable

BETA = "message-threads-2026-08-12"
THREAD = "message thread"
LIFETIME = 300
"""Seconds for which a thread can be continued after its last answer."""

MAX_CACHE_POINTS = 4
"""The most cache points in a request of a thread, including the one for the whole request."""

CHECK: Check = nullable(
    tagged(
        {
            "create": record({"type": anything}),
            "continue": record({"type": anything, "previous_message_id": string(1)}, ("previous_message_id",)),
        }
    )
)

THREAD_FIELDS = ("system", "tools")
"""The fields that the thread keeps from its first request; later requests may leave them out."""

CONSTANT_FIELDS = ("output_config",)
"""The fields that each request has, always with the same value."""

SUPPORTED_EDIT = "clear_thinking"
"""The prefix of the edit that leaves the stored thread unchanged; Claude Code uses it in threads."""

BILLING = "x-anthropic-billing-header:"
"""The prefix of a block of the system prompt that Claude Code sends with each request, which is not compared."""


def previous_message_id(body: Mapping[str, Any]) -> str | None:
    """Return the id of the message that a request continues, if any."""
    thread = mapping(body.get("thread"))
    return text_or_none(thread.get("previous_message_id")) if thread.get("type") == "continue" else None


def uses_thread(body: Mapping[str, Any]) -> bool:
    """Return whether the conversation is stored as a thread."""
    return mapping(body.get("thread")).get("type") in ("create", "continue")


def refusal(code: str, *, status: int = 400, param: str | None = None) -> RequestError:
    """Return one of the errors of threads, with the words in the table of errors."""
    return RequestError(code, status=status, code=code, param=param, facts={})


def check_supported(body: Mapping[str, Any]) -> None:
    """Raise the error for a field that threads do not support."""
    if not uses_thread(body):
        return
    points = cache_points(body) + (body.get("cache_control") is not None)
    edits = dicts(mapping(body.get("context_management")).get("edits"))
    if points > MAX_CACHE_POINTS:
        raise refusal("thread_unsupported_request", param="cache_control")
    if any(not text(edit.get("type")).startswith(SUPPORTED_EDIT) for edit in edits):
        raise refusal("thread_unsupported_request", param="context_management")


def cache_points(body: Mapping[str, Any]) -> int:
    """Return the number of blocks with `cache_control`."""
    message_contents = (message.get("content") for message in dicts(body.get("messages")))
    contents = (body.get("system"), body.get("tools"), *message_contents)
    return sum(block.get("cache_control") is not None for content in contents for block in dicts(content))


def full_request(body: Mapping[str, Any], thread: Document, *, validate: bool) -> dict[str, Any]:
    """Return the equivalent request without a thread; with `validate` raise for fields that differ from the thread."""
    stored = thread["body"]
    if validate and (differing := sorted(_differing_fields(body, stored))):
        raise RequestError(
            "The request differs from the Thread that `previous_message_id` names; differing field(s): "
            f"{', '.join(differing)}. Send the stored values, or replay the full conversation with "
            '`thread: {"type": "create"}` to change them.',
            code="thread_fingerprint_mismatch",
        )
    return {
        **without_fields(body, *THREAD_FIELDS),
        **{key: stored[key] for key in THREAD_FIELDS if key in stored},
        "messages": [*stored["messages"], *dicts(body.get("messages"))],
    }


def _differing_fields(body: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[str]:
    for key in THREAD_FIELDS:
        if (value := comparable(body.get(key))) and value != comparable(stored.get(key)):
            yield key
    for key in CONSTANT_FIELDS:
        if comparable(body.get(key)) != comparable(stored.get(key)):
            yield key


def comparable(value: Any) -> Any:
    """Return a part of a request in the form for comparison: null as absent, without cache points."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if key != "cache_control" and item is not None}
    if isinstance(value, list):
        return [comparable(item) for item in value if not text(mapping(item).get("text")).startswith(BILLING)]
    return value or None


def to_store(
    message: Mapping[str, Any], request: Mapping[str, Any], before: Document | None, ends: float
) -> list[StoredDocument]:
    """Return the thread under the id of its newest message, and a note that the message before has been continued."""
    answer = [{"role": "assistant", "content": message["content"]}] if message["content"] else []
    messages = [*map(_without_cache_points, dicts(request.get("messages"))), *answer]
    body = {key: request[key] for key in (*THREAD_FIELDS, *CONSTANT_FIELDS) if key in request} | {"messages": messages}
    documents = [StoredDocument(THREAD, message["id"], {"body": body, "expires": ends + LIFETIME})]
    name = previous_message_id(request)
    if before is not None and name is not None and name != message["id"]:
        documents.append(StoredDocument(THREAD, name, {**before, "taken_until": ends}))
    return documents


def _without_cache_points(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message without cache points: each was set for the request that sent it."""
    content = message.get("content")
    if not isinstance(content, list):
        return dict(message)
    blocks = [without_fields(block, "cache_control") if isinstance(block, dict) else block for block in content]
    return {**message, "content": blocks}
