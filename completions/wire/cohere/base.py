"""What Cohere's formats share: errors (`{"id", "message"}`), and the check of a body's fields.

The wordings for keys, models and too many tokens are those of the recorded exchanges; the others are modelled on them.
"""

from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.conversation import ErrorContent, Reply
from completions.exceptions import KeyRefused, RequestError
from completions.tokens.capabilities import is_known
from completions.wire.base import WireFormat, decode_object
from completions.wire.cohere.types import check_type
from completions.wire.openai.refusals import is_not_generative, model_of_other_format
from completions.wire.readback import Answer
from completions.wire.refusals import FORMAT, Refusal
from completions.wire.shapes import Shape
from completions.wire.wordings import Wording, apply_wording

NO_KEY = "no api key supplied"
WRONG_KEY = (
    "Incorrect API key provided: ***********. You can find your API key at https://dashboard.cohere.com/api-keys."
)
TOO_MANY_TOKENS, NO_TOOLS, NO_RESULTS = ERROR_TYPES = (
    "TOO_MANY_TOKENS",
    "TOOL_USE_NOT_SUPPORTED",
    "TOOL_CALLS_MISSING_RESULTS",
)
"""The error types; other errors have none."""


def _too_long(facts: Mapping[str, Any]) -> str:
    over = max(facts["total"] - facts["window"], 1)
    return (
        f"too many tokens: size limit exceeded by {over} tokens. Try using shorter or fewer inputs. The limit for this "
        f"model is {facts['window']} tokens."
    )


ERROR_WORDINGS: Mapping[str, Wording] = {
    "context_length_exceeded": Wording(
        _too_long, 400, type=TOO_MANY_TOKENS, source="recordings: crmne/ruby_llm", seen="2026-11-25"
    ),
    "model_not_found": Wording(
        "model '{model}' not found, make sure the correct model ID was used and that you have access to the model.",
        404,
        source="recordings: pydantic/pydantic-ai",
        seen="2026-11-25",
    ),
    "insufficient_quota": Wording(
        "You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key "
        "for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'. "
        "Contact us on 'https://discord.gg/XW44jPfYJu' or email us at support@cohere.com with any questions",
        429,
        source="quotes by users, of a key on trial",
        seen="2026-11-26",
    ),
}
"""The API's wording of common errors."""

MISSING = {
    "model": "a model parameter is required for this endpoint.",
    "input_type": "invalid request: valid input_type must be provided with the provided model",
}
"""The messages for missing fields; Cohere's list of errors, as it was quoted on 2026-07-28."""

WORDS: Mapping[int, str] = {
    429: "You are past the per minute request limit, please wait and try again later.",
    500: "internal server error",
    503: "service unavailable",
}
"""The default message for a status."""


NO_CACHE = "no-cache, no-store, no-transform, must-revalidate, private, max-age=0"


def headers_of(request_id: str) -> Mapping[str, str]:
    """Return the headers of all answers: the request's id as Cohere writes it, and that nothing may be cached."""
    return {"x-debug-trace-id": request_id.rpartition("_")[2], "cache-control": NO_CACHE}


def adapt_error(exc: RequestError) -> RequestError:
    """Return an error in Cohere's words."""
    if isinstance(exc, KeyRefused):
        return RequestError(WRONG_KEY if exc.key else NO_KEY, status=401, headers=exc.headers)
    exc = apply_wording(exc, ERROR_WORDINGS)
    if exc.facts is not None and exc.status in WORDS:
        return RequestError(WORDS[exc.status], status=exc.status, type=exc.type, headers=exc.headers)
    return exc


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return an error's message, with its type if the API has one for it."""
    return ({"error_type": exc.type} if exc.type in ERROR_TYPES else {}) | {"message": exc.message}


def identified(document: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Return an error with a UUID that follows from the request's id."""
    return {"id": ids.uuid_of(request_id), **document}


NOT_IN_CHAT = (
    Refusal(
        FORMAT,
        model_of_other_format(is_not_generative),
        "model '{model}' is not supported by the chat API",
        source="quotes by users, of embed-english-v3.0",
        seen="2026-11-29",
    ),
)
"""Refusals of chat because of the model."""


class CohereFormat(WireFormat):
    """What all of Cohere's addresses share."""

    family = "cohere"
    error = staticmethod(envelope)
    adapt_error = staticmethod(adapt_error)
    with_request_id = staticmethod(identified)

    def has_model(self, model: str) -> bool:
        """Tell whether Cohere has a model of this name, for chat, embeddings or ranking."""
        return is_known(model, "cohere")

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the request's id as Cohere writes it, and that nothing may be cached."""
        return headers_of(request_id)


def collect_error(document: Mapping[str, Any], answer: Answer) -> bool:
    """Note the error in a document; tell whether there is one."""
    message = document.get("message")
    if not isinstance(message, str):
        return False
    answer.error = ErrorContent(message, document.get("error_type"))
    return True


def answer_id(reply: Reply) -> str:
    """Return the answer's id: the script's, or a UUID."""
    return reply.id or ids.uuid_of(reply.serial)


def call_id(reply: Reply, name: str, place: object) -> str:
    """Return the id of a call that has none in the script: the tool's name and 12 letters."""
    return f"{name}_{ids.spelled(f'{reply.serial}{place}', 12, ids.LOWER)}"


def meta(version: str = "2", **units: int) -> dict[str, Any]:
    """Return an answer's metadata: the API's version and the billed units."""
    return {"api_version": {"version": version}, "billed_units": units}


def read_chat_body(body: bytes) -> dict[str, Any]:
    """Decode the body of a chat; its `stream`, which decides how it is answered, must be a boolean."""
    document = decode_object(body)
    if document.get("stream") is not None and not isinstance(document["stream"], bool):
        check_type(document["stream"], bool, "stream")
    return document


def check(body: Mapping[str, Any], fields: Mapping[str, Shape], required: tuple[str, ...]) -> None:
    """Refuse missing fields, and values of another JSON type at any depth; null counts as absent."""
    check_type(body, fields, "")
    for name in required:
        if body.get(name) is None:
            raise RequestError(MISSING.get(name, f"invalid request: {name} is required"))


def check_texts(name: str, value: list[Any], maximum: int) -> None:
    """Refuse an array that is empty or too long, or has null for a string."""
    if not value:
        raise RequestError(f"invalid request: list of {name} must not be empty")
    if len(value) > maximum:
        raise RequestError(f"invalid request: total number of {name} must be at most {maximum} - received {len(value)}")
    if None in value:
        raise RequestError(f"invalid request: {name} must not have null")
