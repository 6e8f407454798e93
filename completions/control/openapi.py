"""The control API's OpenAPI document, made of its table (OpenAPI 3.1.1, https://spec.openapis.org/oas/v3.1.1.html)."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from completions.control.operation import Operation, Parameter
from completions.control.shapes import ref, shapes

Document = dict[str, Any]

KINDS = {str: "string", int: "integer", bool: "boolean"}

MEDIA_TYPES = ("application/yaml", "application/json")
"""The media types of bodies. The request's header is ignored, because JSON is YAML."""

COMMON_ANSWERS = {400: "error", 413: "error", 500: "error"}
"""The errors of every operation: wrong hosts and parameters, too large bodies, failures of the mock."""

PROTECTED_ANSWERS = {401: "error", 403: "error", 503: "error"}
"""The further errors of protected operations: refused clients, or an unreachable journal or state store."""

NAMESPACE = {
    "name": "X-Mock-Namespace",
    "in": "header",
    "description": "The namespace, if the address has none.",
    "schema": {"type": "string", "default": "default"},
}


def document(operations: Iterable[Operation]) -> Document:
    """Return the document of these operations."""
    paths: dict[str, Document] = {}
    for operation in operations:
        item = paths.setdefault(f"/_mock/{operation.path}", {"parameters": [NAMESPACE]})
        item[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Control API of the mock", "version": "1"},
        "servers": [
            {"url": "/", "description": "The namespace of X-Mock-Namespace, or `default`."},
            {"url": "/ns/{namespace}", "variables": {"namespace": {"default": "default"}}},
        ],
        "paths": paths,
        "components": {
            "schemas": shapes(),
            "securitySchemes": {"admin_token": {"type": "http", "scheme": "bearer", "description": "ADMIN_TOKEN."}},
        },
    }


def _operation(operation: Operation) -> Document:
    answers = {**COMMON_ANSWERS, **({} if operation.is_open else PROTECTED_ANSWERS), **operation.answers}
    document: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*map(_part, re.findall(r"{(\w+)}", operation.path)), *map(_parameter, operation.query)],
        "responses": {str(status): _answer(status, answers[status]) for status in sorted(answers)},
        "security": [{}] if operation.is_open else [{}, {"admin_token": []}],
    }
    if operation.body is not None:
        content = {media_type: {"schema": ref(operation.body)} for media_type in MEDIA_TYPES}
        document["requestBody"] = {"required": True, "content": content}
    return document


def _part(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(parameter: Parameter) -> Document:
    schema: Document = {"type": KINDS[parameter.kind]}
    if parameter.kind is int:
        schema |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.help, "schema": schema}


def _answer(status: int, shape: str) -> Document:
    content = {shape: {}} if "/" in shape else {"application/json": {"schema": ref(shape)}}
    return {"description": HTTPStatus(status).phrase, "content": content}
