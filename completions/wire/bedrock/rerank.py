"""Reranking: Cohere's and Amazon's models at `/model/{id}/invoke`, and `POST /rerank` of the runtime of agents.

Shapes: `RerankRequest` and `RerankResponse` of `bedrock-agent-runtime` in botocore's service model (1.44), and what
users quote of the models' own bodies: Cohere's needs an `api_version` of 2, which Amazon's does not take
(cohere-ai/cohere-python 613, December 2024; genkit-ai/aws-bedrock-go-plugin 190, August 2026).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

from completions.conversation import Message, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import signing
from completions.wire.bedrock.base import BedrockFormat, collect_error, model_of
from completions.wire.bedrock.embeddings import Unstreamed
from completions.wire.bedrock.errors import AmazonError, violated
from completions.wire.bedrock.malformed import check, malformed
from completions.wire.bedrock.members import RERANKED, typed
from completions.wire.fields import dicts, mapping, text, texts, whole
from completions.wire.ranking import collect_scores, ranked
from completions.wire.readback import Answer

ASKED: Mapping[str, Any] = {"query": str, "documents": list, "top_n": int}
COHERE = "cohere."
OF_COHERE: Mapping[str, Any] = {"api_version": int, "max_tokens_per_doc": int, "return_documents": bool}
VERSION = 2
"""The least `api_version`."""

ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+::foundation-model/.+")
NO_ARN = (
    "The provided model ARN for reranking is invalid. Please, use a valid model ARN. Also check the model ARN follows "
    "this format: arn:<partition>:bedrock:<region>:<foundation-model/<model-id>"
)
TOO_MANY = "Cannot provide numberOfResults value that exceeds the number of sources."
MAX_RESULTS = 1000
MODEL, SETTINGS = "BEDROCK_RERANKING_MODEL", "rerankingConfiguration.bedrockRerankingConfiguration"
NULL = "Member must not be null"


class InvokedRerank(Unstreamed):
    """The documents in the order of their scores, as the model itself answers."""

    name = "rerank"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now; the query is the one message."""
        document, model = decode_object(body), route.get("model", "")
        if validate:
            self.check_call(headers, route)
            _check_body(document, is_cohere=model_of(model).startswith(COHERE))
        query = Message("user", text(document.get("query")))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(query,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the places and scores."""
        body = prompt.body
        found = ranked(reply, prompt.last_user, texts(body.get("documents")), whole(body.get("top_n"), 1))
        return {"results": [{"index": at, "relevance_score": score} for at, score in found]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the scores, or an error."""
        if not collect_error(document, answer):
            collect_scores(document.get("results"), answer)


class Rerank(BedrockFormat):
    """The sources in the order of their scores; the request names the model by its ARN."""

    name = "rerank"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now; the query is the one message."""
        document = decode_object(body)
        if validate:
            signing.check(headers)
            _check_members(document)
        [query] = dicts(document.get("queries"))[:1] or [{}]
        said = Message("user", text(mapping(query.get("textQuery")).get("text")))
        model = text(mapping(_settings(document).get("modelConfiguration")).get("modelArn"))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(said,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the places and scores."""
        sources = list(map(_source, dicts(prompt.body.get("sources"))))
        found = ranked(reply, prompt.last_user, sources, whole(_settings(prompt.body).get("numberOfResults"), 1))
        return {"results": [{"index": at, "relevanceScore": score} for at, score in found]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the scores, or an error."""
        if not collect_error(document, answer):
            collect_scores(document.get("results"), answer, "relevanceScore")


def _check_body(document: Mapping[str, Any], *, is_cohere: bool) -> None:
    fields = {**ASKED, **OF_COHERE} if is_cohere else ASKED
    check(document, fields, ("query", "documents", *(("api_version",) if is_cohere else ())), fields)
    check(document, {"documents": [str]})
    if is_cohere and document["api_version"] < VERSION:
        raise malformed(f"#/api_version: {document['api_version']} is not greater or equal to {VERSION}")
    if not document["documents"]:
        raise malformed("#/documents: expected minimum item count: 1, found: 0")
    if (most := document.get("top_n")) is not None and most < 1:
        raise malformed(f"#/top_n: {most} is not greater or equal to 1")


def _check_members(document: Mapping[str, Any]) -> None:
    typed(document, RERANKED)
    for name, most in (("queries", 1), ("sources", MAX_RESULTS)):
        if not (given := document.get(name)):
            raise violated(name, NULL if given is None else "Member must have length greater than or equal to 1")
        if len(given) > most:
            raise violated(name, f"Member must have length less than or equal to {most}")
    for where, value, allowed in _kinds(document):
        if value not in allowed:
            told = NULL if value is None else f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            raise violated(f"{where}.type", told)
    asked = _settings(document)
    arn, wanted = mapping(asked.get("modelConfiguration")).get("modelArn"), asked.get("numberOfResults")
    if arn is None:
        raise violated(f"{SETTINGS}.modelConfiguration.modelArn", NULL)
    if not ARN.fullmatch(arn):
        raise AmazonError("ValidationException", NO_ARN)
    if wanted is not None and wanted < 1:
        raise violated(f"{SETTINGS}.numberOfResults", "Member must have value greater than or equal to 1")
    if wanted is not None and wanted > len(document["sources"]):
        raise AmazonError("ValidationException", TOO_MANY)


def _kinds(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, Collection[str]]]:
    """Yield the places of the types, what is there, and what may be."""
    yield "rerankingConfiguration", mapping(document.get("rerankingConfiguration")).get("type"), (MODEL,)
    for at, query in enumerate(document["queries"], 1):
        yield f"queries.{at}.member", query.get("type"), ("TEXT",)
    for at, source in enumerate(document["sources"], 1):
        where, given = f"sources.{at}.member", mapping(source.get("inlineDocumentSource"))
        yield where, source.get("type"), ("INLINE",)
        yield f"{where}.inlineDocumentSource", given.get("type"), ("TEXT", "JSON")


def _settings(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(mapping(document.get("rerankingConfiguration")).get("bedrockRerankingConfiguration"))


def _source(source: Mapping[str, Any]) -> str:
    """Return the text of a source; of one in JSON, all of it."""
    given = mapping(source.get("inlineDocumentSource"))
    if given.get("type") == "JSON":
        return orjson.dumps(given.get("jsonDocument")).decode()
    return text(mapping(given.get("textDocument")).get("text"))
