"""Reranking: Cohere's and Amazon's models at `/model/{id}/invoke`, and `POST /rerank` of the agent runtime.

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
from completions.wire.bedrock.embeddings import UnstreamedFormat
from completions.wire.bedrock.errors import AmazonError, constraint_error
from completions.wire.bedrock.malformed import check, malformed
from completions.wire.bedrock.members import RERANK, check_type
from completions.wire.fields import dicts, mapping, text, texts, whole
from completions.wire.ranking import collect_scores, ranked
from completions.wire.readback import Answer

FIELDS: Mapping[str, Any] = {"query": str, "documents": list, "top_n": int}
COHERE_PREFIX = "cohere."
COHERE_FIELDS: Mapping[str, Any] = {"api_version": int, "max_tokens_per_doc": int, "return_documents": bool}
MIN_API_VERSION = 2
"""The minimum `api_version`."""

ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+::foundation-model/.+")
INVALID_ARN = (
    "The provided model ARN for reranking is invalid. Please, use a valid model ARN. Also check the model ARN follows "
    "this format: arn:<partition>:bedrock:<region>:<foundation-model/<model-id>"
)
TOO_MANY_RESULTS = "Cannot provide numberOfResults value that exceeds the number of sources."
MAX_RESULTS = 1000
MODEL_TYPE, SETTINGS_PATH = "BEDROCK_RERANKING_MODEL", "rerankingConfiguration.bedrockRerankingConfiguration"
NOT_NULL = "Member must not be null"


class RerankAtInvoke(UnstreamedFormat):
    """The documents in the order of their scores, in the model's own shape."""

    name = "rerank"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current; the query is the only message."""
        document, model = decode_object(body), route.get("model", "")
        if validate:
            self.check_call(headers, route)
            _check_body(document, is_cohere=model_of(model).startswith(COHERE_PREFIX))
        query = Message("user", text(document.get("query")))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(query,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes and scores."""
        body = prompt.body
        ranking = ranked(reply, prompt.last_user, texts(body.get("documents")), whole(body.get("top_n"), 1))
        return {"results": [{"index": index, "relevance_score": score} for index, score in ranking]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the scores back, or an error."""
        if not collect_error(document, answer):
            collect_scores(document.get("results"), answer)


class Rerank(BedrockFormat):
    """The sources in the order of their scores; the request names the model by its ARN."""

    name = "rerank"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current; the query is the only message."""
        document = decode_object(body)
        if validate:
            signing.check(headers)
            _check_members(document)
        [query] = dicts(document.get("queries"))[:1] or [{}]
        message = Message("user", text(mapping(query.get("textQuery")).get("text")))
        model = text(mapping(_settings(document).get("modelConfiguration")).get("modelArn"))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(message,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the indexes and scores."""
        sources = list(map(_source, dicts(prompt.body.get("sources"))))
        ranking = ranked(reply, prompt.last_user, sources, whole(_settings(prompt.body).get("numberOfResults"), 1))
        return {"results": [{"index": index, "relevanceScore": score} for index, score in ranking]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the scores back, or an error."""
        if not collect_error(document, answer):
            collect_scores(document.get("results"), answer, "relevanceScore")


def _check_body(document: Mapping[str, Any], *, is_cohere: bool) -> None:
    fields = {**FIELDS, **COHERE_FIELDS} if is_cohere else FIELDS
    check(document, fields, ("query", "documents", *(("api_version",) if is_cohere else ())), fields)
    check(document, {"documents": [str]})
    if is_cohere and document["api_version"] < MIN_API_VERSION:
        raise malformed(f"#/api_version: {document['api_version']} is not greater or equal to {MIN_API_VERSION}")
    if not document["documents"]:
        raise malformed("#/documents: expected minimum item count: 1, found: 0")
    if (top_n := document.get("top_n")) is not None and top_n < 1:
        raise malformed(f"#/top_n: {top_n} is not greater or equal to 1")


def _check_members(document: Mapping[str, Any]) -> None:
    check_type(document, RERANK)
    for name, maximum in (("queries", 1), ("sources", MAX_RESULTS)):
        if not (items := document.get(name)):
            raise constraint_error(
                name, NOT_NULL if items is None else "Member must have length greater than or equal to 1"
            )
        if len(items) > maximum:
            raise constraint_error(name, f"Member must have length less than or equal to {maximum}")
    for path, value, allowed in _types(document):
        if value not in allowed:
            problem = NOT_NULL if value is None else f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            raise constraint_error(f"{path}.type", problem)
    settings = _settings(document)
    arn, count = mapping(settings.get("modelConfiguration")).get("modelArn"), settings.get("numberOfResults")
    if arn is None:
        raise constraint_error(f"{SETTINGS_PATH}.modelConfiguration.modelArn", NOT_NULL)
    if not ARN.fullmatch(arn):
        raise AmazonError("ValidationException", INVALID_ARN)
    if count is not None and count < 1:
        raise constraint_error(f"{SETTINGS_PATH}.numberOfResults", "Member must have value greater than or equal to 1")
    if count is not None and count > len(document["sources"]):
        raise AmazonError("ValidationException", TOO_MANY_RESULTS)


def _types(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, Collection[str]]]:
    """Yield the paths of the members with a `type`, their values, and the allowed values."""
    yield "rerankingConfiguration", mapping(document.get("rerankingConfiguration")).get("type"), (MODEL_TYPE,)
    for index, query in enumerate(document["queries"], 1):
        yield f"queries.{index}.member", query.get("type"), ("TEXT",)
    for index, source in enumerate(document["sources"], 1):
        path, document_source = f"sources.{index}.member", mapping(source.get("inlineDocumentSource"))
        yield path, source.get("type"), ("INLINE",)
        yield f"{path}.inlineDocumentSource", document_source.get("type"), ("TEXT", "JSON")


def _settings(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(mapping(document.get("rerankingConfiguration")).get("bedrockRerankingConfiguration"))


def _source(source: Mapping[str, Any]) -> str:
    """Return the text of a source; one in JSON is the whole of it."""
    document_source = mapping(source.get("inlineDocumentSource"))
    if document_source.get("type") == "JSON":
        return orjson.dumps(document_source.get("jsonDocument")).decode()
    return text(mapping(document_source.get("textDocument")).get("text"))
