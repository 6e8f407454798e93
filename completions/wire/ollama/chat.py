"""Ollama: `POST /api/chat` and `POST /api/generate`, which stream by default; a stream is lines of JSON.

Shapes: `ChatResponse`, `GenerateResponse` and `Metrics` of `api/types.go` in ollama/ollama, and `ollama._types`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import HOLE, Event, Events, Template
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, Span, StoredDocument, WireFormat, without_limits
from completions.wire.content import arguments_of, with_joined_text
from completions.wire.framing import JSON_LINES, counts, group_by_chunk, joined, pieces
from completions.wire.ollama import errors as ollama_errors
from completions.wire.ollama import names
from completions.wire.ollama import rules as ollama_rules
from completions.wire.ollama.loading import context_size, is_unloading, loaded
from completions.wire.ollama.prompt import conversation_ids, read_chat, read_generate
from completions.wire.ollama.readback import collect_line
from completions.wire.openai.logprobs import chat_entries

Calls = list[dict[str, Any]] | None

LOAD_NS, PROMPT_TOKEN_NS, TOKEN_NS = 1_000_000, 200_000, 10_000_000
"""Nanoseconds to load a model, to read a token and to write one; constant, so that answers are reproducible."""


class OllamaFormat(WireFormat):
    """What all of Ollama's addresses share: errors, media type, headers."""

    family = "ollama"
    vendor = names.VENDOR
    wordings = ollama_errors.ERROR_WORDINGS
    refusals = ollama_errors.REFUSALS
    json_media_type = "application/json; charset=utf-8"
    window_limits_prompt_only = cuts_last_message = True
    default_framing = JSON_LINES
    limit_headers = staticmethod(without_limits)
    has_model = staticmethod(names.has_model)
    error = staticmethod(ollama_errors.envelope)

    def requested_window(self, prompt: Prompt) -> int | None:
        """Return the option `num_ctx`."""
        return context_size(prompt.body)


class LoadingFormat(OllamaFormat):
    """What the addresses share that need the model itself, and so load it."""

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return that the model is loaded."""
        return (loaded(prompt, span),)


class _Generating(LoadingFormat):
    """What chats and completions share: a line for each piece, then a line with `done`."""

    collect = staticmethod(collect_line)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the whole answer, with the fields of a stream's last line; a script's document as it is."""
        if (verbatim := reply.verbatim(self.name)) is not None:
            return dict(verbatim)
        head = self._head(reply, prompt)
        if prompt.task == "state":
            reason = "unload" if is_unloading(prompt) else "load"
            return head | self._content("") | {"done": True, "done_reason": reason}
        choice = reply.choices[0]
        content = choice.text or choice.refusal or ""
        calls = self._calls(reply, prompt)
        message = self._content(content, _thoughts(choice, prompt), calls)
        logprobs: dict[str, Any] = {}
        if prompt.top_logprobs is not None and (token_texts := tokens.split(content, prompt.model)):
            logprobs = {"logprobs": _logprobs(token_texts, choice, prompt.top_logprobs)}
        return head | message | _ending(reply) | self._context(reply, prompt) | logprobs | _statistics(reply)

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return a line for each token, one for each call, and the last, which is also the terminator."""
        if prompt.task == "state":
            return super().events(reply, prompt)
        choice, head = reply.choices[0], self._head(reply, prompt)
        events = Events()
        tool_calls = iter(self._calls(reply, prompt))
        for block in choice.content if prompt.top_logprobs is None else with_joined_text(choice):
            if block.kind == "reasoning" and _thoughts(choice, prompt):
                template = Template(head | self._content("", HOLE) | {"done": False})
                thought_pieces = pieces(block.text, prompt)
                events += template.events(thought_pieces, counts=counts(thought_pieces))
            elif block.kind == "text" or (block.kind == "refusal" and not choice.text):
                events += self._text(block.text, choice, prompt, head)
            elif block.call is not None and arguments_of(block.call) is not None:
                line = head | self._content("", None, [next(tool_calls)]) | {"done": False}
                events.append(Event(orjson.dumps(line), token=True))
        ending = _ending(reply) | self._context(reply, prompt) | _statistics(reply)
        events.append(Event(orjson.dumps(head | self._content("") | ending), chunk=False, part="finish"))
        return events

    def _text(self, content: str, choice: Choice, prompt: Prompt, head: dict[str, Any]) -> Sequence[Event]:
        token_texts = tokens.split(content, prompt.model)
        if prompt.top_logprobs is None:
            chunk_texts = joined(token_texts, prompt.per_chunk)
            return Template(head | self._content(HOLE) | {"done": False}).events(
                chunk_texts, counts=counts(chunk_texts)
            )
        groups = group_by_chunk(_logprobs(token_texts, choice, prompt.top_logprobs), token_texts, prompt.per_chunk)
        lines = (
            head | self._content("".join(each["token"] for each in group)) | {"done": False, "logprobs": group}
            for group in groups
        )
        return Event.tokens(map(orjson.dumps, lines), counts=map(len, groups))

    def _head(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        created = datetime.fromtimestamp(reply.created or 0, UTC)
        return {"model": reply.model or prompt.model or "mock", "created_at": f"{created:%Y-%m-%dT%H:%M:%S}Z"}

    def _calls(self, reply: Reply, prompt: Prompt) -> list[dict[str, Any]]:
        """Return the calls, without those whose arguments were cut: the real server could not parse them either."""
        calls = []
        for index, call in enumerate(reply.choices[0].tool_calls):
            if (arguments := arguments_of(call)) is not None:
                function = {"index": index, "name": call.name, "arguments": arguments}
                calls.append(
                    {
                        "id": call.id or f"call_{ids.spelled(f'call/{reply.serial}{index}', 8, ids.LOWER)}",
                        "function": function,
                    }
                )
        return calls

    def _context(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the conversation as tokens; chats have none."""
        return {}

    def _content(self, text: str, thoughts: str | None = None, calls: Calls = None) -> dict[str, Any]:
        """Return the content, or a piece of it."""
        optional = {"thinking": thoughts, "tool_calls": calls}
        return {"response": text, **{key: value for key, value in optional.items() if value}}


class OllamaChat(_Generating):
    """Ollama's chat."""

    name = "ollama"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a chat request."""
        document = ollama_rules.read(body, "ChatRequest")
        if validate:
            ollama_rules.validate(document, "ChatRequest", ollama_rules.CHAT)
            if not names.is_valid(document["model"]):
                raise RequestError("model is required")
        return read_chat(document, headers)

    def _content(self, text: str, thoughts: str | None = None, calls: Calls = None) -> dict[str, Any]:
        fields = super()._content(text, thoughts, calls)
        return {"message": {"role": "assistant", "content": fields.pop("response"), **fields}}


class OllamaGenerate(_Generating):
    """Ollama's completions: a prompt without tools."""

    name = "ollama_generate"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a completion request."""
        document = ollama_rules.read(body, "GenerateRequest")
        if validate:
            ollama_rules.validate(document, "GenerateRequest", ollama_rules.GENERATE)
            ollama_rules.check_raw(document)
        return read_generate(document, headers)

    def _context(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the tokens of the prompt and its answer, by which a later request goes on; a raw one has none.

        They are those of a public vocabulary, as the model's own is not known.
        """
        if prompt.body.get("raw") is True:
            return {}
        before = conversation_ids(prompt.body)
        asked = (message.text for message in prompt.messages if message.role != "assistant")
        said = filter(None, (*asked, *(block.text for block in reply.choices[0].content)))
        return {"context": [*before, *tokens.ids("\n".join(["", *said] if before else said), prompt.model)]}


def _thoughts(choice: Choice, prompt: Prompt) -> str | None:
    """Return the reasoning, unless the request turns it off."""
    return None if prompt.reasoning_effort == "none" else choice.reasoning


def _ending(reply: Reply) -> dict[str, Any]:
    """Return why an answer ends."""
    return {"done": True, "done_reason": "length" if reply.choices[0].finish_reason == "length" else "stop"}


def _statistics(reply: Reply) -> dict[str, Any]:
    """Return the last line's counts of tokens, and its times in nanoseconds."""
    prompt_tokens, completion_tokens = (
        (reply.usage.prompt_tokens, reply.usage.completion_tokens) if reply.usage else (0, 0)
    )
    prompt_ns, completion_ns = prompt_tokens * PROMPT_TOKEN_NS, completion_tokens * TOKEN_NS
    return {
        "total_duration": LOAD_NS + prompt_ns + completion_ns,
        "load_duration": LOAD_NS,
        "prompt_eval_count": prompt_tokens,
        "prompt_eval_cached_count": reply.usage.cached_tokens if reply.usage else 0,  # since September 2026
        "prompt_eval_duration": prompt_ns,
        "eval_count": completion_tokens,
        "eval_duration": completion_ns,
    }


def _logprobs(pieces: list[str], choice: Choice, count: int) -> list[dict[str, Any]]:
    entries = chat_entries(pieces, count, choice.logprobs)
    if not count:
        for entry in entries:
            del entry["top_logprobs"]
    return entries
