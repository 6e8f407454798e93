"""Ollama: `POST /api/chat` and `POST /api/generate`, which stream unless told not to; a stream is lines of JSON.

Shapes: `ChatResponse`, `GenerateResponse` and `Metrics` of `api/types.go` in ollama/ollama, and `ollama._types`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import HOLE, Event, Events, Template
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, WireFormat, without_limits
from completions.wire.content import arguments_of, in_one_text
from completions.wire.fields import mapping, whole
from completions.wire.framing import JSON_LINES, counts, grouped, joined, pieces
from completions.wire.ollama import errors as ollama_errors
from completions.wire.ollama import names
from completions.wire.ollama import rules as ollama_rules
from completions.wire.ollama.prompt import UNLOAD, read_chat, read_generate
from completions.wire.ollama.readback import collect_line
from completions.wire.openai.logprobs import chat_entries

Calls = list[dict[str, Any]] | None

LOAD_NS, PROMPT_TOKEN_NS, TOKEN_NS = 1_000_000, 200_000, 10_000_000
"""Nanoseconds to load a model, to read a token and to write one; constant, so that answers are reproducible."""


class OllamaFormat(WireFormat):
    """What all of Ollama's addresses have in common: errors, media type, headers."""

    family = "ollama"
    vendor = names.VENDOR
    words = ollama_errors.ERROR_WORDS
    refusals = ollama_errors.REFUSALS
    json_type = "application/json; charset=utf-8"
    window_of_prompt = cuts_last = True
    usual_framing = JSON_LINES
    limit_headers = staticmethod(without_limits)
    knows = staticmethod(names.knows)
    error = staticmethod(ollama_errors.envelope)

    def window_asked(self, prompt: Prompt) -> int | None:
        """Return the option `num_ctx`."""
        return whole(mapping(prompt.body.get("options")).get("num_ctx"), 1)


class _Generating(OllamaFormat):
    """What chats and completions have in common: a line per piece, then a line that says it is done."""

    collect = staticmethod(collect_line)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the complete answer: all pieces together, with the fields of the last line; a script's as it is."""
        if (own := reply.verbatim(self.name)) is not None:
            return dict(own)
        head = self._head(reply, prompt)
        if prompt.task == "state":
            why = "unload" if prompt.body.get("keep_alive") in UNLOAD else "load"
            return head | self._said("") | {"done": True, "done_reason": why}
        choice = reply.choices[0]
        said = choice.text or choice.refusal or ""
        calls = self._calls(reply, prompt)
        told = self._said(said, _thoughts(choice, prompt), calls)
        chances: dict[str, Any] = {}
        if prompt.top_logprobs is not None and (split := tokens.split(said, prompt.model)):
            chances = {"logprobs": _logprobs(split, choice, prompt.top_logprobs)}
        return head | told | _done(reply) | chances | _end(reply)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return a line for each token, one for each call, and the last, which is also the terminator."""
        if prompt.task == "state":
            return super().events(reply, prompt)
        choice, head = reply.choices[0], self._head(reply, prompt)
        events = Events()
        calls = iter(self._calls(reply, prompt))
        for block in choice.content if prompt.top_logprobs is None else in_one_text(choice):
            if block.kind == "reasoning" and _thoughts(choice, prompt):
                template = Template(head | self._said("", HOLE) | {"done": False})
                thought = pieces(block.text, prompt)
                events += template.events(thought, counts=counts(thought))
            elif block.kind == "text" or (block.kind == "refusal" and not choice.text):
                events += self._text(block.text, choice, prompt, head)
            elif block.call is not None and arguments_of(block.call) is not None:
                called = head | self._said("", None, [next(calls)]) | {"done": False}
                events.append(Event(orjson.dumps(called), token=True))
        events.append(
            Event(orjson.dumps(head | self._said("") | _done(reply) | _end(reply)), chunk=False, part="finish")
        )
        return events

    def _text(self, said: str, choice: Choice, prompt: Prompt, head: dict[str, Any]) -> Sequence[Event]:
        split = tokens.split(said, prompt.model)
        if prompt.top_logprobs is None:
            told = joined(split, prompt.per_chunk)
            return Template(head | self._said(HOLE) | {"done": False}).events(told, counts=counts(told))
        groups = grouped(_logprobs(split, choice, prompt.top_logprobs), split, prompt.per_chunk)
        lines = (
            head | self._said("".join(each["token"] for each in group)) | {"done": False, "logprobs": group}
            for group in groups
        )
        return Event.tokens(map(orjson.dumps, lines), counts=map(len, groups))

    def _head(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        created = datetime.fromtimestamp(reply.created or 0, UTC)
        return {"model": reply.model or prompt.model or "mock", "created_at": f"{created:%Y-%m-%dT%H:%M:%S}Z"}

    def _calls(self, reply: Reply, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the calls without those whose arguments were cut, which the real server could not parse either."""
        calls = []
        for place, call in enumerate(reply.choices[0].tool_calls):
            if (arguments := arguments_of(call)) is not None:
                function = {"index": place, "name": call.name, "arguments": arguments}
                calls.append(
                    {
                        "id": call.id or f"call_{ids.spelled(f'call/{reply.serial}{place}', 8, ids.LOWER)}",
                        "function": function,
                    }
                )
        return calls

    def _said(self, text: str, thoughts: str | None = None, calls: Calls = None) -> dict[str, Any]:
        """Return the content, or a piece of it."""
        more = {"thinking": thoughts, "tool_calls": calls}
        return {"response": text, **{key: value for key, value in more.items() if value}}


class OllamaChat(_Generating):
    """Ollama's chat."""

    name = "ollama"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a chat request."""
        document = ollama_rules.read(body, "ChatRequest")
        if validate:
            ollama_rules.validate(document, "ChatRequest", ollama_rules.CHAT)
        return read_chat(document, headers)

    def _said(self, text: str, thoughts: str | None = None, calls: Calls = None) -> dict[str, Any]:
        said = super()._said(text, thoughts, calls)
        return {"message": {"role": "assistant", "content": said.pop("response"), **said}}


class OllamaGenerate(_Generating):
    """Ollama's completions: a prompt without tools."""

    name = "ollama_generate"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a completion request."""
        document = ollama_rules.read(body, "GenerateRequest")
        if validate:
            ollama_rules.validate(document, "GenerateRequest", ollama_rules.GENERATE)
        return read_generate(document, headers)


def _thoughts(choice: Choice, prompt: Prompt) -> str | None:
    """Return the reasoning, unless the request turns it off."""
    return None if prompt.reasoning_effort == "none" else choice.reasoning


def _done(reply: Reply) -> dict[str, Any]:
    """Return why an answer ends."""
    return {"done": True, "done_reason": "length" if reply.choices[0].finish_reason == "length" else "stop"}


def _end(reply: Reply) -> dict[str, Any]:
    """Return what the last line counts: the tokens, and the times in nanoseconds."""
    asked, said = (reply.usage.prompt_tokens, reply.usage.completion_tokens) if reply.usage else (0, 0)
    reading, writing = asked * PROMPT_TOKEN_NS, said * TOKEN_NS
    return {
        "total_duration": LOAD_NS + reading + writing,
        "load_duration": LOAD_NS,
        "prompt_eval_count": asked,
        "prompt_eval_cached_count": reply.usage.cached_tokens if reply.usage else 0,  # since September 2026
        "prompt_eval_duration": reading,
        "eval_count": said,
        "eval_duration": writing,
    }


def _logprobs(pieces: list[str], choice: Choice, count: int) -> list[dict[str, Any]]:
    entries = chat_entries(pieces, count, choice.logprobs)
    if not count:
        for entry in entries:
            del entry["top_logprobs"]
    return entries
