"""Azure OpenAI: OpenAI's formats at the addresses of deployments, with the results of content filters.

Sources: Azure's REST reference (`2024-10-21`) and its page on content filters; errors as its users quote them.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, ParsedExchange, Prompt, Reply, Traffic
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.azure_errors import (
    BAD_REQUEST,
    NOT_DETECTED,
    PROMPT_FILTERED,
    RESULTS,
    VIOLENCE_RESULTS,
    check_supported,
    check_version,
    error,
)
from completions.wire.dialects.azure_times import TIMED_MODELS, TimedVendor
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.fields import arranged, by_name, without_fields, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.openai import embeddings_rules, legacy_rules
from completions.wire.openai.base import Dialect, OpenAIFormat
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.gpt_live.format import GPTLive, GPTLiveSideband
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.realtime.format import Realtime
from completions.wire.openai.refusals import any_kind, model_of_other_format
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.compact import Compaction
from completions.wire.openai.responses.format import InputTokens, Responses
from completions.wire.openai.strict_schema import AZURE as SCHEMAS
from completions.wire.openai.wordings import CHAT as OPENAI_WORDINGS
from completions.wire.openai.wordings import METHOD, POLICY
from completions.wire.refusals import FORMAT, Occurrence, Refusal
from completions.wire.wordings import Wording

OPERATIONS = {"chat": "chatCompletion", "legacy": "completion", "embeddings": "embeddings", "responses": "responses"}


def _find_operation(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a model that does not support the operation of an address."""
    refused = model_of_other_format(any_kind)(prompt, can)
    return refused and refused._replace(place=OPERATIONS.get(prompt.format, prompt.format))


UNSUPPORTED_OPERATION = (
    Refusal(
        FORMAT,
        _find_operation,
        "The {place} operation does not work with the specified model, {model}. Please choose different model "
        "and try again. You can learn more about which models can be used with each operation here: "
        "https://go.microsoft.com/fwlink/?linkid=2197993.",
        "OperationNotSupported",
        source="quotes by users, of gpt-5.1-codex-mini",
        seen="2026-07-15",
    ),
)
"""The refusal of a deployed model that does not support the operation."""

PROTECTED_MATERIAL = {"protected_material_code": NOT_DETECTED, "protected_material_text": NOT_DETECTED}
"""Further filters for answers."""

PROMPT_FILTER_RESULTS = [{"prompt_index": 0, "content_filter_results": by_name(RESULTS | {"jailbreak": NOT_DETECTED})}]

DEPLOYMENT_HEADERS = {
    "x-ms-rai-invoked": "true",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999999",
}
"""Further headers of a deployment's answers (recorded up to April 2026); nothing is limited."""


def _azure_words(words: Mapping[str, Wording]) -> Mapping[str, Wording]:
    """Return OpenAI's wording of errors with Azure's differences: those of its filters and of unknown models."""
    filtered = Wording(PROMPT_FILTERED, 400, code="content_filter", source="quotes by users", seen="2026-11-25")
    return without_fields(words, "model_not_found", "invalid_json", METHOD) | {POLICY: filtered}


CHAT, RESPONSE = chat_rules.request(SCHEMAS), responses_rules.request(SCHEMAS)
AZURE_FIELDS = ("data_sources", "user_security_context")
"""Azure's additional fields of a chat request."""


class AzureVendor(Vendor):
    """What the chat of all models on Azure shares: the rules for requests, and the headers."""

    name = "azure"
    wordings = _azure_words(OPENAI_WORDINGS)
    text_like_chat = False
    check_completion = staticmethod(legacy_rules.validate)
    error = staticmethod(error)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Check a request, without Azure's own fields, by OpenAI's rules and Azure's rules for schemas."""
        chat_rules.validate(without_fields(body, *AZURE_FIELDS), CHAT)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Check a request by OpenAI's rules; `input_type` is for other vendors' models (Cohere's)."""
        embeddings_rules.validate(without_fields(body, "input_type"), size)

    def check_response(self, body: dict[str, Any]) -> None:
        """Check a request by OpenAI's rules and Azure's rules for schemas."""
        responses_rules.validate(body, RESPONSE)

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the headers of Azure's gateway."""
        return {"apim-request-id": request_id, "x-ms-region": "Mock"}


class Azure(AzureVendor):
    """Azure's chat: the results of the filters, first for the prompt and then with each choice.

    The keys of its answers and chunks are in alphabetical order, at every depth except in the results for the prompt
    (recorded from 2025-10 to 2026-06).
    """

    padding = Dialect.padding
    has_refusal_field = True
    sorts_keys = True

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model."""
        return TIMED if TIMED_MODELS.match(prompt.model or "") else self

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return OpenAI's message."""
        return message

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return OpenAI's delta; the first has a null `refusal` (recorded since January 2026)."""
        return delta

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return OpenAI's usage."""
        counted: dict[str, Any] = by_name(usage)
        return counted

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with the filters' results for the prompt."""
        answer = document | {"prompt_filter_results": PROMPT_FILTER_RESULTS}
        return arranged(answer, sorted(answer))

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice: a text has the results of all filters, calls alone have none (recorded in February 2026).

        In a stream, calls and the end have none.
        """
        fields = dict(document)
        if "message" in fields and fields["message"].get("tool_calls") and not fields["message"]["content"]:
            fields["content_filter_results"] = {}
        elif "message" in fields:
            fields["content_filter_results"] = fields["content_filter_results"] | PROTECTED_MATERIAL
        elif "tool_calls" in fields["delta"] or fields["finish_reason"] not in (None, "content_filter"):
            fields["content_filter_results"] = {}
        ordered: dict[str, Any] = by_name(fields)
        return ordered

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response with the filters' results for the input and the output."""
        filters = [
            _filtered("prompt", RESULTS | {"jailbreak": NOT_DETECTED}),
            _filtered("completion", PROTECTED_MATERIAL | RESULTS),
        ]
        fields = without_fields(document, "access_programs", "billing")
        if IN_MEMORY_CACHE_MODELS.match(prompt.model or "") and prompt.body.get("prompt_cache_retention") is None:
            fields["prompt_cache_retention"] = "in_memory"
        return fields | {"content_filters": filters}

    def finished_extras(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the filters' results for a choice."""
        return {"content_filter_results": VIOLENCE_RESULTS if reason == "content_filter" else RESULTS}

    def chunk_extras(self, choice: Choice | None) -> dict[str, Any]:
        """Return the filters' results so far, which are empty before any content."""
        return {"content_filter_results": RESULTS | PROTECTED_MATERIAL if choice else {}}

    def opening_events(self, reply: Reply) -> list[Event]:
        """Return the chunk about the prompt, which has no choice, id or model."""
        head = {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": PROMPT_FILTER_RESULTS,
        }
        return [Event(orjson.dumps(head))]

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the headers of the gateway, and of the deployment if it answers."""
        gateway = super().headers(request_id, status, model)
        if status >= 400 or model is None or not (model.isascii() and model.isprintable()):
            return gateway
        return {**gateway, **DEPLOYMENT_HEADERS, "x-ms-deployment-name": model}


IN_MEMORY_CACHE_MODELS = re.compile(r"gpt-5\.4")
"""Models with a cache in memory here, and for a day at OpenAI (recorded of gpt-5.4 from 2026-07 to 2026-09)."""
OPENAI_MODELS = re.compile(r"gpt-|o\d")
"""OpenAI's models."""


class AzureModels(AzureVendor):
    """Other vendors' models on Azure, at `/models/`, which answer without filters (Grok's, recorded in August 2026)."""

    answer_id = Vendor.uuid
    call_ids = ("call_", 8, ids.DIGITS)
    head = (*HEAD, "service_tier", "system_fingerprint")
    sends_whole_calls = True
    has_null_usage = False
    stream_media_type = ServerSentEvents.media_type
    choice = staticmethod(without_nulls)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect; OpenAI's models answer as in a deployment."""
        return AZURE.for_prompt(prompt) if OPENAI_MODELS.match(prompt.model or "") else self

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, whose content is a string, with an index for each call."""
        fields = {key: value for key, value in message.items() if value or key == "content"}
        calls = [{"id": call["id"], "index": index, **call} for index, call in enumerate(message.get("tool_calls", ()))]
        return {**fields, "content": message["content"] or "", **({"tool_calls": calls} if calls else {})}

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage with the tokens by kind."""
        details = usage["prompt_tokens_details"] | {"text_tokens": usage["prompt_tokens"], "image_tokens": 0}
        counts = usage | {"prompt_tokens_details": details, "audio_prompt_tokens": 0, "num_sources_used": 0}
        return arranged(counts, ("prompt_tokens", "completion_tokens", "total_tokens", "audio_prompt_tokens"))

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer without filter results."""
        order = ("id", "model", "choices", "usage", "created", "object")
        return {key: document[key] for key in order} | {"prompt_filter_results": None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta without null fields."""
        return without_nulls(super().delta(delta, choice))


def _filtered(source: str, results: Mapping[str, Any]) -> dict[str, Any]:
    offsets = dict.fromkeys(("start_offset", "end_offset", "check_offset"), 0)
    fields = {"content_filter_results": results, "content_filter_offsets": offsets}
    return {"blocked": False, "source_type": source, "content_filter_raw": [], **fields}


class TimedAzure(TimedVendor, Azure):
    """The chat of models that report their times."""


AZURE, TIMED = Azure(), TimedAzure()


class Deployed(OpenAIFormat):
    """A format at the address of a deployment, whose name is the model; without `api-version` it answers 404."""

    key_header = "api-key"
    reads_address = True
    operation = "ChatCompletions_Create"
    """The API's name of the operation, for the error about too many requests."""

    def __init__(self) -> None:
        refusals, words = self.refusals, self.wordings
        super().__init__(AZURE)
        self.wordings = _azure_words(words)
        self.vendor = "openai"
        self.refusals = (*UNSUPPORTED_OPERATION, *(row for row in refusals if row.feature != FORMAT))

    def has_model(self, model: str) -> bool:
        """Accept any deployment, because its owner chooses the name."""
        return True

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; at `/openai/v1/` the body has the model, and no version is needed."""
        address = {"dialect": AZURE.name}
        if (deployment := route.get("deployment")) is not None:
            if not route.get("api-version"):
                raise RequestError("Resource not found", status=404, code="404")
            body = self.with_model(body, headers, deployment)
            address |= {"deployment": deployment, "api-version": route["api-version"]}
        if validate:
            check_supported(route.get("api-version"))
        prompt = super().parse(body, headers, validate=validate, route=route)  # type: ignore[safe-super]  # the next class has one: this is mixed in
        if validate:
            check_version(route.get("api-version"), prompt)
        return replace(prompt, address={**prompt.address, **address})

    def with_model(self, body: bytes, headers: Mapping[str, str], deployment: str) -> bytes:
        """Return a body whose model is the deployment."""
        return orjson.dumps({**decode_object(body), "model": deployment})

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer, for any version of the API."""
        return super().read(replace(traffic, route={"api-version": "any", **traffic.route}))

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Azure's envelope; those of an unknown address and of a version have two fields."""
        if exc.code in ("404", BAD_REQUEST):
            return {"error": {"code": exc.code, "message": exc.message}}
        return error(exc, self.operation)


class AzureChat(Deployed, ChatCompletions):
    """Chat completions of a deployment."""


class AzureLegacy(Deployed, LegacyCompletions):
    """Completions of a deployment."""

    operation = "Completions_Create"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the answer with the filters' results for the prompt."""
        return super().document(reply, prompt) | {"prompt_filter_results": PROMPT_FILTER_RESULTS}

    def events(self, reply: Reply, prompt: Prompt) -> Events:
        """Return the stream, which begins with the filters' results for the prompt."""
        return Events(AZURE.opening_events(reply), super().events(reply, prompt))


class AzureEmbeddings(Deployed, Embeddings):
    """Embeddings of a deployment; those of Cohere's models have another shape (recorded in August 2026)."""

    operation = "Embeddings_Create"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the list of vectors."""
        document = super().document(reply, prompt)
        if not (prompt.model or "").lower().startswith(("cohere", "embed-")):
            return document
        vectors = [arranged(vector, ("index", "object")) for vector in document["data"]]
        counts = arranged(document["usage"] | {"completion_tokens": 0}, ("prompt_tokens", "completion_tokens"))
        return {"id": ids.uuid_of(f"embedding/{reply.serial}"), **document, "data": vectors, "usage": counts}


class AzureResponses(Deployed, Responses):
    """Responses: the request names its deployment itself, at `/openai/responses` and at `/openai/v1/responses`."""

    operation = "Responses_Create"


class AzureRealtime(Deployed, Realtime):
    """Conversations over a WebSocket, at `/openai/v1/realtime`; the `model` is a deployment (BerriAI/litellm 17260)."""

    def model_in_address(self, query: Mapping[str, str]) -> RequestError | None:
        """Return None: a deployment may have any name."""
        return None


class AzureGPTLive(Deployed, GPTLive):
    """Spoken conversations at `/openai/v1/live/sessions` (Microsoft's reference of GPT-Live, read in November 2026)."""


class AzureGPTLiveSideband(Deployed, GPTLiveSideband):
    """The second connection of a spoken conversation, at `/openai/v1/live/sessions/{id}/attach`."""


class AnyModelFormat(Deployed):
    """A format for any model, because nothing is generated."""

    operation = "Responses_Create"

    def __init__(self) -> None:
        super().__init__()
        self.refusals = ()


class AzureCompaction(AnyModelFormat, Compaction):
    """Compacted responses (QuantumNous/new-api 4149, 2026-04-08)."""


class AzureInputTokens(AnyModelFormat, InputTokens):
    """The number of tokens in a request for a response."""
