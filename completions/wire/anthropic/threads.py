"""Around resolve for Anthropic's Messages API: message threads, which the API holds so that only what is new is sent.

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
LIFE = 300
"""Seconds for which a thread can be continued after its last answer."""

MAX_CACHE_POINTS = 4
"""In a request of a thread, the one for the whole request among them."""

CHECK: Check = nullable(
    tagged(
        {
            "create": record({"type": anything}),
            "continue": record({"type": anything, "previous_message_id": string(1)}, ("previous_message_id",)),
        }
    )
)

HELD = ("system", "tools")
"""What the thread keeps from its beginning; a request that goes on may leave it out."""

SAME = ("output_config",)
"""What each request says itself, and always the same."""

KEPT_WHOLE = "clear_thinking"
"""How the edit of a context begins that leaves what is held as it is; Claude Code asks for it in threads."""

BILLING = "x-anthropic-billing-header:"
"""How a block of the system prompt begins that Claude Code sends with each request, and that is not compared."""


def previous(body: Mapping[str, Any]) -> str | None:
    """Return the id of the message that a request goes on from, if it goes on from any."""
    thread = mapping(body.get("thread"))
    return text_or_none(thread.get("previous_message_id")) if thread.get("type") == "continue" else None


def is_held(body: Mapping[str, Any]) -> bool:
    """Return whether the conversation is to be held."""
    return mapping(body.get("thread")).get("type") in ("create", "continue")


def refusal(code: str, *, status: int = 400, param: str | None = None) -> RequestError:
    """Return one of the errors of threads, in the words that the errors' table has for it."""
    return RequestError(code, status=status, code=code, param=param, facts={})


def check_supported(body: Mapping[str, Any]) -> None:
    """Raise the error of what does not go with a thread."""
    if not is_held(body):
        return
    points = cache_points(body) + (body.get("cache_control") is not None)
    edits = dicts(mapping(body.get("context_management")).get("edits"))
    if points > MAX_CACHE_POINTS:
        raise refusal("thread_unsupported_request", param="cache_control")
    if any(not text(edit.get("type")).startswith(KEPT_WHOLE) for edit in edits):
        raise refusal("thread_unsupported_request", param="context_management")


def cache_points(body: Mapping[str, Any]) -> int:
    """Return how many blocks a request marks for the cache."""
    spoken = (message.get("content") for message in dicts(body.get("messages")))
    contents = (body.get("system"), body.get("tools"), *spoken)
    return sum(block.get("cache_control") is not None for content in contents for block in dicts(content))


def whole(body: Mapping[str, Any], thread: Document, *, validate: bool) -> dict[str, Any]:
    """Return a request as it would be without the thread; with `validate` raise for what differs from the thread."""
    held = thread["body"]
    if validate and (different := sorted(_different(body, held))):
        raise RequestError(
            "The request differs from the Thread that `previous_message_id` names; differing field(s): "
            f"{', '.join(different)}. Send the stored values, or replay the full conversation with "
            '`thread: {"type": "create"}` to change them.',
            code="thread_fingerprint_mismatch",
        )
    return {
        **without_fields(body, *HELD),
        **{key: held[key] for key in HELD if key in held},
        "messages": [*held["messages"], *dicts(body.get("messages"))],
    }


def _different(body: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[str]:
    for key in HELD:
        if (given := compared(body.get(key))) and given != compared(held.get(key)):
            yield key
    for key in SAME:
        if compared(body.get(key)) != compared(held.get(key)):
            yield key


def compared(value: Any) -> Any:
    """Return a part of a request as it is compared: null as absent, without the places where the cache may end."""
    if isinstance(value, dict):
        return {key: compared(item) for key, item in value.items() if key != "cache_control" and item is not None}
    if isinstance(value, list):
        return [compared(item) for item in value if not text(mapping(item).get("text")).startswith(BILLING)]
    return value or None


def to_store(
    message: Mapping[str, Any], asked: Mapping[str, Any], before: Document | None, ends: float
) -> list[StoredDocument]:
    """Return the thread under the id of its newest message, and that nobody else may go on from the one before."""
    said = [{"role": "assistant", "content": message["content"]}] if message["content"] else []
    messages = [*map(_without_cache_points, dicts(asked.get("messages"))), *said]
    body = {key: asked[key] for key in (*HELD, *SAME) if key in asked} | {"messages": messages}
    documents = [StoredDocument(THREAD, message["id"], {"body": body, "expires": ends + LIFE})]
    name = previous(asked)
    if before is not None and name is not None and name != message["id"]:
        documents.append(StoredDocument(THREAD, name, {**before, "taken_until": ends}))
    return documents


def _without_cache_points(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message without the places where the cache may end: each was set for the request that sent it."""
    content = message.get("content")
    if not isinstance(content, list):
        return dict(message)
    blocks = [without_fields(block, "cache_control") if isinstance(block, dict) else block for block in content]
    return {**message, "content": blocks}
