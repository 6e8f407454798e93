"""Step 4: a whole interaction, with its steps.

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
from completions.wire.gemini.answer import Candidate, call_id, response_id
from completions.wire.gemini.envelope import tier
from completions.wire.gemini.interactions.usage import usage
from completions.wire.gemini.signatures import signature
from completions.wire.gemini.times import timestamp

Document = dict[str, Any]

STATUSES: Mapping[str, str] = {"length": "incomplete", "content_filter": "failed", "error": "failed"}
"""The status of an interaction by the finish reason of its answer, where that is not a natural stop."""

INTERACTION_ID = re.compile(r"v1_([A-Za-z0-9_-]+)")
_TAGS = (b"\x0a", b"\x12")
"""The tags of the two texts in an id."""


def new_id(reply: Reply) -> str:
    """Return the id of an interaction: `v1_`, and a message that holds an answer's id twice, in base64.

    The id of a chat completion that a script gives gets this prefix.
    """
    if reply.id:
        unprefixed = reply.id.removeprefix("chatcmpl-")
        return reply.id if unprefixed == reply.id else f"v1_{unprefixed}"
    answer_id = response_id(reply).encode()
    encoded = b"".join(tag + bytes([len(answer_id)]) + answer_id for tag in _TAGS)
    return f"v1_{base64.urlsafe_b64encode(encoded).decode().rstrip('=')}"


def is_interaction_id(name: str) -> bool:
    """Tell whether a text has the form of an interaction's id."""
    if (found := INTERACTION_ID.fullmatch(name)) is None:
        return False
    try:
        return base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).startswith(_TAGS[0])
    except (binascii.Error, ValueError):
        return False


def interaction(reply: Reply, prompt: Prompt, generate_prompt: Prompt) -> Document:
    """Return a whole interaction; `generate_prompt` is the equivalent prompt of `generateContent`."""
    candidates = [Candidate(reply, generate_prompt, 0)] if reply.choices else []
    created = f"{timestamp(reply.created or 0)[:19]}Z"
    return {
        "id": "" if prompt.body.get("store") is False else new_id(reply),
        "status": _status(candidates),
        "usage": usage(reply, generate_prompt, candidates, is_agent=is_agent(prompt)),
        "created": created,
        "updated": created,
        **({} if is_agent(prompt) else {"service_tier": tier(generate_prompt)}),
        "steps": _steps(reply, candidates[0]) if candidates else [],
        "object": "interaction",
        **({"agent": prompt.model} if is_agent(prompt) else {"model": reply.model or prompt.model}),
        **{key: prompt.body[key] for key in ("previous_interaction_id", "webhook_config") if prompt.body.get(key)},
    }


def is_agent(prompt: Prompt) -> bool:
    """Tell whether the request is for an agent, and not for a model."""
    return "agent" in prompt.body and not prompt.body.get("model")


def unfinished(whole: Mapping[str, Any], status: str = "in_progress") -> Document:
    """Return an interaction that has no output yet."""
    return without_fields(whole, "usage", "steps") | {"status": status}


def _status(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "completed"
    return STATUSES.get(
        candidates[0].choice.finish_reason or "", "requires_action" if candidates[0].calls else "completed"
    )


def _steps(reply: Reply, candidate: Candidate) -> list[Document]:
    """Return the steps of an answer; a thought has a signature, and a summary where that is requested."""
    steps: list[Document] = []
    seed, calls, runs = f"interaction/{reply.serial}", count(), count()
    thought = candidate.choice.reasoning or (reply.usage is not None and reply.usage.reasoning_tokens)
    signed = {"signature": signature(f"{seed}/thought"), "type": "thought"}
    for kind, part in candidate.blocks():
        match kind:
            case "reasoning":
                steps.append({"signature": signed["signature"], "summary": [_text(part["text"])], "type": "thought"})
            case "call":
                call = part["functionCall"]
                steps.append(
                    _call_step(
                        call, f"{seed}/call/{next(calls)}", signed if thought and not candidate.is_strict else {}
                    )
                )
            case "run":
                at = next(runs)  # each call is followed by its result
                steps.append(_built_in_tool_step(part, call_id(f"{seed}/run", at // 2)))
            case _:
                if not steps or steps[-1]["type"] != "model_output":
                    steps.append({"content": [], "type": "model_output"})
                steps[-1]["content"].append(_text(part["text"]) if kind == "text" else _file(part["inlineData"]))
    _annotate_last_text(steps, [*_citations(candidate)])
    return [signed, *steps] if thought and not any(step["type"] == "thought" for step in steps) else steps


def _call_step(call: Mapping[str, Any], seed: str, signed: Document) -> Document:
    """Return the step of a call; those of Gemini 2.5 have short ids, and the signature of the thought."""
    signature_field = {key: value for key, value in signed.items() if key == "signature"}
    fields = {"id": call.get("id") or ids.spelled(seed, 8, ids.LOWER), **signature_field, "type": "function_call"}
    return {**fields, "name": call["name"], "arguments": call["args"]}


def _text(content: str) -> Document:
    return {"text": content, "type": "text"}


def _file(inline: Mapping[str, Any]) -> Document:
    kind = inline["mimeType"].partition("/")[0]
    return {"mime_type": inline["mimeType"], "data": inline["data"], "type": kind}


def _built_in_tool_step(part: Mapping[str, Any], name: str) -> Document:
    """Return the step of a built-in tool: its call, or its result."""
    if code := part.get("executableCode"):
        arguments: Document = {"code": code["code"], "language": "python"}
        return {"id": name, "arguments": arguments, "type": "code_execution_call"}
    if printed := part.get("codeExecutionResult"):
        return {"call_id": name, "result": printed["output"], "is_error": False, "type": "code_execution_result"}
    tool = part.get("toolCall") or part["toolResponse"]
    kind = {"GOOGLE_SEARCH_WEB": "google_search", "URL_CONTEXT": "url_context"}.get(tool["toolType"], "file_search")
    if "toolResponse" in part:
        found = {"result": [tool["response"]]} if "response" in tool else {}
        return {"call_id": name, **found, "is_error": False, "type": f"{kind}_result"}
    requested = {"arguments": tool["args"]} if "args" in tool else {}
    searched = {"search_type": "web_search"} if kind == "google_search" else {}
    return {"id": name, **requested, **searched, "type": f"{kind}_call"}


def _citations(candidate: Candidate) -> Iterator[Document]:
    """Yield the citations of the text, from searches and from the script; offsets are in bytes."""
    ending = candidate.ending()
    grounded = mapping(ending.get("groundingMetadata"))
    sources = [_source(chunk) for chunk in dicts(grounded.get("groundingChunks"))]
    for support in dicts(grounded.get("groundingSupports")):
        for at in support["groundingChunkIndices"]:
            yield _citation(sources[at], support["segment"])
    for source in dicts(mapping(ending.get("citationMetadata")).get("citationSources")):
        yield _citation({"url": text(source.get("uri")), "type": "url_citation"}, source)


def _source(chunk: Mapping[str, Any]) -> Document:
    """Return the source of a citation: a web page, or a file with the cited text."""
    if web := mapping(chunk.get("web")):
        return {"url": web["uri"], "title": web["title"], "type": "url_citation"}
    file = mapping(chunk.get("retrievedContext"))
    name_field = {"file_name": file["title"]} if "title" in file else {}
    return {**name_field, "source": file["text"], "type": "file_citation"}


def _citation(source: Document, place: Mapping[str, Any]) -> Document:
    return {"start_index": place.get("startIndex", 0), "end_index": place.get("endIndex", 0), **source}


def _annotate_last_text(steps: Sequence[Document], citations: Sequence[Document]) -> None:
    """Add citations to the last text."""
    texts = [content for step in steps for content in step.get("content", ()) if content["type"] == "text"]
    if texts and citations:
        texts[-1]["annotations"] = list(citations)
