"""Answers of the Live API: messages of `BidiGenerateContentServerMessage`, as google-genai's types have them.

An error is not a message: it closes the connection. Speech comes with its transcript, which the session passes on
only if the client requests it; so the journal can be read and searched.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from completions import ids
from completions.conversation import Block, Choice, Prompt, Reply, ToolCall
from completions.event import Event
from completions.tokens import text as tokens
from completions.wire.content import arguments_of
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import pieces, with_counts
from completions.wire.gemini import media
from completions.wire.gemini.answer import is_vertex, usage
from completions.wire.gemini.fields import inner, pick
from completions.wire.openai.conversation_sound import PCM, milliseconds, with_sound
from completions.wire.openai.sound_files import RATE
from completions.wire.readback import NATURAL, Answer

SOUND_TYPE = f"audio/pcm;rate={RATE}"
"""The media type of speech: 16 bits, one channel (Google's guide to the Live API)."""

DURATION = "audioDurationMs"
"""The field of a transcribed part that has the duration of its sound."""

NON_BLOCKING = "NON_BLOCKING"
"""The `behavior` of a function whose result the model does not wait for."""

ENDS_WITH_CALLS = re.compile(r"gemini-(?:live-)?[12]")
"""The models whose turn ends with their calls; a turn of later models continues with the results (google-adk 2.13)."""

REPORTS_STATUS = re.compile(r"gemini-(?:3\.(?:[89]|\d\d)|[4-9])")
"""The models that answer one question in several turns, each of which says whether it is the last. By default they do
not wait for the results of functions (google-genai 3.6, pipecat 1.14, livekit-agents 1.8)."""

LIVE_SESSION = "live_session"
"""The kind of record of a conversation, from which another connection can resume."""


def handle_of(reply: Reply) -> str:
    """Return the handle with which a session can be resumed after an answer."""
    return ids.spelled(f"live/{reply.serial}", 40, ids.BASE64)


def answer_events(reply: Reply, prompt: Prompt) -> list[Event]:
    """Return the messages of an answer."""
    return _MessageWriter(reply, prompt).write()


class _MessageWriter:
    """Writes the messages of one answer."""

    def __init__(self, reply: Reply, prompt: Prompt) -> None:
        self._reply, self._prompt = reply, prompt
        self._waits_for_results = not ENDS_WITH_CALLS.match(prompt.model or "")
        self._speaks = media.TEXT not in prompt.modalities
        self._thinks = pick(inner(prompt.body, "generationConfig", "thinkingConfig"), "includeThoughts") is True
        self._spoken_ms, self._call_count = 0.0, 0
        self._events: list[Event] = []

    def write(self) -> list[Event]:
        choice = self._reply.choices[0] if self._reply.choices else None
        awaited, calls = False, bool(choice and choice.tool_calls)
        for kind, run in groupby(choice.content if choice is not None else (), key=lambda block: block.kind):
            if kind == "call":
                awaited |= self._add_calls([block.call for block in run if block.call is not None])
            elif kind != "reasoning" or self._thinks:
                for block in run:
                    self._add_block(block)
        if not (awaited and self._waits_for_results):
            rejected = choice is not None and choice.finish_reason == "content_filter"
            self._add_content({"generationComplete": True})
            why = {"turnCompleteReason": "RESPONSE_REJECTED"} if rejected else {}
            content = turn_end(self._prompt.model or "", idle=not calls) | why
            self._add({"serverContent": content, "usageMetadata": self._usage()}, part="finish")
        if (resumption := pick(self._prompt.body, "sessionResumption")) is not None:
            self._add({"sessionResumptionUpdate": self._resumption_update(mapping(resumption), waits=awaited)})
        return self._events

    def _add(self, document: Mapping[str, Any], token: int = 0, part: str = "") -> None:
        self._events.append(Event(orjson.dumps(document), token, True, part))

    def _add_content(self, content: Mapping[str, Any], token: int = 0) -> None:
        self._add({"serverContent": content}, token)

    def _add_calls(self, calls: list[ToolCall]) -> bool:
        """Add a message with all calls; return whether the model waits for their results before it goes on."""
        free = unblocked_functions(self._prompt.body)
        awaited = any(call.name not in free for call in calls)
        usage = {"usageMetadata": self._usage()} if awaited and self._waits_for_results else {}
        calls_told = function_calls(calls, self._reply, self._call_count)
        self._call_count += len(calls)
        self._add({"toolCall": {"functionCalls": calls_told}} | usage, len(calls), "arguments")
        return awaited

    def _add_block(self, block: Block) -> None:
        split = pieces(block.text, self._prompt)
        if block.kind == "reasoning" or not self._speaks:
            thought = {"thought": True} if block.kind == "reasoning" else {}
            for piece, size in with_counts(split):
                self._add_content({"modelTurn": {"parts": [{"text": piece} | thought]}}, size)
            return
        sound = media.sound_of(block.text, self._prompt)
        self._spoken_ms += milliseconds(len(sound), PCM)
        for piece, size, data in with_sound(split, sound):
            if data:
                inline = {"mimeType": SOUND_TYPE, "data": base64.b64encode(data).decode()}
                self._add_content({"modelTurn": {"parts": [{"inlineData": inline}]}})
            self._add_content({"outputTranscription": {"text": piece}}, size)

    def _resumption_update(self, resumption: Mapping[str, Any], *, waits: bool) -> dict[str, Any]:
        """Return the update for resuming the session; empty while the model waits for a function's result."""
        if waits:
            return {}
        seen = {"lastConsumedClientMessageIndex": self._prompt.body.get("messageIndex")}
        update = {"newHandle": handle_of(self._reply), "resumable": True}
        return update | (seen if pick(resumption, "transparent") is True else {})

    def _usage(self) -> dict[str, Any]:
        """Return the usage of a turn under the Live API's names; sound is counted by its duration, not by its text."""
        document = usage(self._reply.used)
        parts = [part for content in dicts(self._prompt.body.get("contents")) for part in dicts(content.get("parts"))]
        heard_parts = [part for part in parts if DURATION in part]
        text_tokens = document.pop("candidatesTokenCount")
        sound_tokens = round(self._spoken_ms / 1000 * media.TOKENS_PER_SECOND)
        prompt_tokens = document["promptTokenCount"]
        if heard_parts and "prompt_tokens" not in self._reply.counts:
            seconds = sum(part[DURATION] for part in heard_parts) / 1000
            transcript_tokens = sum(tokens.count(part["text"], self._prompt.model) for part in heard_parts)
            heard_tokens = max(round(seconds * media.TOKENS_PER_SECOND), 1)
            document["promptTokenCount"] = max(prompt_tokens - transcript_tokens, 0) + heard_tokens
            document["promptTokensDetails"][0]["tokenCount"] = max(
                document["promptTokensDetails"][0]["tokenCount"] - transcript_tokens, 0
            )
            document["promptTokensDetails"].append({"modality": "AUDIO", "tokenCount": heard_tokens})
        is_scripted = "completion_tokens" in self._reply.counts
        answer_tokens = text_tokens if is_scripted or not sound_tokens else sound_tokens
        modality = "AUDIO" if sound_tokens else "TEXT"
        document["totalTokenCount"] = (
            document["promptTokenCount"] + answer_tokens + document.get("thoughtsTokenCount", 0)
        )
        kind = "candidates" if is_vertex(self._prompt) else "response"
        document |= {f"{kind}TokenCount": answer_tokens}
        return document | {f"{kind}TokensDetails": [{"modality": modality, "tokenCount": answer_tokens}]}


def turn_end(model: str, *, idle: bool) -> dict[str, Any]:
    """Return the content that ends a turn; `idle` means that the model has nothing more to answer."""
    status = {"interactionStatus": "IDLE" if idle else "IN_PROGRESS"} if REPORTS_STATUS.match(model) else {}
    return {"turnComplete": True} | status


def unblocked_functions(setup: Mapping[str, Any]) -> set[object]:
    """Return the names of the functions whose results the model does not wait for."""
    declared = [each for tool in dicts(setup.get("tools")) for each in dicts(pick(tool, "functionDeclarations"))]
    default = NON_BLOCKING if REPORTS_STATUS.match(text(setup.get("model"))) else ""
    return {each.get("name") for each in declared if (each.get("behavior") or default) == NON_BLOCKING}


def function_calls(calls: Sequence[ToolCall], reply: Reply, first: int = 0) -> list[dict[str, Any]]:
    """Return calls as the API has them, each with an id; `first` is the number of earlier calls of the reply."""
    return [
        {"name": call.name, "args": arguments_of(call) or {}, "id": call.id or _call_id(reply, at)}
        for at, call in enumerate(calls, first)
    ]


def _call_id(reply: Reply, at: int) -> str:
    return f"function-call-{ids.spelled(f'{reply.serial}/{at}', 19, ids.DIGITS)}"


def content_of(reply: Reply) -> dict[str, Any]:
    """Return the model's answer as a content of the conversation."""
    choice = reply.choices[0] if reply.choices else Choice()
    return _content_of(choice.text or choice.refusal or "", function_calls(choice.tool_calls, reply))


def _content_of(content: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    texts = [{"text": content}] if content else []
    return {"role": "model", "parts": [*texts, *({"functionCall": call} for call in calls)]}


def content_so_far(messages: list[Any]) -> dict[str, Any]:
    """Return the model's content so far, from the messages of an answer: one text, and its calls."""
    spoken, calls = "", list[dict[str, Any]]()
    for document in filter(lambda each: isinstance(each, dict), messages):
        content = mapping(document.get("serverContent"))
        parts = dicts(mapping(content.get("modelTurn")).get("parts"))
        spoken += "".join(str(part["text"]) for part in parts if "text" in part and not part.get("thought"))
        spoken += str(mapping(content.get("outputTranscription")).get("text") or "")
        calls += dicts(mapping(document.get("toolCall")).get("functionCalls"))
    return _content_of(spoken, calls)


def collect_message(document: Mapping[str, Any], answer: Answer) -> None:
    """Add a message to the answer."""
    content, choice = mapping(document.get("serverContent")), answer.choice()
    for part in dicts(mapping(content.get("modelTurn")).get("parts")):
        choice.add_text(part.get("text"), "reasoning" if part.get("thought") is True else "text")
    choice.add_text(mapping(content.get("outputTranscription")).get("text"))
    for call in dicts(mapping(document.get("toolCall")).get("functionCalls")):
        choice.add_call(len(choice.calls), name=call.get("name"), arguments=call.get("args"), id=call.get("id"))
        choice.set_finish_reason(NATURAL, {})
    if content.get("turnComplete"):
        rejected = content.get("turnCompleteReason") == "RESPONSE_REJECTED"
        choice.set_finish_reason("content_filter" if rejected else NATURAL, {})
    usage_counts = mapping(document.get("usageMetadata"))
    output = usage_counts.get("responseTokenCount", usage_counts.get("candidatesTokenCount"))
    answer.set_usage(usage_counts.get("promptTokenCount"), output, usage_counts.get("cachedContentTokenCount"))
