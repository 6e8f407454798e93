"""Step 4: an interaction, whole: what was said and done in its steps.

Shapes: `Interaction`, `Step` and `Usage` of google-genai's types (3.6), in the order of keys that was recorded from
May to October 2026.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from completions import ids
from completions.conversation import Prompt, Reply
from completions.wire.fields import dicts, mapping, text, without_fields
from completions.wire.gemini.answer import Said, call_id, response_id
from completions.wire.gemini.envelope import tier
from completions.wire.gemini.interactions.usage import usage
from completions.wire.gemini.signatures import signature
from completions.wire.gemini.times import written

Document = dict[str, Any]

STATUSES: Mapping[str, str] = {"length": "incomplete", "content_filter": "failed", "error": "failed"}
"""How an interaction ends that its model does not end by itself, by the finish reason of its answer."""

NAME = re.compile(r"v1_([A-Za-z0-9_-]+)")
_PLACES = (b"\x0a", b"\x12")
"""The tags of the two texts that an id holds."""


def new_name(reply: Reply) -> str:
    """Return the id of an interaction: `v1_`, and a message that holds an answer's id twice, in base64.

    The id of a chat completion that a script gives gets this prefix.
    """
    if reply.id:
        own = reply.id.removeprefix("chatcmpl-")
        return reply.id if own == reply.id else f"v1_{own}"
    inside = response_id(reply).encode()
    held = b"".join(tag + bytes([len(inside)]) + inside for tag in _PLACES)
    return f"v1_{base64.urlsafe_b64encode(held).decode().rstrip('=')}"


def is_name(name: str) -> bool:
    """Tell whether a text may be the id of an interaction, be there one or not."""
    if (found := NAME.fullmatch(name)) is None:
        return False
    try:
        return base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).startswith(_PLACES[0])
    except (binascii.Error, ValueError):
        return False


def interaction(reply: Reply, prompt: Prompt, asked: Prompt) -> Document:
    """Return a whole interaction; `asked` is the prompt as it would ask `generateContent`."""
    saids = [Said(reply, asked, 0)] if reply.choices else []
    made = f"{written(reply.created or 0)[:19]}Z"
    return {
        "id": "" if prompt.body.get("store") is False else new_name(reply),
        "status": _status(saids),
        "usage": usage(reply, asked, saids, is_agent=is_agent(prompt)),
        "created": made,
        "updated": made,
        **({} if is_agent(prompt) else {"service_tier": tier(asked)}),
        "steps": _steps(reply, saids[0]) if saids else [],
        "object": "interaction",
        **({"agent": prompt.model} if is_agent(prompt) else {"model": reply.model or prompt.model}),
        **{key: prompt.body[key] for key in ("previous_interaction_id",) if prompt.body.get(key)},
    }


def is_agent(prompt: Prompt) -> bool:
    """Tell whether an agent is asked, and no model."""
    return "agent" in prompt.body and not prompt.body.get("model")


def begun(whole: Mapping[str, Any], status: str = "in_progress") -> Document:
    """Return an interaction that has said nothing yet."""
    return without_fields(whole, "usage", "steps") | {"status": status}


def _status(saids: Sequence[Said]) -> str:
    if not saids:
        return "completed"
    return STATUSES.get(saids[0].choice.finish_reason or "", "requires_action" if saids[0].calls else "completed")


def _steps(reply: Reply, said: Said) -> list[Document]:
    """Return the steps of an answer; what was thought is told by its signature, and in words where they are wanted."""
    steps: list[Document] = []
    seed, calls, runs = f"interaction/{reply.serial}", count(), count()
    thought = said.choice.reasoning or (reply.usage is not None and reply.usage.reasoning_tokens)
    signed = {"signature": signature(f"{seed}/thought"), "type": "thought"}
    for kind, part in said.blocks():
        match kind:
            case "reasoning":
                steps.append({"signature": signed["signature"], "summary": [_text(part["text"])], "type": "thought"})
            case "call":
                call = part["functionCall"]
                steps.append(
                    _called(call, f"{seed}/call/{next(calls)}", signed if thought and not said.is_strict else {})
                )
            case "run":
                at = next(runs)  # each call is followed by its result
                steps.append(_tool_run(part, call_id(f"{seed}/run", at // 2)))
            case _:
                if not steps or steps[-1]["type"] != "model_output":
                    steps.append({"content": [], "type": "model_output"})
                steps[-1]["content"].append(_text(part["text"]) if kind == "text" else _file(part["inlineData"]))
    _cite(steps, [*_citations(said)])
    return [signed, *steps] if thought and not any(step["type"] == "thought" for step in steps) else steps


def _called(call: Mapping[str, Any], seed: str, signed: Document) -> Document:
    """Return the step of a call; those of Gemini 2.5 have short ids, and the signature of what was thought."""
    sealed = {key: value for key, value in signed.items() if key == "signature"}
    named = {"id": call.get("id") or ids.spelled(seed, 8, ids.LOWER), **sealed, "type": "function_call"}
    return {**named, "name": call["name"], "arguments": call["args"]}


def _text(said: str) -> Document:
    return {"text": said, "type": "text"}


def _file(inline: Mapping[str, Any]) -> Document:
    kind = inline["mimeType"].partition("/")[0]
    return {"mime_type": inline["mimeType"], "data": inline["data"], "type": kind}


def _tool_run(part: Mapping[str, Any], name: str) -> Document:
    """Return the step of a tool that the API has run itself: its call, or its result."""
    if code := part.get("executableCode"):
        told: Document = {"code": code["code"], "language": "python"}
        return {"id": name, "arguments": told, "type": "code_execution_call"}
    if printed := part.get("codeExecutionResult"):
        return {"call_id": name, "result": printed["output"], "is_error": False, "type": "code_execution_result"}
    told = part.get("toolCall") or part["toolResponse"]
    kind = {"GOOGLE_SEARCH_WEB": "google_search", "URL_CONTEXT": "url_context"}.get(told["toolType"], "file_search")
    if "toolResponse" in part:
        found = {"result": [told["response"]]} if "response" in told else {}
        return {"call_id": name, **found, "is_error": False, "type": f"{kind}_result"}
    asked = {"arguments": told["args"]} if "args" in told else {}
    searched = {"search_type": "web_search"} if kind == "google_search" else {}
    return {"id": name, **asked, **searched, "type": f"{kind}_call"}


def _citations(said: Said) -> Iterator[Document]:
    """Go through the citations of the text: those of what was searched, and those that a script gives; of bytes."""
    ending = said.ending()
    grounded = mapping(ending.get("groundingMetadata"))
    sources = [_source(chunk) for chunk in dicts(grounded.get("groundingChunks"))]
    for support in dicts(grounded.get("groundingSupports")):
        for at in support["groundingChunkIndices"]:
            yield _cited(sources[at], support["segment"])
    for source in dicts(mapping(ending.get("citationMetadata")).get("citationSources")):
        yield _cited({"url": text(source.get("uri")), "type": "url_citation"}, source)


def _source(chunk: Mapping[str, Any]) -> Document:
    """Return where something is from: a page, or a file with what stands there."""
    if web := mapping(chunk.get("web")):
        return {"url": web["uri"], "title": web["title"], "type": "url_citation"}
    found = mapping(chunk.get("retrievedContext"))
    named = {"file_name": found["title"]} if "title" in found else {}
    return {**named, "source": found["text"], "type": "file_citation"}


def _cited(source: Document, place: Mapping[str, Any]) -> Document:
    return {"start_index": place.get("startIndex", 0), "end_index": place.get("endIndex", 0), **source}


def _cite(steps: Sequence[Document], citations: Sequence[Document]) -> None:
    """Put citations beside the last text."""
    texts = [content for step in steps for content in step.get("content", ()) if content["type"] == "text"]
    if texts and citations:
        texts[-1]["annotations"] = list(citations)
