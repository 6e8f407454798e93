"""The assistant's message in chat's shape: complete, and as the events of a stream that add up to it, in chunks.

Shapes: `ChatCompletionMessage`, `ChoiceDelta` and `CompletionUsage` of the openai SDK.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.event import HOLE, PAD, Event, Events, Template, in_step, padding
from completions.tokens import text as tokens
from completions.wire.content import PAGE, in_one_text
from completions.wire.fields import arranged
from completions.wire.framing import DONE, counts, grouped, parted, pieces
from completions.wire.openai.base import Dialect, made_id, usage
from completions.wire.openai.chat.asked import audio, predicted
from completions.wire.openai.chat.manners import ends_as_text
from completions.wire.openai.logprobs import chat_entries

NOTHING: Mapping[str, Any] = {}
UNSAID: Mapping[str, Any] = {"logprobs": {"content": [], "refusal": None}}


def message(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return the message of a choice."""
    choice = reply.choices[index]
    spoken = audio(reply, prompt, index) if "modalities" in prompt.body else None
    document: dict[str, Any] = {"role": "assistant", "content": None if spoken else _content(choice)}
    if _legacy(prompt) and choice.tool_calls:
        call = choice.tool_calls[0]
        document["function_call"] = {"name": call.name, "arguments": call.arguments}
    elif choice.tool_calls:
        document["tool_calls"] = [
            _call(reply, index, place, call, call.arguments) for place, call in enumerate(choice.tool_calls)
        ]
    document["refusal"], document["annotations"] = choice.refusal or None, annotations(choice, prompt)
    if spoken:
        document["audio"] = spoken
    return document


def annotations(choice: Choice, prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the script's annotations; a request with web search gets one source for the text if there are none."""
    if choice.annotations or not choice.text or "web_search_options" not in prompt.body:
        return list(choice.annotations)
    return [{"type": "url_citation", "url_citation": {**PAGE, "start_index": 0, "end_index": len(choice.text)}}]


def _content(choice: Choice) -> str | None:
    if choice.text or not (choice.tool_calls or choice.refusal):
        return choice.text or ""
    return None


def finish_reason(choice: Choice, prompt: Prompt, dialect: Dialect) -> str | None:
    """Return the finish reason; for requests with `functions` it is `function_call`."""
    if choice.finish_reason != "tool_calls":
        return choice.finish_reason
    if ends_as_text(dialect, prompt):
        return "stop"
    return "function_call" if _legacy(prompt) else "tool_calls"


def opening_delta(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return the first delta of a choice: the role, and the fields that later deltas do not extend.

    Of a refusal that comes it tells that it is a text, before a sound nothing of one (recorded until October 2026).
    """
    if reply.body is not None:
        return _verbatim_opening(reply.body, index)
    whole = message(reply, prompt, index)
    if "audio" in whole:
        return {"role": "assistant", "refusal": None}
    refusal = "" if reply.choices[index].refusal else None
    return {"role": "assistant", "content": None if whole["content"] is None else "", "refusal": refusal}


def _verbatim_opening(body: Mapping[str, Any], index: int) -> dict[str, Any]:
    delta = {}
    for key, value in body["choices"][index]["message"].items():
        if key in ("content", "refusal"):
            delta[key] = "" if isinstance(value, str) else None
        elif key not in ("tool_calls", "function_call") and not (key == "annotations" and value):
            delta[key] = value
    return delta


def choice_extras(reply: Reply, index: int) -> dict[str, Any]:
    """Return the fields of a choice in a chunk besides index, delta and finish reason."""
    if reply.body is None:
        return {"logprobs": None}
    choices: Any = reply.body["choices"]
    return {key: value for key, value in choices[index].items() if key not in ("index", "message", "finish_reason")}


def calls_in_stream(reply: Reply, prompt: Prompt, index: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Yield for each call its first delta, the delta for a fragment of its arguments, and the arguments."""
    choice = reply.choices[index]
    if _legacy(prompt) and choice.tool_calls:
        call = choice.tool_calls[0]
        opening = {"function_call": {"name": call.name, "arguments": ""}}
        yield opening, {"function_call": {"arguments": HOLE}}, call.arguments
        return
    for place, call in enumerate(choice.tool_calls):
        opened = _call(reply, index, place, call, "")
        fragment = {"custom": {"input": HOLE}} if call.kind == "custom" else {"function": {"arguments": HOLE}}
        yield (
            {"tool_calls": [{"index": place, **opened}]},
            {"tool_calls": [{"index": place, **fragment}]},
            call.arguments,
        )


def _call(reply: Reply, index: int, place: int, call: ToolCall, arguments: str) -> dict[str, Any]:
    identity = call.id or made_id("call_", reply, index, place)
    if call.kind == "custom":
        return {"id": identity, "type": "custom", "custom": {"name": call.name, "input": arguments}}
    return {"id": identity, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _legacy(prompt: Prompt) -> bool:
    """Tell whether the request uses `functions`, the predecessor of tools."""
    return "functions" in prompt.body and "tools" not in prompt.body


def usage_with_details(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage with the details of prompt and completion."""
    counted = reply.used
    accepted, rejected = predicted(reply, prompt) if "prediction" in prompt.body else (0, 0)
    return usage(counted) | {
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens, "audio_tokens": counted.audio_tokens},
        "completion_tokens_details": {
            "reasoning_tokens": counted.reasoning_tokens,
            "audio_tokens": counted.completion_audio_tokens,
            "accepted_prediction_tokens": counted.accepted_prediction_tokens or accepted,
            "rejected_prediction_tokens": counted.rejected_prediction_tokens or rejected,
        },
    }


class Chunks:
    """Writes the chunks of one stream: a constant head, one choice, and the fields after it.

    With `include_usage`, every chunk has a null usage and the last one the real usage. `padding` is the field that pads
    each chunk with a choice; `foot` are the fields of the head that are at a chunk's end; `ordered` says that the keys
    of a chunk are in the order of their names.
    """

    def __init__(
        self,
        head: dict[str, Any],
        *,
        include_usage: bool,
        padding: str = "",
        foot: Collection[str] = (),
        ordered: bool = False,
    ) -> None:
        self._head = {key: value for key, value in head.items() if key not in foot}
        self._foot, self._ordered = {key: head[key] for key in foot}, ordered
        self._pad = {padding: PAD} if padding else {}
        self._tail: dict[str, Any] = ({"usage": None} if include_usage else {}) | self._pad
        self._any = self._template(HOLE)

    def one(self, choice: dict[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        """Return the chunk with a choice, and with the further fields that only this chunk has."""
        if not more:
            return self._any.one(choice)
        told = {**self._with(HOLE), **more}
        last = {} if self._ordered else self._pad
        return Template({key: value for key, value in told.items() if key not in last} | last).one(choice)

    def unpadded(self, choice: dict[str, Any], more: Mapping[str, Any]) -> bytes:
        """Return the chunk with a choice and further fields, without padding."""
        told = {**self._with(choice), **more}
        return orjson.dumps({key: value for key, value in told.items() if key not in self._pad})

    def each(self, choice: dict[str, Any], values: list[str], part: str = "") -> Events:
        """Return one chunk for each piece of a text, placed in the hole of the same choice."""
        return self._template(choice).events(values, part, counts=counts(values))

    def usage(self, document: dict[str, Any], more: Mapping[str, Any] | None = None) -> Event:
        """Return the chunk with the usage and the further fields: no choices."""
        told = {**self._head, **(more or {"choices": []}), "usage": document, **self._foot}
        if self._pad:
            told |= dict.fromkeys(self._pad, padding(orjson.dumps(document)).decode())
        return Event(orjson.dumps(arranged(told, sorted(told)) if self._ordered else told))

    def moderation(self, found: Mapping[str, Any]) -> Event:
        """Return the chunk that has what a moderation found alone, and no choices."""
        return Event(Template(self._head | {"choices": [], "moderation": HOLE} | self._tail | self._foot).one(found))

    def _template(self, choice: object) -> Template:
        return Template(self._with(choice))

    def _with(self, choice: object) -> dict[str, Any]:
        told = self._head | {"choices": [choice]} | self._tail | self._foot
        return arranged(told, sorted(told)) if self._ordered else told


def stream(
    starts: Iterable[Event], lanes: Sequence[Sequence[Event]], finishes: Iterable[Event], endings: Iterable[Event]
) -> Events:
    """Return a whole stream: the start of its choices, their content, their ends, the usage, the terminator."""
    return Events(starts, in_step(lanes), finishes, endings, [DONE])


class ChoiceWriter:
    """Writes one choice of a stream as events; call `start`, `says` and `finish` in this order."""

    def __init__(self, dialect: Dialect, chunks: Chunks, reply: Reply, prompt: Prompt, index: int) -> None:
        self._dialect = dialect
        self._chunks, self._reply, self._prompt, self._index = chunks, reply, prompt, index
        self._choice = reply.choices[index]
        # what a chunk's choice has beside its delta: a verbatim document's own keys, or a null `logprobs`
        self._extras = choice_extras(reply, index) | dialect.chunk_extras(self._choice)
        self._calls = [] if dialect.whole_calls else list(calls_in_stream(reply, prompt, index))
        self._whole = self._whole_calls() if dialect.whole_calls else []
        self._role = {"role": "assistant"} if dialect.role_joined else {}
        self._tag = ""  # what comes before the next piece of text
        self._last_delta: Mapping[str, Any] = {}
        self._last_beside: Mapping[str, Any] = {}
        self._last_tokens = 0

    def start(self, more: Mapping[str, Any]) -> list[Event]:
        """Return the chunk with the role; the first choice's has `more` at its top level.

        The head of a call that is all of an answer comes with it: in 90 of 93 recorded streams of one call, and in
        none of 27 of several; before several OpenAI tells nothing of a refusal (4 of 4, until June 2026).
        """
        if not self._dialect.role_opens:
            return []
        delta = opening_delta(self._reply, self._prompt, self._index)
        if joined := self._is_one_call():
            called = self._whole[0] if self._whole else self._calls[0][0]
            last = {"refusal": delta.pop("refusal")} if "refusal" in delta else {}
            delta |= called | last
        elif self._calls[1:] and delta.get("content") is delta.get("refusal") is None and not self._dialect.name:
            delta.pop("refusal", None)
        own = not self._dialect.name and self._reply.body is None
        likely = own and self._choice.text and self._prompt.top_logprobs is not None and "content" in delta
        choice = self._around(delta, UNSAID if likely else NOTHING) | self._dialect.chunk_extras(None)
        told = more if self._index == 0 else {}
        write = self._chunks.one if self._dialect.pads_role else self._chunks.unpadded
        return [Event(write(choice, told), token=joined)]

    def _is_one_call(self) -> bool:
        choice = self._choice
        if len(self._calls) + len(self._whole) != 1 or not (self._dialect.call_opens and self._dialect.role_opens):
            return False
        return not (choice.text or choice.refusal or (choice.reasoning and self._dialect.reasoning_delta("")))

    def says(self) -> Events:
        """Return the content of the choice, without its last piece if that comes with the finish reason."""
        calls = self._calls_in_one() if self._dialect.whole_calls else self._calls_in_pieces()
        sound = audio(self._reply, self._prompt, self._index) if "modalities" in self._prompt.body else None
        in_pieces = sound is None and self._prompt.top_logprobs is None
        events, closing = Events(), dict[str, Any]()
        for block in self._choice.content if in_pieces else in_one_text(self._choice):
            match block.kind:
                case "reasoning":
                    self._tag, after = self._dialect.thought_tags
                    events += self._thoughts(block.text)
                    self._tag = after
                    closing = self._dialect.closing_delta(HOLE)
                case "text" if closing and in_pieces:
                    events += self._after_thoughts(closing, block.text)
                    closing = {}
                case "text":
                    events += self._text("content", block.text) if sound is None else self._spoken(sound)
                case "refusal":
                    events += self._text("refusal", block.text)
                case "call":
                    events += next(calls, ())
        cited = {"annotations": self._annotations()}
        if cited["annotations"] and self._dialect.delta(cited, self._choice):
            events.append(self._event(cited))
        if not self._dialect.finish_joined:
            return events
        self._last_tokens = events.pop().token if events else 0
        return events

    def finish(self, chunks: Chunks, more: Mapping[str, Any]) -> Event:
        """Return the chunk with the finish reason, in which the order of the keys may be another."""
        joined = self._last_delta if self._dialect.finish_joined else self._role
        beside = self._last_beside if joined else {}
        unfinished = chunks.one(self._around(joined, beside)) if joined else b""
        chunk = chunks.one(self.finished(joined, beside), more)
        return Event(chunk, max(self._last_tokens, 1) if joined else 0, part="finish", unfinished=unfinished)

    def finished(self, delta: Mapping[str, Any], beside: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
        """Return the choice with its finish reason, and with what its last piece has beside it."""
        reason = self._choice.finish_reason
        if self._reply.body is None:
            reason = finish_reason(self._choice, self._prompt, self._dialect)
        told = self._around(delta, beside) | self._dialect.finished_extras(self._choice, reason)
        return self._dialect.choice(told | {"finish_reason": reason})

    def _annotations(self) -> list[Mapping[str, Any]]:
        if self._reply.body is not None:
            return list(self._choice.annotations)
        return annotations(self._choice, self._prompt)

    def _thoughts(self, said: str) -> Events:
        """Return what is thought, where the dialect tells it."""
        delta, sealed = self._dialect.reasoning_delta(HOLE), self._dialect.sealed_delta(said, self._choice)
        return Events(self._pieces(delta, said) if delta else (), [self._event(sealed)] if sealed else ())

    def _after_thoughts(self, closing: dict[str, Any], text: str) -> Events:
        """Return a text of whose pieces the first closes what was thought."""
        said, text_delta = pieces(text, self._prompt), {"content": HOLE}
        if said:
            self._last_delta, self._last_beside = _filled(text_delta if said[1:] else closing, said[-1]), {}
        first, rest = parted(said)
        closed, further = self._chunks.each(self._around(closing), first), self._around(text_delta)
        return Events(closed, self._chunks.each(further, rest))

    def _calls_in_pieces(self) -> Iterator[Iterable[Event]]:
        for opening, fragment, arguments in self._calls:
            opened = [] if self._is_one_call() else [self._event(opening, token=True)]
            yield Events(opened, self._pieces(fragment, arguments, "arguments"))

    def _calls_in_one(self) -> Iterator[Iterable[Event]]:
        for delta in self._whole:
            yield [] if self._is_one_call() else [self._event(delta, token=True)]

    def _whole_calls(self) -> list[dict[str, Any]]:
        """Return the deltas of the calls, where each comes whole."""
        whole = self._dialect.message(message(self._reply, self._prompt, self._index), self._choice)
        if "function_call" in whole:
            return [{"function_call": whole["function_call"]}]
        return [{"tool_calls": [{"index": place, **call}]} for place, call in enumerate(whole.get("tool_calls") or ())]

    def _text(self, key: str, text: str) -> Sequence[Event]:
        if self._prompt.top_logprobs is None or self._reply.body is not None:
            return self._pieces({key: HOLE}, text)
        split = tokens.split(text, self._prompt.model)
        entries = chat_entries(split, self._prompt.top_logprobs, self._choice.logprobs)
        groups = grouped(entries, split, self._prompt.per_chunk)
        deltas = [{key: self._tagged("".join(entry["token"] for entry in group))} for group in groups]
        deltas[0] = self._with_role(deltas[0])
        likely = [{"logprobs": {**dict.fromkeys(self._dialect.chances), key: group}} for group in groups]
        self._last_delta, self._last_beside = deltas[-1], likely[-1]
        documents = [self._chunks.one(self._around(*each)) for each in zip(deltas, likely, strict=True)]
        return Event.tokens(documents, counts=map(len, groups))

    def _spoken(self, audio: dict[str, Any]) -> Events:
        first, rest = parted(pieces(audio["transcript"], self._prompt))
        begun = {"content": None, "audio": {"id": audio["id"], "transcript": HOLE}}
        said = self._chunks.each(self._around(begun), first)
        more = self._chunks.each(self._around({"audio": {"transcript": HOLE}}), rest)
        return Events(said, more, [self._event({"audio": {key: audio[key]}}) for key in ("data", "expires_at")])

    def _event(self, delta: Mapping[str, Any], *, token: bool = False) -> Event:
        self._last_delta, self._last_beside = delta, {}
        return Event(self._chunks.one(self._around(self._with_role(delta))), token=token)

    def _with_role(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        """Return a delta that has the role at its end if none before it has told it."""
        told, self._role = {**delta, **self._role}, {}
        return told

    def _pieces(self, delta: dict[str, Any], text: str, part: str = "") -> Events:
        said = pieces(text, self._prompt)
        if said and self._tag:
            said[0] = self._tagged(said[0])
        if said and self._dialect.finish_joined:
            self._last_delta, self._last_beside = _filled(delta, said[-1]), {}
        if not (said and self._role):
            return self._chunks.each(self._around(delta), said, part)
        first, rest = parted(said)
        opened = self._chunks.each(self._around(self._with_role(delta)), first, part)
        return Events(opened, self._chunks.each(self._around(delta), rest, part))

    def _tagged(self, piece: str) -> str:
        """Return a piece behind the tag that comes before it, if one does."""
        told, self._tag = self._tag + piece, ""
        return told

    def _around(self, delta: Mapping[str, Any], beside: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
        told = {"index": self._index, "delta": self._dialect.delta(delta, self._choice)}
        return self._dialect.choice({**told, **self._extras, **beside, "finish_reason": None})


def _filled(document: Any, value: str) -> Any:
    """Return a document with a value in each of its holes."""
    if isinstance(document, dict):
        return {key: _filled(item, value) for key, item in document.items()}
    if isinstance(document, list):
        return [_filled(item, value) for item in document]
    return value if document == HOLE else document
