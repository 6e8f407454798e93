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
"""What a body may be in. The request's own header is not looked at, for JSON is YAML."""

REFUSALS = {400: "error", 413: "error", 500: "error"}
"""What every operation may answer: of its host and its parameters, a body too large, a failure of the mock's own."""

CLOSED = {401: "error", 403: "error", 503: "error"}
"""What an operation may answer besides that not everybody may call: the journal or the state cannot be reached, too."""

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
    answers = {**REFUSALS, **({} if operation.is_open else CLOSED), **operation.answers}
    found: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*map(_part, re.findall(r"{(\w+)}", operation.path)), *map(_parameter, operation.query)],
        "responses": {str(status): _answer(status, answers[status]) for status in sorted(answers)},
        "security": [{}] if operation.is_open else [{}, {"admin_token": []}],
    }
    if operation.body is not None:
        content = {media_type: {"schema": ref(operation.body)} for media_type in MEDIA_TYPES}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _part(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(parameter: Parameter) -> Document:
    schema: Document = {"type": KINDS[parameter.kind]}
    if parameter.kind is int:
        schema |= {"minimum": parameter.least, "maximum": parameter.most}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.help, "schema": schema}


def _answer(status: int, shape: str) -> Document:
    content = {shape: {}} if "/" in shape else {"application/json": {"schema": ref(shape)}}
    return {"description": HTTPStatus(status).phrase, "content": content}
