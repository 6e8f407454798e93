"""Rerank at `POST /v1/rerank`: Jina (and APIs that follow it), Voyage, and version 1 of Cohere's API.

They are told apart by the name of the model; only Cohere's requests may lack one. Shapes: Jina's and Voyage's
references ("Reranker API", November 2026), and what LiteLLM 1.110 sends to and reads of them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.cohere.base import answer_id, check
from completions.wire.cohere.rerank import CohereRerank
from completions.wire.fields import mapping, text, text_or_none, whole
from completions.wire.ranking import MAX_DOCUMENTS, collect_scores, cost, ranked, text_of
from completions.wire.readback import Answer
from completions.wire.shapes import Shape

VOYAGE_MODELS, COHERE_MODELS = re.compile(r"rerank-(?:lite-)?\d"), re.compile(r"rerank-(?:v|english|multilingual)")

FIELDS: Mapping[str, Shape] = {
    "model": str,
    "query": str,
    "documents": list,
    "top_n": int,
    "top_k": int,
    "return_documents": bool,
    "truncation": bool,
    "max_tokens_per_doc": int,
    "max_chunks_per_doc": int,
    "rank_fields": list,
}


class SharedRerank(CohereRerank):
    """The documents in the order of their scores, in the shape of the vendor of the requested model."""

    def has_model(self, model: str) -> bool:
        """Accept all names: the models may be those of any vendor."""
        return True

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; documents may be objects that have a `text`."""
        document = decode_object(body)
        if validate:
            check(document, FIELDS, ("query", "documents"))
            _check_documents(document["documents"])
            if (top := _top(document)) is not None and top < 1:
                raise RequestError("top_n must be at least 1")
        return Prompt(
            format="rerank",
            task="embed",
            model=text_or_none(document.get("model")),
            messages=(Message("user", text(document.get("query"))),),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes and scores of the best documents, with the documents if they are requested."""
        body, model = prompt.body, prompt.model or ""
        documents_or_none = body.get("documents")
        documents = documents_or_none if isinstance(documents_or_none, list) else []
        texts = [text_of(each) for each in documents]
        ranking = ranked(reply, prompt.last_user, texts, whole(_top(body), 1))
        with_documents = body.get("return_documents")
        if VOYAGE_MODELS.match(model):
            data = [
                {"relevance_score": score, "index": index, **({"document": texts[index]} if with_documents else {})}
                for index, score in ranking
            ]
            usage = {"total_tokens": cost(prompt.last_user, texts, model)}
            return {"object": "list", "data": data, "model": reply.model or model, "usage": usage}
        is_cohere = not model or COHERE_MODELS.match(model) is not None
        with_documents = bool(with_documents) if is_cohere else with_documents is not False
        results = [
            {
                "index": index,
                "relevance_score": score,
                **({"document": {"text": texts[index]}} if with_documents else {}),
            }
            for index, score in ranking
        ]
        if is_cohere:
            units = {"api_version": {"version": "1"}, "billed_units": {"search_units": 1}}
            return {"id": answer_id(reply), "results": results, "meta": units}
        usage = {"total_tokens": cost(prompt.last_user, texts, model)}
        return {"model": reply.model or model, "object": "list", "usage": usage, "results": results}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the scores back; Voyage has them in `data`."""
        super().collect(document, answer)
        collect_scores(document.get("data"), answer)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the message as Jina and Voyage have it."""
        return {"detail": exc.message}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the error as it is: these have no id."""
        return document

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error without Cohere's words."""
        return exc


def _top(body: Mapping[str, Any]) -> int | None:
    value = body.get("top_k") if body.get("top_n") is None else body.get("top_n")
    return value if isinstance(value, int) else None


def _check_documents(documents: Sequence[object]) -> None:
    if not 1 <= len(documents) <= MAX_DOCUMENTS:
        raise RequestError(f"documents must have 1 to {MAX_DOCUMENTS} elements, not {len(documents)}")
    for at, document in enumerate(documents):
        if not isinstance(document, str) and not isinstance(mapping(document).get("text"), str):
            raise RequestError(f"documents[{at}] must be a text, or an object that has a text")
