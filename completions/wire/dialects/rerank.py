"""Reranking at vLLM, which scores pairs of texts too, at OpenRouter and at Together.

Sources: `entrypoints/pooling/scoring` of vLLM (2026), the SDKs openrouter 1.3.84 and together 3.1.1, and the example
of OpenRouter's reference. A rule sees the query as the one message, whichever is asked (`format: rerank`).
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
from completions.wire.dialects.openrouter import generation
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


def _document(value: Any) -> Problem | None:
    """Check one of the documents: a text, or an object that has one."""
    return None if type(value) in (str, dict) else wrong_type("one of a string or object", value)


_ONE = either("one of a string or object", string=string(), object=obj)
_SEVERAL = either("one of a string, object or array", string=string(), object=obj, array=array(_document, "documents"))


_ASKED = record(
    {
        "model": string(low=1),
        "query": string(),
        "documents": array(_document, "documents", low=1, high=MAX_DOCUMENTS),
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
        """Read a request; the query is the one message."""
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
        self._vendor.refuse(_ASKED(document), document)

    def queries(self, document: Mapping[str, Any]) -> Sequence[str]:
        """Return what the documents are compared with."""
        return [text(document.get("query"))]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the id, the model, the tokens and the scores."""
        answer.notes(document.get("id"), document.get("model"))
        answer.costs(mapping(document.get("usage")).get("total_tokens"), 0)
        collect_scores(document.get("results"), answer)


class TogetherRerank(VendorRerank):
    """Together's: of a document that is an object its fields are ranked, all or those that are named."""

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the places and scores, with the documents if they are asked for."""
        documents = [_spelled(each, prompt.body.get("rank_fields")) for each in _listed(prompt.body.get("documents"))]
        is_told = prompt.body.get("return_documents") is True
        results = [
            {"index": at, "relevance_score": score, **({"document": {"text": documents[at]}} if is_told else {})}
            for at, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
        ]
        model = reply.model or prompt.model or ""
        read = cost(prompt.last_user, documents, model)
        return {
            "object": "rerank",
            "id": reply.id or ids.uuid_of(reply.serial),
            "model": model,
            "results": results,
            "usage": {"prompt_tokens": read, "completion_tokens": 0, "total_tokens": read},
        }


class OpenRouterRerank(VendorRerank):
    """OpenRouter's, with the provider, what it cost, and the documents as they were sent."""

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the places, scores and documents."""
        given = _listed(prompt.body.get("documents"))
        documents = list(map(text_of, given))
        model = reply.model or prompt.model or ""
        read = cost(prompt.last_user, documents, model)
        return {
            "id": reply.id or generation("gen-rerank-", reply),
            "model": model,
            "provider": "Mock",
            "results": [
                {
                    "index": at,
                    "relevance_score": score,
                    "document": {"text": given[at]} if isinstance(given[at], str) else given[at],
                }
                for at, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
            ],
            "usage": {
                "search_units": 1,
                "total_tokens": read,
                "cost": sum(openrouter_costs.costs(model, Usage(read, 0))),
            },
        }


PAIRS = (("queries", "documents"), ("queries", "items"), ("data_1", "data_2"), ("text_1", "text_2"))
"""How a request for scores can call what is compared with what."""


class VLLMScore(VendorRerank):
    """vLLM's scores of pairs: of one text with each of several, or of several with one each."""

    first = staticmethod(_SEVERAL)

    def pair(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """Return the names of the fields that are compared."""
        return next((pair for pair in PAIRS if document.keys() >= set(pair)), PAIRS[-1])

    def check(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if a request is invalid, or if the numbers of texts do not fit."""
        pair = self.pair(document)
        compared = zip(pair, (self.first, _SEVERAL), strict=True)
        asked = record({"model": nullable(string()), "top_n": integer(), **dict(compared)}, pair, others=True)
        self._vendor.refuse(asked(document), document)
        first, second = (len(_listed(document[name])) for name in pair)
        if first > 1 and first != second:
            raise RequestError("Input lengths must be either 1:1, 1:N or N:N")
        if not (first and second):
            raise RequestError(f"At least one {'text_pair' if first else 'text'} element must be given")

    def queries(self, document: Mapping[str, Any]) -> Sequence[str]:
        """Return the texts that the others are compared with."""
        return list(map(_content, _listed(document.get(self.pair(document)[0])))) or [""]

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a score for each pair."""
        first, second = (list(map(_content, _listed(prompt.body.get(name)))) for name in self.pair(prompt.body))
        pairs = list(zip(first * len(second) if len(first) == 1 else first, second, strict=False))
        data = [{"index": at, "object": "score", "score": score} for at, score in enumerate(scores(reply, pairs))]
        model = reply.model or prompt.model or "mock"
        read = sum(cost(one, [other], model) for one, other in pairs)
        usage = {"prompt_tokens": read, "total_tokens": read, "completion_tokens": 0, "prompt_tokens_details": None}
        return {
            "id": _score_id(reply),
            "object": "list",
            "created": reply.created,
            "model": model,
            "data": data,
            "usage": usage,
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the scores, which are data."""
        super().collect(document, answer)
        collect_scores(document.get("data"), answer, "score")


class VLLMRerank(VLLMScore):
    """vLLM's: a `top_n` of 0 is all documents, which are always told."""

    first = staticmethod(_ONE)

    def pair(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """Return the names of the fields that are compared."""
        return "query", "documents"

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the places, documents and scores."""
        given = _listed(prompt.body.get("documents"))
        documents = list(map(_content, given))
        results = [
            {"index": at, "document": _told(given[at]), "relevance_score": score}
            for at, score in ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
        ]
        model = reply.model or prompt.model or "mock"
        read = cost(prompt.last_user, documents, model)
        usage = {"prompt_tokens": read, "total_tokens": read}
        return {"id": _score_id(reply), "model": model, "usage": usage, "results": results}


def _listed(given: object) -> list[Any]:
    """Return several things, of which one may stand alone, and none are null."""
    if isinstance(given, list):
        return given
    return [] if given is None else [given]


def _spelled(document: object, fields: object) -> str:
    """Return the text of a document: as it is, or its fields as JSON, all or those that are named."""
    if isinstance(document, str):
        return document
    told, named = mapping(document), texts(fields)
    return orjson.dumps({key: value for key, value in told.items() if not named or key in named}).decode()


def _content(document: object) -> str:
    """Return the text of a document, of which a list of parts may have several."""
    if isinstance(document, str):
        return document
    parts = dicts(mapping(document).get("content"))
    return "\n".join(text(part.get("text")) for part in parts if "text" in part)


def _told(document: object) -> dict[str, Any]:
    """Return a document as vLLM tells it: its text, or its parts."""
    if isinstance(document, str):
        return {"text": document, "multi_modal": None}
    return {"text": None, "multi_modal": mapping(document).get("content", [])}


def _score_id(reply: Reply) -> str:
    return reply.id or f"score-{ids.spelled(f'answer/{reply.serial}', 16)}"


def addresses(openrouter: Vendor, together: Vendor, vllm: Vendor) -> list[Address]:
    """Return where they are; vLLM has each at several addresses."""
    return [
        Address(f"{openrouter.place}rerank", OpenRouterRerank(openrouter)),
        Address(f"{together.place}rerank", TogetherRerank(together)),
        Address("vllm/(?:v[12]/)?rerank", VLLMRerank(vllm)),
        Address("vllm/(?:v1/)?score", VLLMScore(vllm)),
    ]
