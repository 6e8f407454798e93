"""Mistral's API: reasoning as parts of the content, ids without prefix, complete tool calls, errors without envelope.

Sources: the models of the mistralai SDK 2.x; answers, streams and errors recorded in 2025 and 2026.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from completions import ids
from completions.conversation import Block, Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import catalogue, conversation_rules, pydantic_errors, refusals, rules
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.dialects.wordings import MISTRAL, NO_ROUTE
from completions.wire.fields import arranged, contents, mapping, text, without_fields, without_nulls
from completions.wire.openai.base import Dialect, made_id, usage
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    choice,
    decimal,
    either,
    integer,
    nullable,
    obj,
    record,
    string,
)
from completions.wire.vectors import TYPES

FIELDS = (
    *("frequency_penalty", "guardrails", "logprobs", "max_tokens", "metadata", "min_tokens", "n"),
    *("parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_logprobs", "prompt_mode"),
    *("random_seed", "reasoning_effort", "repetition_penalty", "response_format", "safe_prompt", "service_tier"),
    *("stop", "stream", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p"),
    "top_prompt_logprobs",
)
"""`ChatCompletionRequest` of the SDK; other fields are refused (Gitlawb/openclaude issue 739, April 2026)."""

PARTS = (
    *("text", "image_url", "document_url", "reference", "file", "thinking", "input_audio"),
    *("resource", "resource_link"),
)
_MESSAGES = {
    "assistant": record(dict.fromkeys(("role", "content", "tool_calls", "prefix"), anything)),
    "tool": record(dict.fromkeys(("role", "content", "tool_call_id", "name"), anything)),
}
_OTHER_MESSAGE = record(dict.fromkeys(("role", "content"), anything))


def check_message(value: dict[str, Any]) -> Problem | None:
    """Check that a message has only the SDK's fields; the name of a tool or a user has long been accepted."""
    without_name = without_fields(value, "name")
    return rules.with_content(value) or _MESSAGES.get(value["role"], _OTHER_MESSAGE)(without_name)


CONTENT = re.compile(r"/v1/files/([^/?]+)/content(?:\?|$)")
"""The address of a file's content, which the mock's `files.get_signed_url` returns."""

CHAT_FIELDS: Mapping[str, Check] = {
    "random_seed": nullable(integer(0)),
    "temperature": nullable(decimal(0, 1.5)),
    "tool_choice": nullable(
        either("one of a string or object", string=choice("auto", "none", "any", "required"), object=anything)
    ),
}
"""The fields of chat whose values are not OpenAI's."""

CHAT = rules.chat(CHAT_FIELDS, parts=PARTS, known=FIELDS, message=check_message)
EMBEDDINGS = record(
    {
        "model": string(),
        "input": either("one of a string or array of strings", string=anything, array=array(string(), "strings")),
        "encoding_format": nullable(choice("float", "base64")),
        "metadata": nullable(obj),
        "output_dimension": nullable(integer(1)),
        "output_dtype": nullable(choice(*TYPES)),
    },
    ("model", "input"),
)


MAX_TEXTS = 256
"""The maximum number of texts in a request for embeddings."""

RESET_PREFIX = "x-ratelimit-reset-"
LIMIT_HEADER_NAMES = {
    f"x-ratelimit-{what}-{unit}": f"x-ratelimit-{what}-{ours}-minute"
    for what in ("limit", "remaining")
    for unit, ours in (("requests", "req"), ("tokens", "tokens"))
}
"""Mistral's names of rate limit headers, by OpenAI's."""

INVALID_IMAGE = (
    "Value error, Image content must be a URL (starting with 'https') or base64 encoded image (starting with "
    "'data:image/<format>;base64,<image-base64>')."
)
"""The validator's message for any other image (neuron-core/neuron-ai 596, 2026-07-02)."""


class Unprocessable(RequestError):
    """An invalid body: `detail` has the validator's findings."""

    def __init__(self, detail: list[dict[str, Any]], message: str) -> None:
        super().__init__(message, status=422)
        self.detail = detail


class Mistral(Vendor):
    """Mistral's dialect."""

    name = "mistral"
    vendor = "mistral"
    wordings = MISTRAL
    refusals = refusals.MISTRAL
    cross_field_rules = conversation_rules.MISTRAL
    place = "mistral/v1/"
    window_limits_prompt_only = True
    default_models = catalogue.MISTRAL
    model = staticmethod(catalogue.mistral)
    files_kind = "mistral_file"
    sends_whole_calls = True
    call_ids = ("", 9, ids.ALPHANUMERIC)
    """The API accepts no other ids in requests."""
    has_call_in_role_chunk = False
    has_finish_in_content = True
    has_usage_in_last_chunk = True
    has_null_usage = False
    head = HEAD
    padding = "p"
    pads_role_chunk = False
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT, "embeddings": EMBEDDINGS}

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; an answer starts "by the content" of a last message with `prefix`, as the SDK has it."""
        messages = prompt.body.get("messages")
        last = messages[-1] if isinstance(messages, list) and messages else None
        if not (isinstance(last, dict) and last.get("role") == "assistant" and last.get("prefix") is True):
            return self
        message = prompt.messages[-1] if prompt.messages else None
        return self if message is None or message.role != "assistant" else self.repeating(message.text)

    def file_id_of(self, source: str) -> str:
        """Return the name of a file, also from the address of its content."""
        match = CONTENT.search(source)
        return match[1] if match else source

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning, a part of the content."""
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": True}]}

    def closing_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for the text after the thoughts, as a part (simonw/llm-mistral, 2026-10-06)."""
        return {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": text}]}

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the request's id under Mistral's name, as a UUID; refusals have it too (recorded in 2026)."""
        return {"mistral-correlation-id": ids.as_uuid(request_id)}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return limits by the minute, without the times of their reset (maruel/genai, 2026-10)."""
        return {
            LIMIT_HEADER_NAMES.get(name, name): value
            for name, value in headers.items()
            if not name.startswith(RESET_PREFIX)
        }

    def answer_id(self, reply: Reply) -> str:
        """Return an id without a prefix."""
        return made_id("", reply)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message; with reasoning, its content is parts."""
        text = message["content"] or ""
        calls = [
            {**call, "id": short_call_id(call["id"]), "index": index}
            for index, call in enumerate(message.get("tool_calls", ()))
        ]
        content: Any = text
        if choice.reasoning:
            content = [part for block in choice.content for part in self._parts(block)]
        return {"role": "assistant", "tool_calls": calls or None, "content": content}

    def _parts(self, block: Block) -> list[dict[str, Any]]:
        if block.kind == "reasoning":
            thinking_parts: list[dict[str, Any]] = self.reasoning_delta(block.text)["content"]
            return thinking_parts
        return [{"type": "text", "text": block.text}] if block.kind == "text" else []

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta without fields that Mistral lacks; that with the role has empty content."""
        if "role" in delta:
            return {"role": "assistant", "content": ""}
        return without_fields(delta, "annotations")

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice without null log probabilities; a message comes last."""
        fields = without_nulls(document, "logprobs")
        return arranged(fields, ("index", "finish_reason")) if "message" in fields else fields

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer in the order of this API; Large 4's log probabilities are null (2026-10)."""
        if document["model"].startswith("mistral-large-4"):
            nulls = {"logprobs": None, "prompt_logprobs": None}
            choices = [
                arranged(nulls | choice, ("index", "finish_reason", "message")) for choice in document["choices"]
            ]
            document = document | {"choices": choices}
        return arranged(document, ("id", "created", "model", "usage", "object"))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the counts."""
        cached = reply.used.cached_tokens
        details = {"prompt_tokens_details": {"cached_tokens": cached}, "service_tier": "standard"}
        return arranged(usage(reply.used) | details, ("prompt_tokens", "total_tokens"))

    def adapt_embeddings(self, document: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Return the list with its id and the other counts, which are null."""
        null_counts = ("prompt_audio_seconds", "request_count", "prompt_tokens_details", "completion_tokens_details")
        counts = usage(reply.used) | dict.fromkeys((*null_counts, "service_tier", "prompt_token_details"))
        counts = arranged(counts, ("prompt_audio_seconds", "prompt_tokens", "total_tokens"))
        return {"id": made_id("", reply)} | document | {"usage": counts}

    def adapt_embeddings_request(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the request with OpenAI's field names: `output_dimension` is `dimensions`."""
        openai_body = without_fields(body, "metadata")
        size = openai_body.pop("output_dimension", None)
        return openai_body if size is None else openai_body | {"dimensions": size}

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt without a blank prefix of the answer, which pipecat 1.14 adds after a tool's result."""
        adapted = super().adapt_prompt(prompt)
        last = prompt.messages[-1] if prompt.messages else None
        is_blank = last is not None and last.role == "assistant" and not (last.tool_calls or last.text.strip())
        return replace(adapted, messages=prompt.messages[:-1]) if is_blank else adapted

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request is invalid, as one with an image that is neither an address nor data."""
        super().check_chat(body)
        for url in _images(body):
            if not url.startswith(("https", "data:image/")):
                detail = {"type": "value_error", "loc": ["body"], "msg": INVALID_IMAGE, "input": body}
                raise Unprocessable([detail], INVALID_IMAGE)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request is invalid, as one of too many texts (recorded by 0xPlaygrounds/rig)."""
        super().check_embeddings(body, size)
        if isinstance(body["input"], list) and len(body["input"]) > MAX_TEXTS:
            message = "Too many inputs in request, split into more batches."
            raise RequestError(message, type="invalid_request_prompt", code="3210")

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the validator's finding; its path has a message's role after the index."""
        finding = pydantic_errors.finding_of(problem, body)
        path: list[str | int] = ["body", *finding.path]
        if len(path) > 3 and path[1] == "messages" and isinstance(path[2], int):
            path.insert(3, str(body["messages"][path[2]].get("role")))
        detail = {"type": finding.kind, "loc": path, "msg": finding.message, "input": finding.value}
        return Unprocessable([detail], finding.message)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return FastAPI's error for a body that is not a JSON object; other errors as they are."""
        if (finding := pydantic_errors.undecodable_finding(exc)) is None:
            return exc
        detail = {"type": finding.kind, "loc": ["body", *finding.path], "msg": finding.message, "input": finding.value}
        return Unprocessable([detail | ({"ctx": finding.context} if finding.context else {})], finding.message)

    def with_request_id(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return an error as it is sent: that of an unknown address with the request's id."""
        return error | {"request_id": request_id.rpartition("_")[2]} if [*error] == ["message"] else error

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the error; that of a wrong key is only a `detail`."""
        if exc.status == 401 and exc.facts is not None:
            return {"detail": "Invalid API Key" if getattr(exc, "key", "") else "Unauthorized"}
        if exc.message == NO_ROUTE:
            return {"message": exc.message}
        if isinstance(exc, Unprocessable):
            return {"detail": exc.detail}
        document = {"object": "error", "message": exc.message, "type": exc.type, "param": exc.param}
        return document | {"code": exc.code, "raw_status_code": exc.status}


def _images(body: Mapping[str, Any]) -> Iterator[str]:
    for part in contents(body["messages"]):
        if part.get("type") == "image_url":
            image_url = part.get("image_url")
            yield text(mapping(image_url).get("url") if isinstance(image_url, dict) else image_url)


def short_call_id(call_id: str) -> str:
    """Return a call id as the API requires it: nine letters or digits."""
    letters = call_id.removeprefix("call_")[:9]
    return letters if conversation_rules.CALL_ID.fullmatch(letters) else ids.spelled(call_id, 9, ids.ALPHANUMERIC)
