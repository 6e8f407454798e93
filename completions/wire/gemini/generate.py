"""Gemini: `POST …/models/{model}:generateContent` and its other methods, of the Gemini API and of Vertex AI."""

import functools
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Body, Event, Events, in_step
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire import vectors
from completions.wire.base import (
    NO_ROUTE,
    Document,
    Headers,
    Place,
    Route,
    StreamFailure,
    WireFormat,
    decode_object,
    without,
)
from completions.wire.framing import CLOSE, Framing, JSONArray, ServerSentEvents
from completions.wire.gemini import caches, enums, file_search, files, grounding, imagen, response_format
from completions.wire.gemini import errors as gemini_errors
from completions.wire.gemini import models as gemini_models
from completions.wire.gemini import rules as gemini_rules
from completions.wire.gemini.answer import Candidate, is_vertex
from completions.wire.gemini.caches import CACHE
from completions.wire.gemini.envelope import content_of, reported_usage, tail, tier
from completions.wire.gemini.fields import inner, integer, pick
from completions.wire.gemini.file_search import DOCUMENTS
from completions.wire.gemini.prompt import read_prompt
from completions.wire.gemini.readback import collect_candidates
from completions.wire.gemini.refusals import REFUSALS
from completions.wire.gemini.stream import Chunks, verbatim_events

CONSTANT_HEADERS = {
    "vary": "Origin, X-Origin, Referer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "0",
}
"""Google's constant headers (recorded in 2025 and 2026)."""

TIER = "x-gemini-service-tier"
"""The header with the service tier, which LiteLLM reads; Vertex AI and embeddings do not have it."""

STREAMED = ":streamGenerateContent"
_SSE = re.compile(r"(?:^|&)alt=sse(?:;|&|$)")

DIMENSIONS = 3072
"""The default dimensions of `gemini-embedding-001`."""

WITHOUT_USAGE = re.compile(r"gemini-embedding-(?:001|exp)|text-|embedding-")

OLD_DIMENSIONS = 768
"""The dimensions of `text-embedding-004` and its predecessors."""


class Gemini(WireFormat):
    """Google's format: candidates of parts, streamed as server-sent events (`alt=sse`) or as one array."""

    name = family = "gemini"
    key_header = "x-goog-api-key"
    identified_by = ("x-goog-api-key", "key")
    vendor = "gemini"
    refusals = REFUSALS
    reads_address = True
    json_media_type = "application/json; charset=UTF-8"
    window_limits_prompt_only = True
    short_text = 7
    """Six of seven recorded texts of that length come in one chunk; one of eight tokens comes in two."""
    upload_place = staticmethod(files.place_of)
    collect = staticmethod(collect_candidates)
    adapt_error = staticmethod(gemini_errors.adapt_error)
    model_list = staticmethod(gemini_models.model_list)
    model = staticmethod(gemini_models.find)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; its address has the model and the method."""
        document = decode_object(body) if body.strip() else {}
        route = {**route, "alt": route.get("alt") or route.get("$alt", "")}
        address = {key: route[key] for key in ("model", "method", "alt", "vertex") if route.get(key)}
        if enums.is_numeric(route["alt"]):
            document = enums.named(document)
        if validate:
            gemini_rules.validate(document, address)
        return read_prompt(response_format.with_older_fields(document), headers, address)

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the places of the cache that a request uses, of its files, and of the documents that it searches."""
        name = pick(prompt.body, "cachedContent")
        places = [(CACHE, name)] if isinstance(name, str) and name else []
        return [*places, *_files(prompt), *((DOCUMENTS, store) for store in grounding.stores(prompt.body))]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with its cached content and its searchable documents; check that its files are ready."""
        if validate:
            files.check_usable(_files(prompt), documents, time.time())
        name, stores = pick(prompt.body, "cachedContent"), grounding.stores(prompt.body)
        if isinstance(name, str) and name:
            cache = documents.get((CACHE, name))
            if validate:
                caches.check_alone(prompt.body)
                if cache is None:
                    raise caches.not_found()
            prompt = prompt if cache is None else caches.continued(prompt, cache)
        if not stores:
            return prompt
        searched = {name: found["documents"] for (kind, name), found in documents.items() if kind == DOCUMENTS}
        missing = [store for store in stores if store not in searched]
        if missing and validate:
            raise file_search.not_found(missing[0])
        return replace(prompt, recalled={**prompt.recalled, "documents": searched})

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `GenerateContentResponse`, or the answer of a method that does not generate."""
        match prompt.address.get("method"):
            case "countTokens":
                return _token_count(reply, prompt)
            case "embedContent":
                return {"embedding": _vectors(reply, prompt)[0], **_embedding_usage(reply, prompt)}
            case "batchEmbedContents":
                return {"embeddings": _vectors(reply, prompt), **_embedding_usage(reply, prompt)}
            case "predict" if prompt.task == "draw":
                return imagen.document(reply, prompt)
            case "predict":
                predictions = [_prediction(vector, prompt, at) for at, vector in enumerate(_vectors(reply, prompt))]
                billed = sum(len(message.text) for message in prompt.messages)
                return {"predictions": predictions, "metadata": {"billableCharacterCount": billed}}
        if (verbatim := reply.verbatim(self.name)) is not None:
            return dict(verbatim)
        candidates = [Candidate(reply, prompt, index) for index in range(len(reply.choices))]
        used = reported_usage(reply, prompt, candidates)
        return {
            "candidates": [_candidate(candidate, prompt) for candidate in candidates],
            "usageMetadata": used,
            **tail(reply, prompt),
        }

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer, with the service tier in a header."""
        tier_name, body = _tier(prompt), super().render(reply, prompt)
        data = enums.numbered_bytes(body.data) if enums.wants_numbers(prompt) else body.data
        return body._replace(data=data, headers={TIER: tier_name} if tier_name else {})

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks: one per token and per call, the last of which ends a candidate; there is no terminator."""
        if (verbatim := reply.verbatim(self.name)) is not None:
            return [*verbatim_events(verbatim, prompt), *([] if _is_sse(prompt) else [CLOSE])]
        candidates = [Candidate(reply, prompt, index) for index in range(len(reply.choices))]
        chunks = Chunks(reply, prompt, candidates)
        lanes = (
            in_step([chunks.content_events(candidate, index) for index, candidate in enumerate(candidates)])
            if candidates
            else []
        )
        finishes = [chunks.finish_event(candidate, index) for index, candidate in enumerate(candidates)]
        events = Events(lanes, finishes, () if _is_sse(prompt) else (CLOSE,))
        return [_numbered(event) for event in events] if enums.wants_numbers(prompt) else events

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events, or one array if they are not requested."""
        return _framing(_is_sse(prompt), _tier(prompt))

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the API's own headers; there is none for the request id."""
        return {"server-timing": f"gfet4t7; dur={elapsed_ms:.0f}", **CONSTANT_HEADERS}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Leave out the headers that Google does not send: the error's details have the time to wait."""
        return without(headers, *gemini_errors.OTHER_VENDORS_HEADERS)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope (`google.rpc.Status`)."""
        return gemini_errors.envelope(self.adapt_error(exc))

    def lists_errors(self, path: str, query: str) -> bool:
        """Tell whether the requested stream is one array (as llm-gemini 0.35 reads its errors, 2026)."""
        return path.endswith(STREAMED) and _SSE.search(query) is None

    def error_media_type(self, path: str, query: str) -> str:
        """Return the media type of the requested events, which Google's server uses for an error too.

        Recorded by maruel/genai in September 2026 and by Mirascope; therefore the message of @google/genai is the whole
        JSON (quoted until 2026: continuedev/continue 10639, google-gemini/gemini-cli 14811 and 19466).
        """
        return ServerSentEvents.media_type if path.endswith(STREAMED) and _SSE.search(query) else ""

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as an event, or as the last element of the array."""
        return [*super().error_events(failure, prompt), *([] if _is_sse(prompt) else [CLOSE])]


def _files(prompt: Prompt) -> list[Place]:
    """Return the places of the files that a request for generation names; Vertex AI has none."""
    is_named = prompt.task == "generate" and not is_vertex(prompt)
    return files.file_places(prompt.body.get("contents") or []) if is_named else []


def _is_sse(prompt: Prompt) -> bool:
    return prompt.address.get("alt", "").partition(";")[0] == "sse"


def _numbered(event: Event) -> Event:
    return event if event is CLOSE else event._replace(data=enums.numbered_bytes(event.data))


def _candidate(candidate: Candidate, prompt: Prompt) -> dict[str, Any]:
    return {"content": content_of(candidate.parts(), prompt), **candidate.ending(), **candidate.logprobs()}


def _tier(prompt: Prompt) -> str | None:
    """Return the service tier for the header, which the Gemini API has for generated answers."""
    return None if is_vertex(prompt) or "enerateContent" not in prompt.address.get("method", "") else tier(prompt)


@functools.cache
def _framing(is_sse: bool, tier_name: str | None) -> Framing:
    framing: Framing = ServerSentEvents(line_end=b"\r\n") if is_sse else JSONArray()
    framing.headers = {TIER: tier_name} if tier_name else None
    return framing


def _embedding_usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of embeddings; models before Gemini's second have none (recorded up to August 2026)."""
    method = prompt.address.get("method")
    vertex = is_vertex(prompt)
    if WITHOUT_USAGE.match(prompt.model or "") or (method == "embedContent" and not vertex):
        return {}
    count = reply.used.prompt_tokens
    details = [{"modality": "TEXT", "tokenCount": count}]
    if vertex:
        return {"usageMetadata": {"promptTokenCount": count, "promptTokensDetails": details, "totalTokenCount": count}}
    return {"usageMetadata": {"promptTokenCount": count, "promptTokenDetails": details}}


def _token_count(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the tokens of a request; Vertex AI also counts the characters of texts and tools except spaces."""
    count = reply.used.prompt_tokens
    texts = [message.text for message in prompt.messages]
    texts += [part for tool in prompt.tools for part in (tool.name, tool.description)]
    billed = {"totalBillableCharacters": sum(len("".join(text.split())) for text in texts)} if is_vertex(prompt) else {}
    return {"totalTokens": count, **billed, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": count}]}


def _vectors(reply: Reply, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the embeddings of a request's texts, or that of the empty text if it has none."""
    sizes = [_dimensions(request, prompt.model) for request in _requests(prompt)]
    inputs = [message.text for message in prompt.messages] or [""]
    sizes += sizes[-1:] * (len(inputs) - len(sizes))
    scripted = [choice.embedding for choice in reply.choices if choice.embedding]
    return [
        {"values": list(scripted[at % len(scripted)]) if scripted else vectors.embed(each, size)}
        for at, (each, size) in enumerate(zip(inputs, sizes, strict=False))
    ]


def _requests(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the objects with the dimensions of the vectors: one for each request of a batch, or one for all."""
    batch = prompt.body.get("requests")
    if isinstance(batch, list) and (found := [item for item in batch if isinstance(item, dict)]):
        return list(found)
    return [inner(prompt.body, "parameters") or prompt.body]


def _dimensions(request: Mapping[str, Any], model: str | None) -> int:
    configured = inner(request, "embedContentConfig") or request
    requested = integer(pick(configured, "outputDimensionality"), 1)
    default = OLD_DIMENSIONS if (model or "").startswith(("text-", "embedding-")) else DIMENSIONS
    return min(requested or default, DIMENSIONS)


def _prediction(vector: dict[str, Any], prompt: Prompt, at: int) -> dict[str, Any]:
    """Return an element of Vertex's older answer."""
    content = prompt.messages[at].text if at < len(prompt.messages) else ""
    statistics = {"truncated": False, "token_count": tokens.count(content, prompt.model)}
    return {"embeddings": {"statistics": statistics, **vector}}
