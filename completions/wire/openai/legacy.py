"""Legacy completions: `POST /v1/completions`."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Choice, Message, ParsedExchange, Prompt, Reply, Traffic
from completions.event import HOLE, Event
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import arranged, choices, mapping, text_or_none, texts, whole
from completions.wire.framing import ServerSentEvents, group_by_chunk, joined
from completions.wire.openai.base import Dialect, OpenAIFormat, check_stream, made_id, usage
from completions.wire.openai.chat.format import service_tier
from completions.wire.openai.chat.message import Chunks, stream, usage_with_details
from completions.wire.openai.chat.model_behaviour import fingerprint
from completions.wire.openai.logprobs import legacy_document, scripted_logprob, without_first_probability
from completions.wire.openai.readback import collect_choices
from completions.wire.openai.refusals import LEGACY_REFUSALS
from completions.wire.openai.repeated import without_echoes
from completions.wire.openai.wordings import LEGACY

DEFAULT_MAX_TOKENS = 16
"""What the legacy API answers with at most where the request does not say; its reference documents it."""


BEFORE_MODEL = ("id", "object", "created", "choices")
"""The fields before the model in chunks without a usage (recorded of davinci-002 up to March 2026)."""

TEXT, CHAT = "cmpl-", "chatcmpl-"
"""How the ids of text completions begin, and those of chat completions."""


class LegacyCompletions(OpenAIFormat):
    """OpenAI's first format: text in, text out; its chunks have the shape of its answer."""

    name = "legacy"
    call_arguments = ""
    names_model = has_gateway = True
    vendor = "openai"
    refusals = LEGACY_REFUSALS
    wordings = LEGACY
    stream_media_type = ServerSentEvents.media_type
    collect = staticmethod(collect_choices)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a legacy completion's request; each of several prompts has `n` answers."""
        document = decode_object(body)
        if self._dialect.convert is not None:
            self._dialect.convert(self.name, document)
        check_stream(document)
        if validate:
            self._dialect.check_completion(document)
        return self._dialect.adapt_prompt(_read_prompt(document, headers, limited=validate))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `text_completion`."""
        dialect = self._dialect.for_prompt(prompt)
        choices = []
        for at, choice in enumerate(reply.choices):
            document = _choice(at, self._echoed(prompt, at) + _content(choice), self._logprobs(prompt, choice, at))
            choices.append(dialect.text_choice(document | {"finish_reason": _finish(choice)}, choice))
        completion = _head(dialect, reply, prompt) | {"choices": choices, "usage": _usage(dialect, reply, prompt)}
        return dialect.complete_answer(completion, reply, prompt) if dialect.text_like_chat else completion

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks: one a token, one that finishes each choice, usage, terminator."""
        dialect = self._dialect.for_prompt(prompt)
        head = _head(dialect, reply, prompt)
        if not (dialect.name or prompt.include_usage):
            head = arranged(head | {"choices": []}, BEFORE_MODEL)
        chunks = Chunks(head, include_usage=dialect.has_null_usage and prompt.include_usage)
        starts, lanes, finishes = [], [], []
        for index, choice in enumerate(reply.choices):
            if echoed := self._echoed(prompt, index):
                pieces = tokens.split(echoed, prompt.model)
                logprobs = _logprobs(prompt, pieces, 0, [None] * len(pieces))
                document = _choice(index, echoed, without_first_probability(logprobs))
                starts.append(Event(chunks.one(dialect.text_choice(document, choice))))
            lanes.append(self._lane(chunks, prompt, index, choice, len(echoed)))
            finishes.append(dialect.text_choice(_choice(index, "", None) | {"finish_reason": _finish(choice)}, choice))
        counted, last = _usage(dialect, reply, prompt), len(finishes) - 1
        ends = [
            Event(chunks.one(finish, dialect.last_chunk_extras(reply, counted) if at == last else {}), part="finish")
            for at, finish in enumerate(finishes)
        ]
        has_usage_chunk = dialect.has_usage_chunk(prompt)
        ending = [chunks.usage(counted, dialect.usage_chunk_extras(finishes[-1]))] if has_usage_chunk else []
        return dialect.stream(stream(starts, lanes, ends, ending), counted, prompt)

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer of an exchange, without the prompt that choices repeat."""
        exchange = super().read(traffic)
        if exchange.prompt is None or exchange.reply is None or exchange.prompt.body.get("echo") is not True:
            return exchange
        echoes = [self._echoed(exchange.prompt, index) for index in range(len(exchange.reply.choices))]
        return without_echoes(exchange, echoes)

    def _lane(self, chunks: Chunks, prompt: Prompt, index: int, choice: Choice, offset: int) -> Sequence[Event]:
        split, dialect = tokens.split(_content(choice), prompt.model), self._dialect.for_prompt(prompt)
        if prompt.top_logprobs is None:
            joined_pieces = joined(split, prompt.per_chunk)
            return chunks.each(dialect.text_choice(_choice(index, HOLE, None), choice), joined_pieces)
        frames, groups = [], group_by_chunk([*enumerate(split)], split, prompt.per_chunk)
        for group in groups:
            pieces = [piece for _, piece in group]
            logprobs = _logprobs(prompt, pieces, offset, [scripted_logprob(choice.logprobs, at) for at, _ in group])
            text = "".join(pieces)
            frames.append(chunks.one(dialect.text_choice(_choice(index, text, logprobs), choice)))
            offset += len(text)
        return Event.tokens(frames, counts=map(len, groups))

    def _logprobs(self, prompt: Prompt, choice: Choice, index: int) -> dict[str, Any] | None:
        echoed = tokens.split(self._echoed(prompt, index), prompt.model)
        answer = tokens.split(_content(choice), prompt.model)
        scripted = [scripted_logprob(choice.logprobs, at) for at in range(len(answer))]
        logprobs = _logprobs(prompt, echoed + answer, 0, [None] * len(echoed) + scripted)
        return without_first_probability(logprobs) if echoed else logprobs

    def _echoed(self, prompt: Prompt, index: int) -> str:
        """Return the prompt that a choice repeats before its answer, if the request says `echo`."""
        if prompt.body.get("echo") is not True or not (prompt.messages and self._dialect.has_echo):
            return ""
        place = index * len(prompt.messages) // max(prompt.n, 1)
        return prompt.messages[place].text if place < len(prompt.messages) else ""


def _head(dialect: Dialect, reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the top level without choices and usage."""
    head = {
        "id": _id(dialect, reply),
        "object": "text_completion",
        "created": reply.created,
        "model": reply.model or prompt.model or "mock",
    }
    if not dialect.text_like_chat:
        return head
    head |= {"service_tier": service_tier(prompt.body), "system_fingerprint": fingerprint(reply.model)}
    return dialect.top_level(head, reply, prompt)


def _id(dialect: Dialect, reply: Reply) -> str:
    """Return the id that the vendor's chat would give the answer, where that names the chat by another prefix."""
    if not dialect.text_like_chat:
        return f"{TEXT}{reply.id.removeprefix(CHAT)}" if reply.id else made_id(TEXT, reply)
    made = reply.id or dialect.answer_id(reply)
    return f"{TEXT}{made.removeprefix(CHAT)}" if made.startswith(CHAT) else made


def _usage(dialect: Dialect, reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage; candidates of which the best are chosen are counted, each as long as an answer on average."""
    if dialect.text_like_chat:
        return dialect.usage(usage_with_details(reply, prompt), reply, prompt)
    counted, best_of = usage(reply.used), whole(prompt.body.get("best_of"), 1)
    if best_of is None or best_of <= (chosen := choices(prompt.body.get("n"))):
        return counted
    completion_tokens = counted["completion_tokens"] * best_of // chosen
    total_tokens = counted["prompt_tokens"] + completion_tokens
    return counted | {"completion_tokens": completion_tokens, "total_tokens": total_tokens}


def _choice(index: int, text: str, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": None}


def _logprobs(
    prompt: Prompt, pieces: list[str], offset: int, scripted: Sequence[float | None]
) -> dict[str, Any] | None:
    if prompt.top_logprobs is None or not pieces:
        return None
    return legacy_document(pieces, prompt.top_logprobs, offset, scripted)


def _content(choice: Choice) -> str:
    """Return the text of a choice; a refusal is a text here, because text completions have no field for it."""
    return choice.text or choice.refusal or ""


def _finish(choice: Choice) -> str | None:
    """Return the finish reason; text completions have no calls, and so no reason for them."""
    return "stop" if choice.finish_reason in ("tool_calls", "function_call") else choice.finish_reason


def _read_prompt(body: dict[str, Any], headers: Mapping[str, str], *, limited: bool) -> Prompt:
    model = text_or_none(body.get("model"))
    prompts = _prompts(body.get("prompt"), model)
    limit = whole(body.get("max_tokens"), 0)
    return Prompt(
        format="legacy",
        model=model,
        messages=tuple(Message("user", each) for each in prompts),
        n=choices(body.get("n")) * max(len(prompts), 1),
        stop=texts(body.get("stop")),
        max_tokens=DEFAULT_MAX_TOKENS if limit is None and limited else limit,
        top_logprobs=whole(body.get("logprobs"), 0),
        user=text_or_none(body.get("user")),
        stream=body.get("stream") is True,
        include_usage=mapping(body.get("stream_options")).get("include_usage") is True,
        raw_input=body.get("prompt") or "",
        headers=headers,
        body=body,
    )


def _prompts(prompt: object, model: str | None) -> list[str]:
    """Return the prompts: a string, strings, tokens, or arrays of tokens."""
    if isinstance(prompt, list) and prompt and not all(isinstance(item, int) for item in prompt):
        return [each for item in prompt for each in _prompts(item, model)]
    if isinstance(prompt, list):
        return [tokens.join(prompt, model)] if prompt else []
    return [prompt] if isinstance(prompt, str) else []
