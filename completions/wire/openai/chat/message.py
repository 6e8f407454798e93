"""An assistant's message in chat's shape, whole and in the deltas that fold to it.

Shapes: `ChatCompletionMessage`, `ChoiceDelta` and `CompletionUsage` of the openai SDK.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.event import HOLE
from completions.tokens import text as tokens
from completions.wire.fields import mapping, text
from completions.wire.openai import audio as sound
from completions.wire.openai.base import made_id, usage

AUDIO_LIFE = 3600
"""Seconds that spoken audio can be referred to."""


def message(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return a choice's message."""
    choice = reply.choices[index]
    spoken = audio(reply, prompt, index)
    document: dict[str, Any] = {
        "role": "assistant",
        "content": None if spoken else _content(choice),
        "refusal": choice.refusal or None,
        "annotations": annotations(choice, prompt),
    }
    if spoken:
        document["audio"] = spoken
    if _legacy(prompt) and choice.tool_calls:
        call = choice.tool_calls[0]
        document["function_call"] = {"name": call.name, "arguments": call.arguments}
    elif choice.tool_calls:
        document["tool_calls"] = [
            _call(reply, index, place, call, call.arguments) for place, call in enumerate(choice.tool_calls)
        ]
    return document


def annotations(choice: Choice, prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the script's annotations; who asks for a web search gets a source for the whole text without them."""
    if choice.annotations or not choice.text or "web_search_options" not in prompt.body:
        return list(choice.annotations)
    source = {"url": "https://example.com/", "title": "Example Domain", "start_index": 0, "end_index": len(choice.text)}
    return [{"type": "url_citation", "url_citation": source}]


def _content(choice: Choice) -> str | None:
    if choice.text or not (choice.tool_calls or choice.refusal):
        return choice.text or ""
    return None


def finish_reason(choice: Choice, prompt: Prompt) -> str | None:
    """Return the finish reason; who offered `functions` knows `function_call` only."""
    if choice.finish_reason == "tool_calls" and _legacy(prompt):
        return "function_call"
    return choice.finish_reason


def opening_delta(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return the delta that opens a choice: the role, and all that the message has beside what follows."""
    if reply.body is not None:
        return _verbatim_opening(reply.body, index)
    content = message(reply, prompt, index)["content"]
    return {"role": "assistant", "content": None if content is None else "", "refusal": None}


def _verbatim_opening(body: Mapping[str, Any], index: int) -> dict[str, Any]:
    delta = {}
    for key, value in body["choices"][index]["message"].items():
        if key in ("content", "refusal"):
            delta[key] = "" if isinstance(value, str) and key == "content" else None
        elif key not in ("tool_calls", "function_call") and not (key == "annotations" and value):
            delta[key] = value
    return delta


def beside(reply: Reply, index: int) -> dict[str, Any]:
    """Return what a chunk's choice has beside index, delta and finish reason."""
    if reply.body is None:
        return {"logprobs": None}
    choices: Any = reply.body["choices"]
    return {key: value for key, value in choices[index].items() if key not in ("index", "message", "finish_reason")}


def calls_in_stream(reply: Reply, prompt: Prompt, index: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Yield for each call the delta that opens it, the delta for a fragment of its arguments, and the arguments."""
    choice = reply.choices[index]
    if _legacy(prompt) and choice.tool_calls:
        call = choice.tool_calls[0]
        opening = {"function_call": {"name": call.name, "arguments": ""}}
        yield opening, {"function_call": {"arguments": HOLE}}, call.arguments
        return
    for place, call in enumerate(choice.tool_calls):
        opened = _call(reply, index, place, call, "")
        custom = call.kind == "custom"
        fragment = {"custom": {"input": HOLE}} if custom else {"function": {"arguments": HOLE}}
        yield (
            {"tool_calls": [{"index": place, **opened}]},
            {"tool_calls": [{"index": place, **fragment}]},
            call.arguments,
        )


def _call(reply: Reply, index: int, place: int, call: ToolCall, arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = {"id": call.id or made_id("call_", reply, index, place), "type": call.kind}
    if call.kind == "custom":
        return document | {"custom": {"name": call.name, "input": arguments}}
    return document | {"function": {"name": call.name, "arguments": arguments}}


def _legacy(prompt: Prompt) -> bool:
    """Say whether the request speaks of `functions`, as before there were tools."""
    return "functions" in prompt.body and "tools" not in prompt.body


def audio(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any] | None:
    """Return the spoken answer, where one is asked for and there is something to say."""
    said, modalities = reply.choices[index].text, prompt.body.get("modalities")
    if not said or reply.body is not None or not isinstance(modalities, list) or "audio" not in modalities:
        return None
    return {
        "id": made_id("audio_", reply, index),
        "data": sound.speech(said, text(mapping(prompt.body.get("audio")).get("format"))),
        "expires_at": (reply.created or 0) + AUDIO_LIFE,
        "transcript": said,
    }


def usage_with_details(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage with both its details."""
    counted = reply.usage or Usage(0, 0)
    accepted, rejected = _prediction(reply, prompt)
    return usage(counted) | {
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens, "audio_tokens": counted.audio_tokens},
        "completion_tokens_details": {
            "reasoning_tokens": counted.reasoning_tokens,
            "audio_tokens": counted.completion_audio_tokens,
            "accepted_prediction_tokens": counted.accepted_prediction_tokens or accepted,
            "rejected_prediction_tokens": counted.rejected_prediction_tokens or rejected,
        },
    }


def _prediction(reply: Reply, prompt: Prompt) -> tuple[int, int]:
    """Count the tokens of a predicted output that came true, from its start on, and those that did not."""
    content = mapping(prompt.body.get("prediction")).get("content")
    if isinstance(content, list):
        content = "".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if not isinstance(content, str) or not content:
        return 0, 0
    predicted = tokens.split(content, prompt.model)
    said = tokens.split(reply.choices[0].text or "", prompt.model)
    accepted = 0
    while accepted < min(len(predicted), len(said)) and predicted[accepted] == said[accepted]:
        accepted += 1
    return accepted, len(predicted) - accepted
