"""Gemini: `POST …/models/{model}:generateContent` and its other methods, of the Gemini API and of Vertex AI."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import HOLE, Event, Events, Template, in_step
from completions.event.scatter import Length
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire import vectors
from completions.wire.base import NO_ROUTE, Document, Place, StreamFailure, WireFormat, decode_object, without
from completions.wire.fields import mapping
from completions.wire.framing import CLOSE, JSON_ARRAY, Framing, ServerSentEvents, counts, grouped, joined, pieces
from completions.wire.gemini import caches, file_search, grounding, imagen, media
from completions.wire.gemini import errors as gemini_errors
from completions.wire.gemini import models as gemini_models
from completions.wire.gemini import rules as gemini_rules
from completions.wire.gemini.answer import Said, is_vertex, response_id, usage, usage_so_far
from completions.wire.gemini.caches import CACHE
from completions.wire.gemini.fields import inner, integer, pick
from completions.wire.gemini.file_search import DOCUMENTS
from completions.wire.gemini.prompt import read_prompt
from completions.wire.gemini.readback import collect_candidates
from completions.wire.gemini.refusals import REFUSALS
from completions.wire.readback import Answer

STEADY_HEADERS = {"vary": "Origin, X-Origin, Referer", "x-gemini-service-tier": "standard"}
"""Constant headers; LiteLLM reads the second."""

TIERS = ("flex", "priority", "standard", "FLEX", "PRIORITY", "STANDARD")
"""The tiers that a request may ask for (`ServiceTier` of google-genai's types)."""

EVENTS = ServerSentEvents(line_end=b"\r\n")

DIMENSIONS = 3072
"""The default dimensions of `gemini-embedding-001`."""

OLD_DIMENSIONS = 768
"""The dimensions of `text-embedding-004` and its predecessors."""


class Gemini(WireFormat):
    """Google's format: candidates of parts, streamed as server-sent events (`alt=sse`) or as one array."""

    name = "gemini"
    key_header = "x-goog-api-key"
    identified_by = ("x-goog-api-key", "key")
    vendor = "gemini"
    refusals = REFUSALS
    reads_address = True
    json_type = "application/json; charset=UTF-8"
    short_text = 7
    """So it is in six of seven recorded texts of that length; one of eight tokens comes in two chunks."""

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request; its address has the model and the method."""
        document = decode_object(body) if body.strip() else {}
        address = {key: route[key] for key in ("model", "method", "alt", "vertex") if route.get(key)}
        if validate:
            gemini_rules.validate(document, address)
        return read_prompt(document, headers, address)

    def refers_to(self, prompt: Prompt) -> Collection[Place]:
        """Return the cache that a request continues from, and the documents that it searches."""
        name = pick(prompt.body, "cachedContent")
        places = [(CACHE, name)] if isinstance(name, str) and name else []
        return [*places, *((DOCUMENTS, store) for store in grounding.stores(prompt.body))]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the cached content before it, and what it searches."""
        name = pick(prompt.body, "cachedContent")
        if isinstance(name, str) and name:
            cache = documents.get((CACHE, name))
            if validate:
                caches.check_alone(prompt.body)
                if cache is None:
                    raise caches.not_found()
            prompt = prompt if cache is None else caches.continued(prompt, cache)
        if not (stores := grounding.stores(prompt.body)):
            return prompt
        kept = {name: found["documents"] for (kind, name), found in documents.items() if kind == DOCUMENTS}
        missing = [store for store in stores if store not in kept]
        if missing and validate:
            raise file_search.not_found(missing[0])
        return replace(prompt, recalled={**prompt.recalled, "documents": kept})

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `GenerateContentResponse`, or the answer of a method that does not generate."""
        match prompt.address.get("method"):
            case "countTokens":
                return _counted(reply)
            case "embedContent":
                return {"embedding": _vectors(reply, prompt)[0]}
            case "batchEmbedContents":
                count = reply.usage.prompt_tokens if reply.usage else 0
                counted = {"promptTokenCount": count, "promptTokenDetails": [{"modality": "TEXT", "tokenCount": count}]}
                return {"embeddings": _vectors(reply, prompt), "usageMetadata": counted}
            case "predict" if prompt.task == "draw":
                return imagen.document(reply, prompt)
            case "predict":
                predictions = [_prediction(vector, prompt, at) for at, vector in enumerate(_vectors(reply, prompt))]
                billed = sum(len(message.text) for message in prompt.messages)
                return {"predictions": predictions, "metadata": {"billableCharacterCount": billed}}
        if (own := reply.verbatim(self.name)) is not None:
            return dict(own)
        saids = [Said(reply, prompt, index) for index in range(len(reply.choices))]
        counted = _usage(reply, prompt, saids)
        return {"candidates": list(map(_candidate, saids)), "usageMetadata": counted, **_tail(reply, prompt)}

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks: one per token and per call, the last of which ends a candidate; there is no terminator."""
        if (own := reply.verbatim(self.name)) is not None:
            return [*_recorded(own, prompt), *([] if _is_sse(prompt) else [CLOSE])]
        saids = [Said(reply, prompt, index) for index in range(len(reply.choices))]
        chunks = _Chunks(reply, prompt, saids)
        lanes = in_step([chunks.says(said, index) for index, said in enumerate(saids)]) if saids else []
        finishes = [chunks.finish(said, index) for index, said in enumerate(saids)]
        return Events(lanes, finishes, () if _is_sse(prompt) else (CLOSE,))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Add what an answer or a chunk says: candidates, vectors, or a count."""
        collect_candidates(document, answer)

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events, or one array if they are not requested."""
        return EVENTS if _is_sse(prompt) else JSON_ARRAY

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return the API's own headers; there is none for the request id."""
        return {"server-timing": f"gfet4t7; dur={elapsed_ms:.0f}", **STEADY_HEADERS}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Leave out what Google does not send: the error's details say how long to wait."""
        return without(headers, *gemini_errors.FOREIGN)

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with Google's wording; a wrong key is a 400 here, a missing one a 403."""
        return gemini_errors.adapt_error(exc)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope (`google.rpc.Status`)."""
        return gemini_errors.envelope(gemini_errors.adapt_error(exc))

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of Google's list."""
        return gemini_models.model_list(models, query)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return a model, or raise the 404."""
        return gemini_models.find(name, models)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error as an event, or as the last element of the array."""
        return [*super().error_events(failure, prompt), *([] if _is_sse(prompt) else [CLOSE])]


def _is_sse(prompt: Prompt) -> bool:
    return prompt.address.get("alt") == "sse"


def _tail(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    tail = {"modelVersion": reply.model or prompt.model or "", "responseId": response_id(reply)}
    return tail | {"createTime": _time(reply.created or 0)} if is_vertex(prompt) else tail


def _time(created: int) -> str:
    return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _usage_so_far(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    return usage_so_far(reply.usage) | _paid(prompt)


def _paid(prompt: Prompt) -> dict[str, Any]:
    """Return how a request was paid for; the Gemini API says it since 2026."""
    if is_vertex(prompt):
        return {"trafficType": "ON_DEMAND"}
    asked = pick(prompt.body, "serviceTier")
    return {"serviceTier": asked.lower() if isinstance(asked, str) and asked in TIERS else "standard"}


def _usage(reply: Reply, prompt: Prompt, saids: Sequence[Said]) -> dict[str, Any]:
    """Return the usage; Vertex AI says besides how the request was paid for, and what the answer is made of.

    What is drawn or said aloud costs its own tokens, unless the script says what the answer costs.
    """
    document = usage(reply.usage)
    made = media.cost([part for said in saids for part in said.made], prompt)
    said = document["candidatesTokenCount"] if media.TEXT in prompt.modalities else 0
    if prompt.modalities != (media.TEXT,) and "completion_tokens" not in reply.counts:
        before = document["candidatesTokenCount"]
        document["candidatesTokenCount"] = said + sum(made.values())
        document["totalTokenCount"] += document["candidatesTokenCount"] - before
    if read := grounding.cost([found for said in saids[:1] for found in said.found], prompt):
        document["totalTokenCount"] += read
        document["toolUsePromptTokenCount"] = read
        document["toolUsePromptTokensDetails"] = [{"modality": "TEXT", "tokenCount": read}]
    details = [{"modality": kind, "tokenCount": count} for kind, count in made.items()]
    if not is_vertex(prompt):
        return document | ({"candidatesTokensDetails": details} if details else {}) | _paid(prompt)
    texts = [{"modality": "TEXT", "tokenCount": said}] if said or not details else []
    return document | {"candidatesTokensDetails": [*texts, *details]} | _paid(prompt)


def _content(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"parts": parts, "role": "model"} if parts else {"role": "model"}


def _candidate(said: Said) -> dict[str, Any]:
    return {"content": _content(said.parts()), **said.ending(), **said.logprobs()}


def _recorded(answer: Mapping[str, Any], prompt: Prompt) -> Iterator[Event]:
    """Go through the chunks of an answer that is given word by word: its texts token by token."""
    for candidate in answer["candidates"]:
        content = mapping(candidate.get("content"))
        parts = content.get("parts") or ()
        *before, (held, last) = [piece for part in parts for piece in _in_pieces(part, prompt)] or [(0, {})]
        for size, part in before:
            said = {"content": _content([part]), "index": candidate.get("index", 0)}
            yield Event(orjson.dumps({**answer, "candidates": [said]}), size)
        ended = {**candidate, "content": content | {"parts": [last]}} if last else candidate
        yield Event(orjson.dumps({**answer, "candidates": [ended]}), held if last else 0, part="finish")


def _in_pieces(part: dict[str, Any], prompt: Prompt) -> list[tuple[int, dict[str, Any]]]:
    """Return a part, or a text's pieces, each with its number of tokens.

    What a text's part has beside comes with the last piece, but that it is thought.
    """
    if not isinstance(said := part.get("text"), str) or not said:
        return [(1, part)]
    thought = {key: part[key] for key in ("thought",) if key in part}
    texts = pieces(said, prompt)
    told = [{"text": piece, **thought} for piece in texts]
    return list(zip(counts(texts) or [1] * len(texts), [*told[:-1], {**part, **told[-1]}], strict=True))


class _Chunks:
    """Writes the chunks of one stream."""

    def __init__(self, reply: Reply, prompt: Prompt, saids: Sequence[Said]) -> None:
        self._reply, self._prompt, self._saids = reply, prompt, saids
        self._began = _usage_so_far(reply, prompt)
        self._any = self._template(HOLE, self._began)
        self._held: dict[int, Event] = {}

    def says(self, said: Said, index: int) -> Events:
        """Return the content of a candidate, reasoning and text by tokens, each call at once, but not its end."""
        events = Events()
        numbers = count()
        for kind, part in said.blocks():
            if kind == "run":
                events.append(Event(self._ran(part, said, index)))
                continue
            if kind == "call":
                events += self._any.events([self._spoken(part, index)], "arguments")
                continue
            if kind == "media":
                pieces = [self._spoken(piece, index) for piece in media.cut(part, said.choice, self._prompt)]
                events += self._any.events(pieces)
                continue
            split, per_chunk = tokens.split(part["text"], self._prompt.model), self._prompt.per_chunk
            if kind == "text" and said.is_short(part["text"]):
                per_chunk = Length(self._prompt.short_text)
            if kind == "reasoning" or self._prompt.top_logprobs is None:
                events += self._pieces(part | {"text": HOLE}, joined(split, per_chunk), index)
            else:
                groups = grouped(split, split, per_chunk)
                documents = [
                    {**self._spoken({"text": "".join(group)}, index), "logprobsResult": said.entries(group, numbers)}
                    for group in groups
                ]
                events += self._any.events(documents, counts=list(map(len, groups)))
        if events and said.ends_speaking:
            self._held[index] = events.pop()
        return events

    def finish(self, said: Said, index: int) -> Event:
        """Return the chunk that ends a candidate; that of the last one has the usage."""
        held = self._held.get(index)
        ending = said.ending()
        if is_vertex(self._prompt) and self._prompt.top_logprobs is None:
            ending.pop("avgLogprobs", None)
        last = index == len(self._reply.choices) - 1
        counted = _usage(self._reply, self._prompt, self._saids) if last else self._began
        if held is not None:
            spoken = orjson.loads(held.data)["candidates"][0]
            if said.is_strict:
                spoken["content"]["parts"][-1] |= said.signature
        else:
            spoken = {"content": _content([said.ending_part()] if said.text or said.calls else [])}
        chunk, bare = self._template(HOLE, counted).fill([{**spoken, **ending}, spoken])
        return Event(chunk, held.token if held else 0, part="finish", unfinished=bare if held else b"")

    def _pieces(self, part: dict[str, Any], pieces: list[str], index: int) -> Events:
        return self._template(self._spoken(part, index), self._began).events(pieces, counts=counts(pieces))

    def _spoken(self, part: dict[str, Any], index: int) -> dict[str, Any]:
        """Return a candidate with one part; Vertex AI gives no index to a single candidate."""
        candidate = {"content": _content([part])}
        return candidate if is_vertex(self._prompt) and len(self._reply.choices) == 1 else candidate | {"index": index}

    def _ran(self, part: dict[str, Any], said: Said, index: int) -> bytes:
        """Return the chunk of a tool that has run; Gemini 3 puts an empty text beside the call."""
        spoken = self._spoken(part, index)
        if said.is_strict and ("executableCode" in part or "toolCall" in part):
            spoken["content"]["parts"].append({"text": ""})
        return self._any.fill([spoken])[0]

    def _template(self, candidate: object, counted: dict[str, Any]) -> Template:
        document = {"candidates": [candidate], "usageMetadata": counted, **_tail(self._reply, self._prompt)}
        return Template(document)


def _counted(reply: Reply) -> dict[str, Any]:
    count = reply.usage.prompt_tokens if reply.usage else 0
    return {"totalTokens": count, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": count}]}


def _vectors(reply: Reply, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the embeddings of a request's texts; without any, that of the empty text."""
    sizes = [_dimensions(request, prompt.model) for request in _requests(prompt)]
    said = [message.text for message in prompt.messages] or [""]
    sizes += sizes[-1:] * (len(said) - len(sizes))
    given = [choice.embedding for choice in reply.choices if choice.embedding]
    return [
        {"values": list(given[at % len(given)]) if given else vectors.embed(each, size)}
        for at, (each, size) in enumerate(zip(said, sizes, strict=False))
    ]


def _requests(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return what says how long the vectors are to be: for each of a batch, or once for all."""
    batch = prompt.body.get("requests")
    if isinstance(batch, list) and (found := [item for item in batch if isinstance(item, dict)]):
        return list(found)
    return [inner(prompt.body, "parameters") or prompt.body]


def _dimensions(request: Mapping[str, Any], model: str | None) -> int:
    configured = inner(request, "embedContentConfig") or request
    asked = integer(pick(configured, "outputDimensionality"), 1)
    usual = OLD_DIMENSIONS if (model or "").startswith(("text-", "embedding-")) else DIMENSIONS
    return min(asked or usual, DIMENSIONS)


def _prediction(vector: dict[str, Any], prompt: Prompt, at: int) -> dict[str, Any]:
    """Return an element of Vertex's older answer."""
    said = prompt.messages[at].text if at < len(prompt.messages) else ""
    statistics = {"truncated": False, "token_count": tokens.count(said, prompt.model)}
    return {"embeddings": mapping(vector) | {"statistics": statistics}}
