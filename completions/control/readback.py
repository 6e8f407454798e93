"""What an answer said, read back from its document or its stream, by the shapes that the formats give it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]

CUT = {"length": "length", "max_tokens": "length", "MAX_TOKENS": "length", "content_filter": "content_filter"}
"""How formats say that an answer did not end by itself, and how scripts do."""

REASONING = ("reasoning_content", "reasoning", "thinking")


@dataclass(slots=True)
class Said:
    """One choice, as it grows: texts, and the calls of tools by their place, each a name and arguments."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    cut: str | None = None
    calls: dict[object, list[str]] = field(default_factory=dict)

    def calls_tool(self, place: object, name: object, arguments: object) -> None:
        """Note a call, or what it grows by."""
        call = self.calls.setdefault(place, ["", ""])
        call[0] += _text(name)
        call[1] += arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)

    def ends(self, reason: object) -> None:
        """Note why it ends, where that says something."""
        self.cut = CUT.get(str(reason), self.cut)


def read_back(response: Document) -> list[Said]:
    """Return the choices of an answer as the journal shows it; none where it says nothing that is known."""
    said: dict[int, Said] = {}
    for document in _documents(response):
        _take(document, said)
    return [said[index] for index in sorted(said) if said[index] != Said()]


def _documents(response: Document) -> Iterator[Document]:
    """Yield the answer's document, or those of its stream: SSE or a line of JSON each."""
    if "chunks" not in response:
        if isinstance(response.get("body"), dict):
            yield response["body"]
        return
    stream = "".join(chunk["data"] for chunk in response["chunks"] if "encoding" not in chunk)
    for line in stream.splitlines():
        text = line.removeprefix("data:").strip()
        if text.startswith("{"):
            try:
                yield json.loads(text)
            except ValueError:  # as a fault left it
                continue


def _take(document: Document, said: dict[int, Said]) -> None:
    """Take in what a document adds."""
    first = said.setdefault(0, Said())
    for choice in _dicts(document.get("choices")):
        _choice(choice, said.setdefault(int(choice.get("index") or 0), Said()))
    for candidate in _dicts(document.get("candidates")):
        _candidate(candidate, said.setdefault(int(candidate.get("index") or 0), Said()))
    match document.get("type"):
        case "message":
            for index, block in enumerate(_dicts(document.get("content"))):
                _block(index, block, first)
            first.ends(document.get("stop_reason"))
        case "content_block_start":
            _block(document.get("index"), _dict(document.get("content_block")), first)
        case "content_block_delta":
            _delta(document.get("index"), _dict(document.get("delta")), first)
        case "message_delta":
            first.ends(_dict(document.get("delta")).get("stop_reason"))
        case "response.completed" | "response.incomplete":
            _items(_dict(document.get("response")), first)
    if document.get("object") == "response":
        _items(document, first)
    if "done" in document:  # Ollama's
        _message(_dict(document.get("message")), first)
        first.text += _text(document.get("response"))
        first.ends(document.get("done_reason"))


def _choice(choice: Document, said: Said) -> None:
    said.text += _text(choice.get("text"))
    _message(_dict(choice.get("message")) or _dict(choice.get("delta")), said)
    said.ends(choice.get("finish_reason"))


def _message(message: Document, said: Said) -> None:
    said.text += _text(message.get("content"))
    said.refusal += _text(message.get("refusal"))
    said.reasoning += next((text for name in REASONING if (text := _text(message.get(name)))), "")
    for index, call in enumerate(_dicts(message.get("tool_calls"))):
        custom, function = _dict(call.get("custom")), _dict(call.get("function"))
        asked = custom.get("input") if custom else function.get("arguments")
        said.calls_tool(call.get("index", index), (custom or function).get("name"), asked)


def _block(index: object, block: Document, said: Said) -> None:
    said.text += _text(block.get("text"))
    said.reasoning += _text(block.get("thinking"))
    if block.get("type") == "tool_use":  # a stream begins with an empty input
        said.calls_tool(index, block.get("name"), block.get("input") or "")


def _delta(index: object, delta: Document, said: Said) -> None:
    said.text += _text(delta.get("text"))
    said.reasoning += _text(delta.get("thinking"))
    if delta.get("type") == "input_json_delta":
        said.calls_tool(index, "", _text(delta.get("partial_json")))


def _items(response: Document, said: Said) -> None:
    for index, item in enumerate(_dicts(response.get("output"))):
        for part in _dicts(item.get("content")):
            said.text += _text(part.get("text")) if item.get("type") == "message" else ""
            said.refusal += _text(part.get("refusal"))
        for part in _dicts(item.get("summary")):
            said.reasoning += _text(part.get("text"))
        if item.get("type") in ("function_call", "custom_tool_call"):
            said.calls_tool(index, item.get("name"), item.get("arguments", item.get("input")))
    if response.get("status") == "incomplete":
        said.ends("length")


def _candidate(candidate: Document, said: Said) -> None:
    for part in _dicts(_dict(candidate.get("content")).get("parts")):
        if part.get("thought"):
            said.reasoning += _text(part.get("text"))
        else:
            said.text += _text(part.get("text"))
        if call := _dict(part.get("functionCall")):
            said.calls_tool(len(said.calls), call.get("name"), call.get("args"))
    said.ends(candidate.get("finishReason"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Iterable[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
