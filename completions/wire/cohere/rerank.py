"""Cohere's rerank: `POST /v2/rerank`. A score measures how similar a document's words are to the query's."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.cohere.base import CohereFormat, answer_id, check, check_texts, collect_error, meta
from completions.wire.fields import text, text_or_none, texts, whole
from completions.wire.ranking import MAX_DOCUMENTS, collect_scores, ranked
from completions.wire.readback import Answer
from completions.wire.shapes import Shape

FIELDS: Mapping[str, Shape] = {
    "model": str,
    "query": str,
    "documents": [str],
    "top_n": int,
    "max_tokens_per_doc": int,
    "priority": int,
}


class CohereRerank(CohereFormat):
    """The documents in the order of their scores, the best ones first."""

    name = "rerank"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the query is the one message."""
        document = decode_object(body)
        if validate:
            check(document, FIELDS, ("model", "query", "documents"))
            check_texts("documents", document["documents"], MAX_DOCUMENTS)
            _check_texts_not_empty(document["query"], document["documents"])
            if (top := document.get("top_n")) is not None and top < 1:
                raise RequestError("invalid request: top_n must be at least 1")
        query = Message("user", text(document.get("query")))
        return Prompt(
            format="rerank",
            task="embed",
            model=text_or_none(document.get("model")),
            messages=(query,),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes and scores of the `top_n` best documents."""
        documents_or_none = prompt.body.get("documents")
        documents = texts(documents_or_none) if isinstance(documents_or_none, list) else ()
        ranking = ranked(reply, prompt.last_user, documents, whole(prompt.body.get("top_n"), 1))
        results = [{"index": index, "relevance_score": score} for index, score in ranking]
        return {"id": answer_id(reply), "results": results, "meta": meta(search_units=1)}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the id and the scores back."""
        if not collect_error(document, answer):
            answer.set_id_and_model(document.get("id"), None)
            collect_scores(document.get("results"), answer)


def _check_texts_not_empty(query: str, documents: Sequence[str]) -> None:
    if not query.strip():
        raise RequestError("invalid request: query must not be empty or be only whitespace")
    if (at := next((at for at, each in enumerate(documents) if not each), None)) is not None:
        raise RequestError(f"invalid request: document at index {at} cannot be empty")
