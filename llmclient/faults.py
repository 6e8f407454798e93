"""The closed list of faults of an HTTP 200 without a valid answer."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The reason why an answer is invalid; compares equal to its plain text."""

    NO_FINISH_REASON = "no_finish_reason"  # it ended without a `finish_reason`
    NO_CHOICES = "no_choices"  # well-formed JSON, but there is no choice in it
    EMPTY = "empty"  # no body, or a stream without one event (a lone [DONE] counts as none)
    ERROR_BODY = "error_body"  # 200, and an error for a body
    ERROR_EVENT = "error_event"  # an error in the middle of the stream
    NOT_A_STREAM = "not_a_stream"  # the response to a request for a stream is not one
    BAD_JSON = "bad_json"
    BAD_UTF8 = "bad_utf8"
    CONNECTION_LOST = "connection_lost"  # closed or reset before the end
    TIMED_OUT = "timed_out"  # silent for longer than the timeout
    ABORTED = "aborted"  # LiteLLM itself gave the stream up; the cause says why


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: the reason, a sentence for people, and what the server sent about it (if anything)."""

    reason: Reason
    message: str
    body: object = None


def error_in(document: object, is_error_event: bool) -> Fault | None:
    """Return the error in `document`, or None; `is_error_event` if it came in an event named `error`.

    OpenAI wraps it as `{"error": {...}}`; others send it flat, as `{"object": "error", ...}`, or as text.
    """
    body = document
    if isinstance(document, dict):
        wrapped = document.get("error")
        if not (wrapped or is_error_event or "error" in (document.get("object"), document.get("type"))):
            return None
        body = wrapped or document
    elif not is_error_event:
        return None
    message = body.get("message") if isinstance(body, dict) else body
    return Fault(Reason.ERROR_EVENT, str(message or body), body)
