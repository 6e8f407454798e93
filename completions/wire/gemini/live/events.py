"""An answer of the Live API: messages of `BidiGenerateContentServerMessage`, as google-genai's types have them.

An error is none of them: it closes the connection. What is said aloud comes with its text, which the session passes on
only where it is asked for; so the journal can be read and searched.
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
from completions.wire.framing import pieces, sized
from completions.wire.gemini import media
from completions.wire.gemini.answer import is_vertex, usage
from completions.wire.gemini.fields import inner, pick
from completions.wire.openai.realtime.sound import PCM, milliseconds, with_sound
from completions.wire.openai.sound_files import RATE
from completions.wire.readback import NATURAL, Answer

SOUND = f"audio/pcm;rate={RATE}"
"""What is said aloud: 16 bits, one channel (Google's guide to the Live API)."""

DURATION = "audioDurationMs"
"""What a request says of a part that was heard and has its transcript: how long it lasts."""

UNBLOCKED = "NON_BLOCKING"
"""How a function behaves whose call the model does not wait for."""

ENDS_WITH_CALLS = re.compile(r"gemini-(?:live-)?[12]")
"""The models whose turn ends with their calls; a turn of later ones goes on with the results (google-adk 2.13)."""

REPORTS = re.compile(r"gemini-(?:3\.(?:[89]|\d\d)|[4-9])")
"""The models that answer one question in several turns, each of which says whether it is the last; they call functions
without waiting where the functions do not say otherwise (google-genai 3.6, pipecat 1.14, livekit-agents 1.8)."""

HANDLE = "live_session"
"""The kind of record of what was said, from which another connection goes on."""


def handle_of(reply: Reply) -> str:
    """Return the handle with which a session is taken up again behind an answer."""
    return ids.spelled(f"live/{reply.serial}", 40, ids.BASE64)


def narrate(reply: Reply, prompt: Prompt) -> list[Event]:
    """Return the messages of an answer."""
    return _Narrator(reply, prompt).tell()


class _Narrator:
    """Writes the messages of one answer."""

    def __init__(self, reply: Reply, prompt: Prompt) -> None:
        self._reply, self._prompt = reply, prompt
        self._goes_on = not ENDS_WITH_CALLS.match(prompt.model or "")
        self._speaks = media.TEXT not in prompt.modalities
        self._thinks = pick(inner(prompt.body, "generationConfig", "thinkingConfig"), "includeThoughts") is True
        self._spoken_ms, self._called = 0.0, 0
        self._events: list[Event] = []

    def tell(self) -> list[Event]:
        choice = self._reply.choices[0] if self._reply.choices else None
        awaited, calls = False, bool(choice and choice.tool_calls)
        for kind, run in groupby(choice.content if choice is not None else (), key=lambda block: block.kind):
            if kind == "call":
                awaited |= self._calls([block.call for block in run if block.call is not None])
            elif kind != "reasoning" or self._thinks:
                for block in run:
                    self._says(block)
        if not (awaited and self._goes_on):
            rejected = choice is not None and choice.finish_reason == "content_filter"
            self._content({"generationComplete": True})
            why = {"turnCompleteReason": "RESPONSE_REJECTED"} if rejected else {}
            content = turn_end(self._prompt.model or "", idle=not calls) | why
            self._add({"serverContent": content, "usageMetadata": self._usage()}, part="finish")
        if (resumption := pick(self._prompt.body, "sessionResumption")) is not None:
            self._add({"sessionResumptionUpdate": self._update(mapping(resumption), waits=awaited)})
        return self._events

    def _add(self, document: Mapping[str, Any], token: int = 0, part: str = "") -> None:
        self._events.append(Event(orjson.dumps(document), token, True, part))

    def _content(self, content: Mapping[str, Any], token: int = 0) -> None:
        self._add({"serverContent": content}, token)

    def _calls(self, calls: list[ToolCall]) -> bool:
        """Tell calls, all in one message; return whether the model says nothing more before it has their results."""
        free = unblocked(self._prompt.body)
        awaited = any(call.name not in free for call in calls)
        usage = {"usageMetadata": self._usage()} if awaited and self._goes_on else {}
        told = named(calls, self._reply, self._called)
        self._called += len(calls)
        self._add({"toolCall": {"functionCalls": told}} | usage, len(calls), "arguments")
        return awaited

    def _says(self, block: Block) -> None:
        split = pieces(block.text, self._prompt)
        if block.kind == "reasoning" or not self._speaks:
            thought = {"thought": True} if block.kind == "reasoning" else {}
            for piece, size in sized(split):
                self._content({"modelTurn": {"parts": [{"text": piece} | thought]}}, size)
            return
        sound = media.sound_of(block.text, self._prompt)
        self._spoken_ms += milliseconds(len(sound), PCM)
        for piece, size, data in with_sound(split, sound):
            if data:
                inline = {"mimeType": SOUND, "data": base64.b64encode(data).decode()}
                self._content({"modelTurn": {"parts": [{"inlineData": inline}]}})
            self._content({"outputTranscription": {"text": piece}}, size)

    def _update(self, resumption: Mapping[str, Any], *, waits: bool) -> dict[str, Any]:
        """Return how the session can be taken up again; while the model waits for a function, it cannot be."""
        if waits:
            return {}
        seen = {"lastConsumedClientMessageIndex": self._prompt.body.get("messageIndex")}
        update = {"newHandle": handle_of(self._reply), "resumable": True}
        return update | (seen if pick(resumption, "transparent") is True else {})

    def _usage(self) -> dict[str, Any]:
        """Return what a turn costs, in the Live API's words; sound is counted by its length, and not by its text."""
        document = usage(self._reply.used)
        told = [part for content in dicts(self._prompt.body.get("contents")) for part in dicts(content.get("parts"))]
        heard = [part for part in told if DURATION in part]
        said = document.pop("candidatesTokenCount")
        spoken = round(self._spoken_ms / 1000 * media.TOKENS_PER_SECOND)
        counted = document["promptTokenCount"]
        if heard and "prompt_tokens" not in self._reply.counts:
            seconds = sum(part[DURATION] for part in heard) / 1000
            texts = sum(tokens.count(part["text"], self._prompt.model) for part in heard)
            listened = max(round(seconds * media.TOKENS_PER_SECOND), 1)
            document["promptTokenCount"] = max(counted - texts, 0) + listened
            document["promptTokensDetails"][0]["tokenCount"] = max(
                document["promptTokensDetails"][0]["tokenCount"] - texts, 0
            )
            document["promptTokensDetails"].append({"modality": "AUDIO", "tokenCount": listened})
        own = "completion_tokens" in self._reply.counts
        answered = said if own or not spoken else spoken
        modality = "AUDIO" if spoken else "TEXT"
        document["totalTokenCount"] = document["promptTokenCount"] + answered + document.get("thoughtsTokenCount", 0)
        kind = "candidates" if is_vertex(self._prompt) else "response"
        document |= {f"{kind}TokenCount": answered}
        return document | {f"{kind}TokensDetails": [{"modality": modality, "tokenCount": answered}]}


def turn_end(model: str, *, idle: bool) -> dict[str, Any]:
    """Return the content that ends a turn; `idle` tells that the model has answered what it was asked."""
    status = {"interactionStatus": "IDLE" if idle else "IN_PROGRESS"} if REPORTS.match(model) else {}
    return {"turnComplete": True} | status


def unblocked(setup: Mapping[str, Any]) -> set[object]:
    """Return the names of the functions that a model calls without waiting for them."""
    declared = [each for tool in dicts(setup.get("tools")) for each in dicts(pick(tool, "functionDeclarations"))]
    usual = UNBLOCKED if REPORTS.match(text(setup.get("model"))) else ""
    return {each.get("name") for each in declared if (each.get("behavior") or usual) == UNBLOCKED}


def named(calls: Sequence[ToolCall], reply: Reply, first: int = 0) -> list[dict[str, Any]]:
    """Return calls as they are told, each with its id; `first` is how many the reply has before them."""
    return [
        {"name": call.name, "args": arguments_of(call) or {}, "id": call.id or _call_id(reply, at)}
        for at, call in enumerate(calls, first)
    ]


def _call_id(reply: Reply, at: int) -> str:
    return f"function-call-{ids.spelled(f'{reply.serial}/{at}', 19, ids.DIGITS)}"


def content_of(reply: Reply) -> dict[str, Any]:
    """Return what the model has said, as a content of the conversation."""
    choice = reply.choices[0] if reply.choices else Choice()
    return _content(choice.text or choice.refusal or "", named(choice.tool_calls, reply))


def _content(said: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    texts = [{"text": said}] if said else []
    return {"role": "model", "parts": [*texts, *({"functionCall": call} for call in calls)]}


def spoken_so_far(messages: list[Any]) -> dict[str, Any]:
    """Return a content of the model with what the messages of an answer say: one text, and its calls."""
    said, calls = "", list[dict[str, Any]]()
    for document in filter(lambda each: isinstance(each, dict), messages):
        content = mapping(document.get("serverContent"))
        parts = dicts(mapping(content.get("modelTurn")).get("parts"))
        said += "".join(str(part["text"]) for part in parts if "text" in part and not part.get("thought"))
        said += str(mapping(content.get("outputTranscription")).get("text") or "")
        calls += dicts(mapping(document.get("toolCall")).get("functionCalls"))
    return _content(said, calls)


def collect_message(document: Mapping[str, Any], answer: Answer) -> None:
    """Take in a message of an answer."""
    content, voice = mapping(document.get("serverContent")), answer.voice()
    for part in dicts(mapping(content.get("modelTurn")).get("parts")):
        voice.says(part.get("text"), "reasoning" if part.get("thought") is True else "text")
    voice.says(mapping(content.get("outputTranscription")).get("text"))
    for call in dicts(mapping(document.get("toolCall")).get("functionCalls")):
        voice.call(len(voice.calls), name=call.get("name"), arguments=call.get("args"), id=call.get("id"))
        voice.ends(NATURAL, {})
    if content.get("turnComplete"):
        rejected = content.get("turnCompleteReason") == "RESPONSE_REJECTED"
        voice.ends("content_filter" if rejected else NATURAL, {})
    counted = mapping(document.get("usageMetadata"))
    said = counted.get("responseTokenCount", counted.get("candidatesTokenCount"))
    answer.costs(counted.get("promptTokenCount"), said, counted.get("cachedContentTokenCount"))
