"""Recordings of HTTP: vcrpy's and pytest-recording's, VCR's (Ruby), HAR, Polly's, nock's, and lines of JSON."""

import json
from collections.abc import Mapping
from typing import Any

from completions.management.importing.exchange import (
    Exchange,
    Found,
    NotTaken,
    as_bytes,
    decoded,
    header_map,
    unpacked,
)

Document = dict[str, Any]

SURFACES = {
    "messages": "/v1/chat/completions",
    "input": "/v1/responses",
    "contents": "/v1beta/models/{model}:generateContent",
}
"""Where a request most likely went of which only the body is told, by a key of it."""


def vcr(document: Document) -> Found:
    """Read vcrpy's: `interactions` of `request` and `response`."""
    found = Found("vcrpy")
    for at, each in enumerate(document["interactions"]):
        found.take(f"interaction {at}", _interaction, each)
    return found


def _interaction(each: Document) -> Exchange:
    request, response = each["request"], each["response"]
    headers = header_map(response.get("headers"))
    status = response["status"]["code"] if isinstance(response.get("status"), dict) else response["status_code"]
    body = as_bytes(response.get("body", response.get("content")))
    if "parsed_body" in response:
        body = as_bytes(response["parsed_body"])
    asked = as_bytes(request["parsed_body"] if "parsed_body" in request else request.get("body"))
    return Exchange(
        request["method"].upper(),
        request["uri"],
        unpacked(asked, header_map(request.get("headers"))),
        int(status),
        unpacked(body, headers),
        headers,
    )


def ruby(document: Document) -> Found:
    """Read VCR's: `http_interactions`."""
    found = Found("VCR (Ruby)")
    for at, each in enumerate(document["http_interactions"]):
        found.take(f"interaction {at}", _ruby, each)
    return found


def _ruby(each: Document) -> Exchange:
    request, response = each["request"], each["response"]
    headers = header_map(response.get("headers"))
    return Exchange(
        request["method"].upper(),
        request["uri"],
        as_bytes(request.get("body")),
        int(response["status"]["code"]),
        unpacked(as_bytes(response.get("body")), headers),
        headers,
    )


def har(document: Document) -> Found:
    """Read HAR, a browser's, mitmproxy's or Polly's."""
    log = document["log"]
    found = Found("Polly" if "_recordingName" in log else "HAR")
    for at, each in enumerate(log["entries"]):
        found.take(f"entry {at}", _entry, each)
    return found


def _entry(each: Document) -> Exchange:
    request, response = each["request"], each["response"]
    if not response.get("status"):
        raise NotTaken("it has no response")
    content, headers = response.get("content", {}), header_map(response.get("headers"))
    body = content.get("text", "")
    if content.get("encoding") == "base64":
        body = decoded(body)
    return Exchange(
        request["method"].upper(),
        request["url"],
        as_bytes(request.get("postData", {}).get("text")),
        int(response["status"]),
        unpacked(as_bytes(body), headers),
        headers,
    )


def nock(document: list[Document]) -> Found:
    """Read nock's back-ups: a list of `scope`, `method`, `path`, `body`, `status`, `response`."""
    found = Found("nock")
    for at, each in enumerate(document):
        found.take(f"definition {at}", _definition, each)
    return found


def _definition(each: Document) -> Exchange:
    headers = header_map(each.get("rawHeaders") or each.get("headers"))
    response = each.get("response", "")
    is_hex = isinstance(response, list) and all(isinstance(part, str) for part in response)
    body = bytes.fromhex("".join(response)) if is_hex or each.get("responseIsBinary") else as_bytes(response)
    return Exchange(
        each["method"].upper(),
        f"{each['scope']}{each['path']}",
        as_bytes(each.get("body")),
        int(each["status"]),
        unpacked(body, headers),
        headers,
    )


def lines(documents: list[Document]) -> Found:
    """Read lines of JSON, each a request and a response: stored completions, and exports of LiteLLM and Langfuse."""
    found = Found("lines of JSON")
    for at, each in enumerate(documents, 1):
        found.take(f"line {at}", _line, each)
    return found


def _line(each: Document) -> Exchange:
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
        raise NotTaken("it has no request and response of an API that is known")
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
