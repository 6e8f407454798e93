"""Recordings of HTTP: vcrpy's and pytest-recording's, VCR's (Ruby), HAR, Polly's, nock's, and lines of JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from completions.management.importing.exchange import (
    Exchange,
    NotImportable,
    as_bytes,
    decode_base64,
    decompress,
    header_map,
)

Document = dict[str, Any]

PAGE_TYPES = re.compile(r"text/(html|css|javascript)|application/(x-)?javascript|application/wasm|font/|image/svg")
"""The media types of a web page's resources."""

EMPTY = (204, 205, 304)
"""The statuses of answers without a body."""

PATHS = {
    "messages": "/v1/chat/completions",
    "input": "/v1/responses",
    "contents": "/v1beta/models/{model}:generateContent",
}
"""The most likely path of a request of which only the body is known, by a key in it."""


Message = tuple[object, object]
"""A recorded body, and its headers."""


def _exchange(method: str, url: str, request_part: Message, status: int | str, response_part: Message) -> Exchange:
    """Return an exchange, whose bodies are not compressed."""
    request, headers = decompress(as_bytes(request_part[0]), header_map(request_part[1])), header_map(response_part[1])
    response = decompress(as_bytes(response_part[0]), headers)
    return Exchange(method.lstrip(":").upper(), url, request, int(status), response, headers)


def vcr(each: Document) -> Exchange:
    """Read an interaction of vcrpy's, pytest-recording's or VCR's (Ruby)."""
    request, response = each["request"], each["response"]
    status = response["status"]["code"] if isinstance(response.get("status"), dict) else response["status_code"]
    body = response["parsed_body"] if "parsed_body" in response else response.get("body", response.get("content"))
    request_part = request["parsed_body"] if "parsed_body" in request else request.get("body"), request.get("headers")
    return _exchange(request["method"], request["uri"], request_part, status, (body, response.get("headers")))


def har(each: Document) -> Exchange:
    """Read an entry of HAR, a browser's, mitmproxy's or Polly's."""
    request, response = each["request"], each["response"]
    if not response.get("status"):
        raise NotImportable("it has no response")
    content, headers = response.get("content", {}), header_map(response.get("headers"))
    if request["method"].lstrip(":").upper() == "OPTIONS" or PAGE_TYPES.match(_media_type(content, headers)):
        raise NotImportable(f"{request['url'].partition('?')[0]} is a request of the browser itself, not of an API")
    if "text" not in content and response["status"] not in EMPTY:
        raise NotImportable("the body of its answer was not kept")
    body = content.get("text", "")
    if content.get("encoding") == "base64":
        body = decode_base64(body)
    request_part = request.get("postData", {}).get("text"), request.get("headers")
    return _exchange(
        request["method"], request["url"], request_part, response["status"], (body, response.get("headers"))
    )


def _media_type(content: Document, headers: Mapping[str, str]) -> str:
    return str(content.get("mimeType") or headers.get("content-type", "")).lower()


def nock(each: Document) -> Exchange:
    """Read a definition of nock's back-ups: `scope`, `method`, `path`, `body`, `status`, `response`."""
    response = each.get("response", "")
    is_hex = isinstance(response, list) and all(isinstance(part, str) for part in response)
    body = bytes.fromhex("".join(response)) if is_hex or each.get("responseIsBinary") else as_bytes(response)
    request_part, response_part = (
        (each.get("body"), each.get("reqheaders")),
        (body, each.get("rawHeaders") or each.get("headers")),
    )
    return _exchange(each["method"], f"{each['scope']}{each['path']}", request_part, each["status"], response_part)


def line(each: Document) -> Exchange:
    """Read a request and its response: a stored completion, a batch's line, an export of LiteLLM or Langfuse."""
    request_part = _first(each, "request", "proxy_server_request", "body", "input")
    if isinstance(request_part, dict) and isinstance(request_part.get("body"), dict):
        request_part = request_part["body"]
    response_part = _first(each, "response", "output", "completion")
    if isinstance(response_part, dict) and isinstance(response_part.get("body"), dict):
        response_part = response_part["body"]
    request_part = _decode_if_json(request_part)
    if isinstance(request_part, list):
        request_part = {"messages": request_part}
    if isinstance(request_part, dict) and "model" not in request_part and isinstance(each.get("model"), str):
        request_part = {"model": each["model"], **request_part}
    path = _first(each, "path", "url", "endpoint") or _path_of(request_part)
    if not isinstance(path, str) or response_part is None:
        raise NotImportable("it has no request and response of a known API")
    response_part = _decode_if_json(response_part)
    if (
        isinstance(response_part, dict)
        and response_part.keys() & {"role", "content"}
        and "choices" not in response_part
        and "type" not in response_part
    ):
        response_part = _completion(response_part, request_part)
    kind = _first(each, "type", "content_type")
    headers = {"content-type": kind} if isinstance(kind, str) and "/" in kind else {}
    method = each["method"].upper() if isinstance(each.get("method"), str) else "POST"
    status = each.get("status") if isinstance(each.get("status"), int) else 200
    return Exchange(method, path, as_bytes(request_part), int(status or 200), as_bytes(response_part), headers)


def _first(each: Mapping[str, Any], *names: str) -> Any:
    return next((each[name] for name in names if each.get(name) is not None), None)


def _decode_if_json(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            json.loads(value)
        except ValueError:
            return value
        return value.encode() if value[:1] == "{" else json.loads(value)
    return value


def _path_of(request_part: object) -> str | None:
    if isinstance(request_part, bytes):
        request_part = json.loads(request_part)
    if not isinstance(request_part, dict):
        return None
    return next(
        (path.format(model=request_part.get("model", "")) for key, path in PATHS.items() if key in request_part), None
    )


def _completion(message: Document, request_part: object) -> Document:
    """Return the chat completion for a message of which only that is known."""
    model = request_part.get("model", "") if isinstance(request_part, dict) else ""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "chatcmpl-imported", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}
