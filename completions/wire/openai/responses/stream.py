"""A response as a stream: its typed events in the documented order, derived from the complete document.

So the folded stream equals the document, and a stream that is resumed later is the same. The order is that of OpenAI's
reference ("Streaming events"): created, in progress, each item from `output_item.added` to `output_item.done` with its
own events between, and one event that ends the stream. There is no `[DONE]`.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from completions.event import HOLE, PAD, Event, Events, Run, padding
from completions.event.scatter import MAX_TOKENS, Length
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, text, texts
from completions.wire.framing import counts, group_by_chunk, joined
from completions.wire.openai.responses.document import unfinished
from completions.wire.openai.responses.echo import by_name
from completions.wire.openai.responses.hosted import PICTURE_DEFAULTS

SEQUENCE = "sequence_number"

NUMBER = secrets.token_hex(16)
"""The placeholder of an event's number in the common part of a run of events."""

_QUOTED_HOLE, _QUOTED_NUMBER = f'"{HOLE}"'.encode(), f'"{NUMBER}"'.encode()

_STEPS: Mapping[str, tuple[str, ...]] = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
}
"""The status events of calls that have no other events, by the item's type."""

ABSENT = object()

_EMPTY: Mapping[str, Mapping[str, Any]] = {
    "message": {"content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": ""},
    "tool_search_call": {"arguments": {}},
    "custom_tool_call": {"input": ""},
    "shell_call_output": {"output": []},
    "mcp_call": {"arguments": "", "output": None},
    "code_interpreter_call": {"code": "", "outputs": None},
    "image_generation_call": dict.fromkeys((*PICTURE_DEFAULTS, "result", "revised_prompt"), ABSENT),
    "mcp_list_tools": {"tools": []},
    "file_search_call": {"queries": [], "results": None},
    "web_search_call": {"action": ABSENT},
}
"""The fields that are still empty when an item is added, by its type."""

WHOLE_TEXT = Length(MAX_TOKENS)
"""The length of deltas with a whole text: those of the `pro` mode (gpt-5.2-pro, 2026-09-29) and of MCP's calls."""

MCP_CALLED = "response.mcp_call_arguments.delta"
"""The event with all arguments of a call (2 of 2 recorded streams, until September 2026)."""

_STATELESS = ("mcp_list_tools", "mcp_approval_request")


def narrate(document: Mapping[str, Any], per_chunk: Length | None, tier: str, *, obfuscate: bool) -> Events:
    """Return the events for a document, with this many tokens per delta; with `obfuscate` each delta is padded.

    `tier` is the tier before the end, if the complete response has `default`.
    """
    return _EventWriter(document, per_chunk, obfuscate).write(tier)


class _EventWriter:
    """Writes one stream, numbering its events."""

    def __init__(self, document: Mapping[str, Any], per_chunk: Length | None, obfuscate: bool) -> None:
        reasoning = mapping(document.get("reasoning"))
        self._document, self._obfuscate = document, obfuscate
        self._per_chunk = per_chunk or (WHOLE_TEXT if reasoning.get("mode") == "pro" else None)
        self._model = document["model"]
        self._thinks = reasoning.get("effort") is not None
        self._events = Events()

    def write(self, tier: str) -> Events:
        before = unfinished(self._document, "in_progress", tier)
        if self._document["background"]:
            queued = unfinished(self._document, "queued", tier)
            self._add("response.created", {"response": queued})
            self._add("response.queued", {"response": queued})
        else:
            self._add("response.created", {"response": before})
        self._add("response.in_progress", {"response": before})
        for index, item in enumerate(self._document["output"]):
            self._item(index, item)
        self._add(f"response.{self._document['status']}", {"response": self._document}, part="finish")
        return self._events

    def _add(self, kind: str, fields: Mapping[str, Any], *, token: int = 0, part: str = "") -> None:
        document = by_name({"type": kind, SEQUENCE: len(self._events), **fields})
        self._events.append(Event(orjson.dumps(document), token, True, part, kind))

    def _item(self, index: int, item: Mapping[str, Any]) -> None:
        kind = item["type"]
        started = {key: value for key, value in {**item, **_EMPTY.get(kind, {})}.items() if value is not ABSENT}
        if kind == "reasoning" and "content" in item:
            started["content"] = []
        if (
            kind == "web_search_call" and "action" in item and not self._thinks
        ):  # while reasoning, the action is not known yet
            started["action"] = {"type": mapping(item["action"]).get("type", "search")}
        if kind == "shell_call" and "commands" in mapping(item.get("action")):
            started["action"] = {**item["action"], "commands": []}
        if kind == "apply_patch_call" and "diff" in mapping(item.get("operation")):
            started["operation"] = {**item["operation"], "diff": ""}
        if kind not in _STATELESS and "status" in item:
            started["status"] = "in_progress"
            started.pop("encrypted_content", None)  # reasoning with a status has this at its end
        self._add("response.output_item.added", {"output_index": index, "item": started}, token=_is_call(kind))
        self._item_content(kind, {"item_id": item["id"], "output_index": index}, item)
        self._add("response.output_item.done", {"output_index": index, "item": item})

    def _item_content(self, kind: str, at: dict[str, Any], item: Mapping[str, Any]) -> None:
        match kind:
            case "message":
                for place, part in enumerate(item.get("content") or ()):
                    self._part(at | {"content_index": place}, part)
            case "reasoning":
                for place, part in enumerate(item.get("content") or ()):
                    self._reasoning_part("content_part", "reasoning_text", at | {"content_index": place}, part)
                for place, part in enumerate(item.get("summary") or ()):
                    kinds = "reasoning_summary_part", "reasoning_summary_text"
                    self._reasoning_part(*kinds, at | {"summary_index": place}, part)
            case "function_call":
                self._whole_text("response.function_call_arguments", at, "arguments", item)
            case "custom_tool_call":
                self._whole_text("response.custom_tool_call_input", at, "input", item)
            case "apply_patch_call" if "diff" in mapping(item.get("operation")):
                self._whole_text("response.apply_patch_call_operation_diff", at, "diff", item["operation"])
            case "shell_call":
                self._commands(index=at["output_index"], commands=texts(mapping(item.get("action")).get("commands")))
            case "shell_call_output":
                for place, output in enumerate(dicts(item.get("output"))):
                    self._shell_output({**at, "command_index": place}, output)
            case "mcp_call":
                self._steps(kind, at, ("in_progress",))
                self._whole_text("response.mcp_call_arguments", at, "arguments", item)
                self._steps(kind, at, ("failed" if item.get("error") else "completed",))
            case "code_interpreter_call":
                self._steps(kind, at, ("in_progress",))
                self._whole_text("response.code_interpreter_call_code", at, "code", item)
                self._steps(kind, at, ("interpreting", "completed"))
            case "image_generation_call":
                self._picture(at, item)
            case _:
                self._steps(kind, at, _STEPS.get(kind, ()))

    def _commands(self, index: int, commands: Iterable[str]) -> None:
        """Add the events of a shell's commands (`ResponseShellCallCommand…Event` of the SDK, which name no item)."""
        for place, command in enumerate(commands):
            at = {"command_index": place, "output_index": index}
            self._add("response.shell_call_command.added", {**at, "command": ""})
            self._whole_text("response.shell_call_command", at, "command", {"command": command})

    def _shell_output(self, at: dict[str, Any], output: Mapping[str, Any]) -> None:
        """Add the events of a command's output (`ResponseShellCallOutputContent…Event` of the SDK)."""
        for stream in ("stdout", "stderr"):
            if said := text(output.get(stream)):
                self._add("response.shell_call_output_content.delta", {**at, "delta": {stream: said}})
        self._add("response.shell_call_output_content.done", {**at, "output": [output]})

    def _steps(self, kind: str, at: Mapping[str, Any], steps: Iterable[str]) -> None:
        for step in steps:
            self._add(f"response.{kind}.{step}", at)

    def _picture(self, at: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        self._steps(item["type"], at, ("in_progress", "generating"))
        tool: Mapping[str, Any] = next(
            (tool for tool in self._document["tools"] if tool.get("type") == "image_generation"), {}
        )
        count = tool.get("partial_images")
        for place in range(min(count, 3) if isinstance(count, int) else 0):
            partial = {"partial_image_index": place, "partial_image_b64": item.get("result")}
            partial |= {key: item[key] for key in PICTURE_DEFAULTS if key in item}
            self._add("response.image_generation_call.partial_image", {**at, **partial}, token=True)
        self._steps(item["type"], at, ("completed",))

    def _part(self, at: Mapping[str, Any], part: Mapping[str, Any]) -> None:
        empty: dict[str, Any] = {"type": "refusal", "refusal": ""}
        if not (is_refusal := part.get("type") == "refusal"):  # a script's part may lack fields of the API's
            empty = {**part, "text": ""} | {key: [] for key in ("annotations", "logprobs") if key in part}
        self._add("response.content_part.added", {**at, "part": empty})
        if is_refusal:
            self._whole_text("response.refusal", at, "refusal", part)
        else:
            self._text(at, part)
        self._add("response.content_part.done", {**at, "part": part})

    def _text(self, at: Mapping[str, Any], part: Mapping[str, Any]) -> None:
        kind, entries, content = "response.output_text", part.get("logprobs") or [], part.get("text") or ""
        if entries:
            for group in group_by_chunk(entries, [entry["token"] for entry in entries], self._per_chunk):
                delta = "".join(entry["token"] for entry in group)
                pad = {"obfuscation": padding(orjson.dumps(delta)).decode()} if self._obfuscate else {}
                self._add(f"{kind}.delta", {**at, "delta": delta, "logprobs": list(group), **pad}, token=len(group))
        else:
            self._deltas(f"{kind}.delta", {**at, "logprobs": []}, content)
        for place, annotation in enumerate(part.get("annotations") or ()):
            self._add(f"{kind}.annotation.added", {**at, "annotation_index": place, "annotation": annotation})
        self._add(f"{kind}.done", {**at, "text": content, "logprobs": entries})

    def _reasoning_part(self, kind: str, text_kind: str, at: Mapping[str, Any], part: Mapping[str, Any]) -> None:
        self._add(f"response.{kind}.added", {**at, "part": {**part, "text": ""}})
        self._whole_text(f"response.{text_kind}", at, "text", part)
        self._add(f"response.{kind}.done", {**at, "part": part})

    def _whole_text(self, kind: str, at: Mapping[str, Any], key: str, source: Mapping[str, Any]) -> None:
        """Add the events of a plain text: its deltas, and the whole text."""
        part = "arguments" if key in ("arguments", "command", "input") else ""
        text = source.get(key) or ""
        self._deltas(f"{kind}.delta", at, text, part)
        self._add(f"{kind}.done", {**at, key: text})

    def _deltas(self, kind: str, fields: Mapping[str, Any], text: str, part: str = "") -> None:
        """Add one event per token; their common part is encoded once."""
        pad_field = {"obfuscation": PAD} if self._obfuscate else {}
        common = orjson.dumps(by_name({"type": kind, **fields, **pad_field, "delta": HOLE, SEQUENCE: NUMBER}))
        head, rest = common.split(_QUOTED_HOLE)
        before, _, after = rest.partition(PAD.encode()) if self._obfuscate else (b"", b"", rest)
        after, tail = after.split(_QUOTED_NUMBER)
        rests, dumps = [], orjson.dumps
        per_chunk = self._per_chunk or (WHOLE_TEXT if kind == MCP_CALLED else None)
        pieces = joined(tokens.split(text, self._model), per_chunk)
        for number, piece in enumerate(pieces, len(self._events)):
            data = dumps(piece)
            pad = before + padding(data) if self._obfuscate else b""
            rests.append(data + pad + after + str(number).encode() + tail)
        self._events.add_tokens(Run(head, rests), part, kind, counts(pieces))


def _is_call(kind: str) -> bool:
    """Tell whether an item's name counts as a token, so that an answer of only calls has a first token."""
    return kind.endswith("_call")
