"""Reranking at vLLM, which also scores pairs of texts, at OpenRouter and at Together.

Sources: `entrypoints/pooling/scoring` of vLLM (2026), the SDKs openrouter 1.3.84 and together 3.1.1, and the example
of OpenRouter's reference. A script's rule sees the query as the only message, for any vendor (`format: rerank`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from completions import ids
from completions.conversation import Message, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects import openrouter_costs
from completions.wire.dialects.openrouter import generation_id
from completions.wire.dialects.vendor import Vendor
from completions.wire.fields import dicts, mapping, text, text_or_none, texts, whole
from completions.wire.openai.base import OpenAIFormat
from completions.wire.ranking import MAX_DOCUMENTS, collect_scores, cost, ranked, scores, text_of
from completions.wire.readback import Answer
from completions.wire.validation import (
    Problem,
    array,
    boolean,
    either,
    integer,
    nullable,
    obj,
    record,
    string,
    wrong_type,
)


def _check_document(value: Any) -> Problem | None:
    """Check one of the documents: a text, or an object with a text."""
    return None if type(value) in (str, dict) else wrong_type("one of a string or object", value)


_TEXT_OR_OBJECT = either("one of a string or object", string=string(), object=obj)
_TEXTS_OR_OBJECTS = either(
    "one of a string, object or array", string=string(), object=obj, array=array(_check_document, "documents")
)


_REQUEST = record(
    {
        "model": string(low=1),
        "query": string(),
        "documents": array(_check_document, "documents", low=1, high=MAX_DOCUMENTS),
        "top_n": nullable(integer(1)),
        "return_documents": nullable(boolean),
        "rank_fields": nullable(array(string(), "strings")),
    },
    ("model", "query", "documents"),
    others=True,
)


class VendorRerank(OpenAIFormat):
    """The documents in the order of their scores, in a vendor's shape."""

    name = "rerank"

    def __init__(self, dialect: Vendor) -> None:
        super().__init__(dialect)
        self._vendor = dialect

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the query is the only message."""
        document = decode_object(body)
        if self._vendor.convert is not None:
            self._vendor.convert(self.name, document)
        if validate:
            self.check(document)
        return Prompt(
            format=self.name,
            task="embed",
            model=text_or_none(document.get("model")),
            messages=tuple(Message("user", each) for each in self.queries(document)),
            headers=headers,
            body=document,
            address={"dialect": self._vendor.name},
        )

    def check(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if a request is invalid."""
        self._vendor.refuse(_REQUEST(document), document)

    def queries(self, document: Mapping[str, Any]) -> Sequence[str]:
        """Return the texts with which the documents are compared."""
        return [text(document.get("query"))]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the id, the model, the tokens and the scores back."""
        answer.set_id_and_model(document.get("id"), document.get("model"))
        answer.set_usage(mapping(document.get("usage")).get("total_tokens"), 0)
        collect_scores(document.get("results"), answer)


class TogetherRerank(VendorRerank):
    """Together's rerank: the ranked text of an object is its fields, all or those in `rank_fields`."""

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes and scores, with the documents if requested."""
        documents = [
            _ranked_text(document, prompt.body.get("rank_fields"))
            for document in _as_list(prompt.body.get("documents"))
        ]
        with_documents = prompt.body.get("return_documents") is True
        results = [
            {
                "index": index,
                "relevance_score": score,
                **({"document": {"text": documents[index]}} if with_documents else {}),
            }
            for index, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
        ]
        model = reply.model or prompt.model or ""
        token_count = cost(prompt.last_user, documents, model)
        return {
            "object": "rerank",
            "id": reply.id or ids.uuid_of(reply.serial),
            "model": model,
            "results": results,
            "usage": {"prompt_tokens": token_count, "completion_tokens": 0, "total_tokens": token_count},
        }


class OpenRouterRerank(VendorRerank):
    """OpenRouter's rerank: with the provider, the cost, and the documents as they were sent."""

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes, scores and documents."""
        originals = _as_list(prompt.body.get("documents"))
        documents = list(map(text_of, originals))
        model = reply.model or prompt.model or ""
        token_count = cost(prompt.last_user, documents, model)
        return {
            "id": reply.id or generation_id("gen-rerank-", reply),
            "model": model,
            "provider": "Mock",
            "results": [
                {
                    "index": index,
                    "relevance_score": score,
                    "document": {"text": originals[index]} if isinstance(originals[index], str) else originals[index],
                }
                for index, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
            ],
            "usage": {
                "search_units": 1,
                "total_tokens": token_count,
                "cost": sum(openrouter_costs.costs(model, Usage(token_count, 0))),
            },
        }


FIELD_PAIRS = (("queries", "documents"), ("queries", "items"), ("data_1", "data_2"), ("text_1", "text_2"))
"""The possible names of the two fields of a request for scores."""


class VLLMScore(VendorRerank):
    """vLLM's scores of pairs: of one text with each of several, or of several with one each."""

    first = staticmethod(_TEXTS_OR_OBJECTS)

    def pair(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """Return the names of the two fields."""
        return next((pair for pair in FIELD_PAIRS if document.keys() >= set(pair)), FIELD_PAIRS[-1])

    def check(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if a request is invalid, or if the numbers of texts do not match."""
        pair = self.pair(document)
        checks_by_field = zip(pair, (self.first, _TEXTS_OR_OBJECTS), strict=True)
        request_check = record(
            {"model": nullable(string()), "top_n": integer(), **dict(checks_by_field)}, pair, others=True
        )
        self._vendor.refuse(request_check(document), document)
        first, second = (len(_as_list(document[name])) for name in pair)
        if first > 1 and first != second:
            raise RequestError("Input lengths must be either 1:1, 1:N or N:N")
        if not (first and second):
            raise RequestError(f"At least one {'text_pair' if first else 'text'} element must be given")

    def queries(self, document: Mapping[str, Any]) -> Sequence[str]:
        """Return the texts with which the others are compared."""
        return list(map(_content, _as_list(document.get(self.pair(document)[0])))) or [""]

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a score for each pair."""
        first, second = (list(map(_content, _as_list(prompt.body.get(name)))) for name in self.pair(prompt.body))
        pairs = list(zip(first * len(second) if len(first) == 1 else first, second, strict=False))
        data = [{"index": index, "object": "score", "score": score} for index, score in enumerate(scores(reply, pairs))]
        model = reply.model or prompt.model or "mock"
        token_count = sum(cost(first_text, [second_text], model) for first_text, second_text in pairs)
        usage = {
            "prompt_tokens": token_count,
            "total_tokens": token_count,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        }
        return {
            "id": _score_id(reply),
            "object": "list",
            "created": reply.created,
            "model": model,
            "data": data,
            "usage": usage,
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the scores back, which are in `data`."""
        super().collect(document, answer)
        collect_scores(document.get("data"), answer, "score")


class VLLMRerank(VLLMScore):
    """vLLM's rerank: a `top_n` of 0 means all documents, which the answer always has."""

    first = staticmethod(_TEXT_OR_OBJECT)

    def pair(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """Return the names of the two fields."""
        return "query", "documents"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes, documents and scores."""
        originals = _as_list(prompt.body.get("documents"))
        documents = list(map(_content, originals))
        results = [
            {"index": index, "document": _vllm_document(originals[index]), "relevance_score": score}
            for index, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
        ]
        model = reply.model or prompt.model or "mock"
        token_count = cost(prompt.last_user, documents, model)
        usage = {"prompt_tokens": token_count, "total_tokens": token_count}
        return {"id": _score_id(reply), "model": model, "usage": usage, "results": results}


def _as_list(value: object) -> list[Any]:
    """Return a list as it is, a single value as a list of one, and null as an empty list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _ranked_text(document: object, fields: object) -> str:
    """Return the text of a document: as it is, or its fields as JSON, all or the named ones."""
    if isinstance(document, str):
        return document
    object_fields, field_names = mapping(document), texts(fields)
    return orjson.dumps(
        {key: value for key, value in object_fields.items() if not field_names or key in field_names}
    ).decode()


def _content(document: object) -> str:
    """Return the text of a document; those of several parts are joined."""
    if isinstance(document, str):
        return document
    parts = dicts(mapping(document).get("content"))
    return "\n".join(text(part.get("text")) for part in parts if "text" in part)


def _vllm_document(document: object) -> dict[str, Any]:
    """Return a document in vLLM's shape: its text, or its parts."""
    if isinstance(document, str):
        return {"text": document, "multi_modal": None}
    return {"text": None, "multi_modal": mapping(document).get("content", [])}


def _score_id(reply: Reply) -> str:
    return reply.id or f"score-{ids.spelled(f'answer/{reply.serial}', 16)}"


def addresses(openrouter: Vendor, together: Vendor, vllm: Vendor) -> list[Address]:
    """Return the addresses; vLLM has several for each format."""
    return [
        Address(f"{openrouter.place}rerank", OpenRouterRerank(openrouter)),
        Address(f"{together.place}rerank", TogetherRerank(together)),
        Address("vllm/(?:v[12]/)?rerank", VLLMRerank(vllm)),
        Address("vllm/(?:v1/)?score", VLLMScore(vllm)),
    ]
