"""The assistant's message in chat's shape: complete, and as the events of a stream that add up to it, in chunks.

Shapes: `ChatCompletionMessage`, `ChoiceDelta` and `CompletionUsage` of the openai SDK.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.event import HOLE, PAD, Event, Events, Template, in_step, padding
from completions.tokens import text as tokens
from completions.wire.content import DEFAULT_PAGE, with_joined_text
from completions.wire.fields import arranged
from completions.wire.framing import DONE, counts, group_by_chunk, pieces, split_first
from completions.wire.openai.base import Dialect, made_id, usage
from completions.wire.openai.chat.model_behaviour import calls_end_with_stop
from completions.wire.openai.chat.rare_options import audio, prediction_tokens
from completions.wire.openai.logprobs import chat_entries

NO_FIELDS: Mapping[str, Any] = {}
NO_LOGPROBS_YET: Mapping[str, Any] = {"logprobs": {"content": [], "refusal": None}}


def message(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return the message of a choice."""
    choice = reply.choices[index]
    audio_answer = audio(reply, prompt, index) if "modalities" in prompt.body else None
    document: dict[str, Any] = {"role": "assistant", "content": None if audio_answer else _content(choice)}
    if _legacy(prompt) and choice.tool_calls:
        call = choice.tool_calls[0]
        document["function_call"] = {"name": call.name, "arguments": call.arguments}
    elif choice.tool_calls:
        document["tool_calls"] = [
            _call(reply, index, place, call, call.arguments) for place, call in enumerate(choice.tool_calls)
        ]
    document["refusal"], document["annotations"] = choice.refusal or None, annotations(choice, prompt)
    if audio_answer:
        document["audio"] = audio_answer
    return document


def annotations(choice: Choice, prompt: Prompt) -> list[Mapping[str, Any]]:
    """Return the script's annotations; a request with web search gets one source for the text if there are none."""
    if choice.annotations or not choice.text or "web_search_options" not in prompt.body:
        return list(choice.annotations)
    return [{"type": "url_citation", "url_citation": {**DEFAULT_PAGE, "start_index": 0, "end_index": len(choice.text)}}]


def _content(choice: Choice) -> str | None:
    if choice.text or not (choice.tool_calls or choice.refusal):
        return choice.text or ""
    return None


def finish_reason(choice: Choice, prompt: Prompt, dialect: Dialect) -> str | None:
    """Return the finish reason; for requests with `functions` it is `function_call`."""
    if choice.finish_reason != "tool_calls":
        return choice.finish_reason
    if calls_end_with_stop(dialect, prompt):
        return "stop"
    return "function_call" if _legacy(prompt) else "tool_calls"


def opening_delta(reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    """Return the first delta of a choice: the role, and the fields that later deltas do not extend.

    The refusal is an empty string if one follows, and null otherwise; before audio it is null (recorded until
        October 2026).
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
    accepted, rejected = prediction_tokens(reply, prompt) if "prediction" in prompt.body else (0, 0)
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
    each chunk with a choice; `trailing_fields` are the fields of the head at a chunk's end; with `sorts_keys`, the keys
    of a chunk are sorted.
    """

    def __init__(
        self,
        head: dict[str, Any],
        *,
        include_usage: bool,
        padding: str = "",
        trailing_fields: Collection[str] = (),
        sorts_keys: bool = False,
    ) -> None:
        self._head = {key: value for key, value in head.items() if key not in trailing_fields}
        self._trailing, self._sorts_keys = {key: head[key] for key in trailing_fields}, sorts_keys
        self._pad = {padding: PAD} if padding else {}
        self._tail: dict[str, Any] = ({"usage": None} if include_usage else {}) | self._pad
        self._any = self._template(HOLE)

    def one(self, choice: dict[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        """Return the chunk with a choice, and with the further fields that only this chunk has."""
        if not more:
            return self._any.one(choice)
        chunk = {**self._with(HOLE), **more}
        last = {} if self._sorts_keys else self._pad
        return Template({key: value for key, value in chunk.items() if key not in last} | last).one(choice)

    def unpadded(self, choice: dict[str, Any], more: Mapping[str, Any]) -> bytes:
        """Return the chunk with a choice and further fields, without padding."""
        chunk = {**self._with(choice), **more}
        return orjson.dumps({key: value for key, value in chunk.items() if key not in self._pad})

    def each(self, choice: dict[str, Any], values: list[str], part: str = "") -> Events:
        """Return one chunk for each piece of a text, placed in the hole of the same choice."""
        return self._template(choice).events(values, part, counts=counts(values))

    def usage(self, document: dict[str, Any], more: Mapping[str, Any] | None = None) -> Event:
        """Return the chunk with the usage and the further fields: no choices."""
        chunk = {**self._head, **(more or {"choices": []}), "usage": document, **self._trailing}
        if self._pad:
            chunk |= dict.fromkeys(self._pad, padding(orjson.dumps(document)).decode())
        return Event(orjson.dumps(arranged(chunk, sorted(chunk)) if self._sorts_keys else chunk))

    def moderation(self, results: Mapping[str, Any]) -> Event:
        """Return the chunk with only the results of a moderation, and no choices."""
        return Event(
            Template(self._head | {"choices": [], "moderation": HOLE} | self._tail | self._trailing).one(results)
        )

    def _template(self, choice: object) -> Template:
        return Template(self._with(choice))

    def _with(self, choice: object) -> dict[str, Any]:
        chunk = self._head | {"choices": [choice]} | self._tail | self._trailing
        return arranged(chunk, sorted(chunk)) if self._sorts_keys else chunk


def stream(
    starts: Iterable[Event], lanes: Sequence[Sequence[Event]], finishes: Iterable[Event], endings: Iterable[Event]
) -> Events:
    """Return a whole stream: the start of its choices, their content, their ends, the usage, the terminator."""
    return Events(starts, in_step(lanes), finishes, endings, [DONE])


class ChoiceWriter:
    """Writes one choice of a stream as events; call `start`, `content` and `finish` in this order."""

    def __init__(self, dialect: Dialect, chunks: Chunks, reply: Reply, prompt: Prompt, index: int) -> None:
        self._dialect = dialect
        self._chunks, self._reply, self._prompt, self._index = chunks, reply, prompt, index
        self._choice = reply.choices[index]
        # the fields of a chunk's choice besides its delta: those of a verbatim document, or a null `logprobs`
        self._extras = choice_extras(reply, index) | dialect.chunk_extras(self._choice)
        self._calls = [] if dialect.sends_whole_calls else list(calls_in_stream(reply, prompt, index))
        self._complete_calls = self._whole_calls() if dialect.sends_whole_calls else []
        self._role = {"role": "assistant"} if dialect.has_role_in_content else {}
        self._pending_tag = ""  # what comes before the next piece of text
        self._last_delta: Mapping[str, Any] = {}
        self._last_fields: Mapping[str, Any] = {}
        self._last_tokens = 0

    def start(self, more: Mapping[str, Any]) -> list[Event]:
        """Return the chunk with the role; that of the first choice has the fields `more` at its top level.

        If the answer is a single call, the chunk also has the head of the call: in 90 of 93 recorded streams of one
        call, and in none of 27 of several. Before several calls OpenAI sends no refusal (4 of 4, until June 2026).
        """
        if not self._dialect.has_role_chunk:
            return []
        delta = opening_delta(self._reply, self._prompt, self._index)
        if is_joined := self._is_single_call():
            call_delta = self._complete_calls[0] if self._complete_calls else self._calls[0][0]
            last = {"refusal": delta.pop("refusal")} if "refusal" in delta else {}
            delta |= call_delta | last
        elif self._calls[1:] and delta.get("content") is delta.get("refusal") is None and not self._dialect.name:
            delta.pop("refusal", None)
        wants_logprobs = self._prompt.top_logprobs is not None and not self._dialect.name and self._reply.body is None
        has_logprobs = wants_logprobs and self._choice.text and "content" in delta
        choice = self._choice_with(delta, NO_LOGPROBS_YET if has_logprobs else NO_FIELDS)
        extra_fields = more if self._index == 0 else {}
        write = self._chunks.one if self._dialect.pads_role_chunk else self._chunks.unpadded
        opening = Event(write(choice | self._dialect.chunk_extras(None), extra_fields), token=is_joined)
        echo = self._dialect.echo
        return [opening, *([Event(self._chunks.one(self._choice_with({"content": echo})))] if echo else [])]

    def _is_single_call(self) -> bool:
        choice = self._choice
        is_in_role_chunk = self._dialect.has_call_in_role_chunk and self._dialect.has_role_chunk
        if len(self._calls) + len(self._complete_calls) != 1 or not is_in_role_chunk:
            return False
        return not (choice.text or choice.refusal or (choice.reasoning and self._dialect.reasoning_delta("")))

    def content(self) -> Events:
        """Return the content of the choice, without its last piece if that comes with the finish reason."""
        calls = self._complete_call_events() if self._dialect.sends_whole_calls else self._call_events()
        spoken = audio(self._reply, self._prompt, self._index) if "modalities" in self._prompt.body else None
        in_pieces = spoken is None and self._prompt.top_logprobs is None
        events, closing = Events(self._citations() if self._dialect.cites_first else ()), dict[str, Any]()
        for block in self._choice.content if in_pieces else with_joined_text(self._choice):
            match block.kind:
                case "reasoning":
                    self._pending_tag, closing_tag = self._dialect.reasoning_tags
                    events += self._reasoning(block.text)
                    self._pending_tag = closing_tag
                    closing = self._dialect.closing_delta(HOLE)
                case "text" if closing and in_pieces:
                    events += self._text_after_reasoning(closing, block.text)
                    closing = {}
                case "text":
                    events += self._text("content", block.text) if spoken is None else self._audio(spoken)
                case "refusal":
                    events += self._text("refusal", block.text)
                case "call":
                    events += next(calls, ())
        events += () if self._dialect.cites_first else self._citations()
        if not self._dialect.has_finish_in_content:
            return events
        self._last_tokens = events.pop().token if events else 0
        return events

    def finish(self, chunks: Chunks, more: Mapping[str, Any]) -> Event:
        """Return the chunk with the finish reason, whose keys may have another order."""
        last_delta = self._last_delta if self._dialect.has_finish_in_content else self._role
        unfinished = chunks.one(self._choice_with(last_delta, self._last_fields)) if last_delta else b""
        chunk = chunks.one(self.finished(last_delta, self._last_fields if last_delta else {}), more)
        return Event(chunk, max(self._last_tokens, 1) if last_delta else 0, part="finish", unfinished=unfinished)

    def finished(self, delta: Mapping[str, Any], extra_fields: Mapping[str, Any] = NO_FIELDS) -> dict[str, Any]:
        """Return the choice with its finish reason, and with the fields of its last piece."""
        reason = self._choice.finish_reason
        if self._reply.body is None:
            reason = finish_reason(self._choice, self._prompt, self._dialect)
        choice = self._choice_with(delta, extra_fields) | self._dialect.finished_extras(self._choice, reason)
        return self._dialect.choice(choice | {"finish_reason": reason})

    def _citations(self) -> list[Event]:
        """Return the events of the sources: one of each that come before the text, or one of all after it."""
        found = annotations(self._choice, self._prompt) if self._reply.body is None else list(self._choice.annotations)
        if self._dialect.cites_first:
            return [self._event({"content": "", "annotations": [each]}) for each in found]
        delta = {"annotations": found}
        return [self._event(delta)] if found and self._dialect.delta(delta, self._choice) else []

    def _reasoning(self, text: str) -> Events:
        """Return the events of reasoning, if the dialect shows it."""
        delta, sealed = self._dialect.reasoning_delta(HOLE), self._dialect.sealed_delta(text, self._choice)
        return Events(self._pieces(delta, text) if delta else (), [self._event(sealed)] if sealed else ())

    def _text_after_reasoning(self, closing: dict[str, Any], text: str) -> Events:
        """Return the events of a text whose first piece closes the reasoning."""
        text_pieces, text_delta = pieces(text, self._prompt), {"content": HOLE}
        if text_pieces:
            last_delta = text_delta if text_pieces[1:] else closing
            self._last_delta, self._last_fields = _filled(last_delta, text_pieces[-1]), {}
        first, rest = split_first(text_pieces)
        first_event, rest_delta = self._chunks.each(self._choice_with(closing), first), self._choice_with(text_delta)
        return Events(first_event, self._chunks.each(rest_delta, rest))

    def _call_events(self) -> Iterator[Iterable[Event]]:
        for opening, fragment, arguments in self._calls:
            opened = [] if self._is_single_call() else [self._event(opening, token=True)]
            yield Events(opened, self._pieces(fragment, arguments, "arguments"))

    def _complete_call_events(self) -> Iterator[Iterable[Event]]:
        for delta in self._complete_calls:
            yield [] if self._is_single_call() else [self._event(delta, token=True)]

    def _whole_calls(self) -> list[dict[str, Any]]:
        """Return the deltas of the calls, if each is sent in one chunk."""
        whole = self._dialect.message(message(self._reply, self._prompt, self._index), self._choice)
        if "function_call" in whole:
            return [{"function_call": whole["function_call"]}]
        return [{"tool_calls": [{"index": place, **call}]} for place, call in enumerate(whole.get("tool_calls") or ())]

    def _text(self, key: str, text: str) -> Sequence[Event]:
        if self._prompt.top_logprobs is None or self._reply.body is not None:
            return self._pieces({key: HOLE}, text)
        split = tokens.split(text, self._prompt.model)
        entries = chat_entries(split, self._prompt.top_logprobs, self._choice.logprobs)
        groups = group_by_chunk(entries, split, self._prompt.per_chunk)
        deltas = [{key: self._tagged("".join(entry["token"] for entry in group))} for group in groups]
        deltas[0] = self._with_role(deltas[0])
        logprobs = [{"logprobs": {**dict.fromkeys(self._dialect.logprob_fields), key: group}} for group in groups]
        self._last_delta, self._last_fields = deltas[-1], logprobs[-1]
        documents = [self._chunks.one(self._choice_with(*each)) for each in zip(deltas, logprobs, strict=True)]
        return Event.tokens(documents, counts=map(len, groups))

    def _audio(self, audio: dict[str, Any]) -> Events:
        first, rest = split_first(pieces(audio["transcript"], self._prompt))
        first_delta = {"content": None, "audio": {"id": audio["id"], "transcript": HOLE}}
        first_events = self._chunks.each(self._choice_with(first_delta), first)
        rest_events = self._chunks.each(self._choice_with({"audio": {"transcript": HOLE}}), rest)
        endings = [self._event({"audio": {key: audio[key]}}) for key in ("data", "expires_at")]
        return Events(first_events, rest_events, endings)

    def _event(self, delta: Mapping[str, Any], *, token: bool = False) -> Event:
        self._last_delta, self._last_fields = delta, {}
        return Event(self._chunks.one(self._choice_with(self._with_role(delta))), token=token)

    def _with_role(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        """Return a delta with the role at its end, if no delta before it had the role."""
        with_role, self._role = {**delta, **self._role}, {}
        return with_role

    def _pieces(self, delta: dict[str, Any], text: str, part: str = "") -> Events:
        text_pieces = pieces(text, self._prompt)
        if text_pieces and self._pending_tag:
            text_pieces[0] = self._tagged(text_pieces[0])
        if text_pieces and self._dialect.has_finish_in_content:
            self._last_delta, self._last_fields = _filled(delta, text_pieces[-1]), {}
        if not (text_pieces and self._role):
            return self._chunks.each(self._choice_with(delta), text_pieces, part)
        first, rest = split_first(text_pieces)
        first_events = self._chunks.each(self._choice_with(self._with_role(delta)), first, part)
        return Events(first_events, self._chunks.each(self._choice_with(delta), rest, part))

    def _tagged(self, piece: str) -> str:
        """Return a piece after its tag, if a tag is pending."""
        tagged, self._pending_tag = self._pending_tag + piece, ""
        return tagged

    def _choice_with(self, delta: Mapping[str, Any], extra_fields: Mapping[str, Any] = NO_FIELDS) -> dict[str, Any]:
        choice = {"index": self._index, "delta": self._dialect.delta(delta, self._choice)}
        return self._dialect.choice({**choice, **self._extras, **extra_fields, "finish_reason": None})


def _filled(document: Any, value: str) -> Any:
    """Return a document with a value in each of its holes."""
    if isinstance(document, dict):
        return {key: _filled(item, value) for key, item in document.items()}
    if isinstance(document, list):
        return [_filled(item, value) for item in document]
    return value if document == HOLE else document
