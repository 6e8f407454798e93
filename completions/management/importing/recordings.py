"""Recordings of HTTP: vcrpy's and pytest-recording's, VCR's (Ruby), HAR, Polly's, nock's, and lines of JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from completions.management.importing.exchange import Exchange, NotTaken, as_bytes, decoded, header_map, unpacked

Document = dict[str, Any]

OF_PAGES = re.compile(r"text/(html|css|javascript)|application/(x-)?javascript|application/wasm|font/|image/svg")
"""The media types of what a browser loads for a page."""

EMPTY = (204, 205, 304)
"""The status of answers that have no body."""

SURFACES = {
    "messages": "/v1/chat/completions",
    "input": "/v1/responses",
    "contents": "/v1beta/models/{model}:generateContent",
}
"""Where a request most likely went of which only the body is told, by a key of it."""


Message = tuple[object, object]
"""A body, and headers, as they were recorded."""


def _exchange(method: str, url: str, asked: Message, status: int | str, said: Message) -> Exchange:
    """Return an exchange, whose bodies are not compressed."""
    request, headers = unpacked(as_bytes(asked[0]), header_map(asked[1])), header_map(said[1])
    response = unpacked(as_bytes(said[0]), headers)
    return Exchange(method.lstrip(":").upper(), url, request, int(status), response, headers)


def vcr(each: Document) -> Exchange:
    """Read an interaction of vcrpy's, pytest-recording's or VCR's (Ruby)."""
    request, response = each["request"], each["response"]
    status = response["status"]["code"] if isinstance(response.get("status"), dict) else response["status_code"]
    body = response["parsed_body"] if "parsed_body" in response else response.get("body", response.get("content"))
    asked = request["parsed_body"] if "parsed_body" in request else request.get("body"), request.get("headers")
    return _exchange(request["method"], request["uri"], asked, status, (body, response.get("headers")))


def har(each: Document) -> Exchange:
    """Read an entry of HAR, a browser's, mitmproxy's or Polly's."""
    request, response = each["request"], each["response"]
    if not response.get("status"):
        raise NotTaken("it has no response")
    content, headers = response.get("content", {}), header_map(response.get("headers"))
    if request["method"].lstrip(":").upper() == "OPTIONS" or OF_PAGES.match(_media_type(content, headers)):
        raise NotTaken(f"{request['url'].partition('?')[0]} is a request of the browser itself, not of an API")
    if "text" not in content and response["status"] not in EMPTY:
        raise NotTaken("the body of its answer was not kept")
    body = content.get("text", "")
    if content.get("encoding") == "base64":
        body = decoded(body)
    asked = request.get("postData", {}).get("text"), request.get("headers")
    return _exchange(request["method"], request["url"], asked, response["status"], (body, response.get("headers")))


def _media_type(content: Document, headers: Mapping[str, str]) -> str:
    return str(content.get("mimeType") or headers.get("content-type", "")).lower()


def nock(each: Document) -> Exchange:
    """Read a definition of nock's back-ups: `scope`, `method`, `path`, `body`, `status`, `response`."""
    response = each.get("response", "")
    is_hex = isinstance(response, list) and all(isinstance(part, str) for part in response)
    body = bytes.fromhex("".join(response)) if is_hex or each.get("responseIsBinary") else as_bytes(response)
    asked, said = (each.get("body"), each.get("reqheaders")), (body, each.get("rawHeaders") or each.get("headers"))
    return _exchange(each["method"], f"{each['scope']}{each['path']}", asked, each["status"], said)


def line(each: Document) -> Exchange:
    """Read a request and its response: a stored completion, a batch's line, an export of LiteLLM or Langfuse."""
    asked = _first(each, "request", "proxy_server_request", "body", "input")
    if isinstance(asked, dict) and isinstance(asked.get("body"), dict):
        asked = asked["body"]
    said = _first(each, "response", "output", "completion")
    if isinstance(said, dict) and isinstance(said.get("body"), dict):
        said = said["body"]
    asked = _decoded(asked)
    if isinstance(asked, list):
        asked = {"messages": asked}
    if isinstance(asked, dict) and "model" not in asked and isinstance(each.get("model"), str):
        asked = {"model": each["model"], **asked}
    path = _first(each, "path", "url", "endpoint") or _surface(asked)
    if not isinstance(path, str) or said is None:
        raise NotTaken("it has no request and response of a known API")
    said = _decoded(said)
    if isinstance(said, dict) and said.keys() & {"role", "content"} and "choices" not in said and "type" not in said:
        said = _completion(said, asked)
    kind = _first(each, "type", "content_type")
    headers = {"content-type": kind} if isinstance(kind, str) and "/" in kind else {}
    method = each["method"].upper() if isinstance(each.get("method"), str) else "POST"
    status = each.get("status") if isinstance(each.get("status"), int) else 200
    return Exchange(method, path, as_bytes(asked), int(status or 200), as_bytes(said), headers)


def _first(each: Mapping[str, Any], *names: str) -> Any:
    return next((each[name] for name in names if each.get(name) is not None), None)


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            json.loads(value)
        except ValueError:
            return value
        return value.encode() if value[:1] == "{" else json.loads(value)
    return value


def _surface(asked: object) -> str | None:
    if isinstance(asked, bytes):
        asked = json.loads(asked)
    if not isinstance(asked, dict):
        return None
    return next((path.format(model=asked.get("model", "")) for key, path in SURFACES.items() if key in asked), None)


def _completion(message: Document, asked: object) -> Document:
    """Return the chat completion that says a message of which only that is told."""
    model = asked.get("model", "") if isinstance(asked, dict) else ""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "chatcmpl-imported", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}
