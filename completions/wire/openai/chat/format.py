"""Chat completions: `POST /v1/chat/completions`, for OpenAI and for vendors with a dialect of its format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from completions.conversation import (
    ANY_FORM,
    ANY_TOOL,
    Choice,
    Message,
    ParsedExchange,
    Part,
    Prompt,
    Reply,
    ResponseFormat,
    Tool,
    ToolCall,
    ToolChoice,
    Traffic,
)
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_DIALECTS, NO_ROUTE, Headers, Route, Span, StoredDocument, WireFormat, decode_object
from completions.wire.fields import choices, dicts, mapping, text, text_or_none, texts, whole
from completions.wire.openai import inline_moderation
from completions.wire.openai.base import OPENAI, Dialect, OpenAIFormat, check_stream, usage
from completions.wire.openai.cache_points import cache_ends
from completions.wire.openai.chat import message as chat_message
from completions.wire.openai.chat.error_order import earliest_refusal
from completions.wire.openai.chat.litellm_cache_control import remove_cache_control
from completions.wire.openai.chat.message import ChoiceWriter, Chunks, stream
from completions.wire.openai.chat.model_behaviour import COMMON_MODELS, dialect_of, fingerprint
from completions.wire.openai.chat.refusals import REFUSALS
from completions.wire.openai.chat.stored import stored_completion
from completions.wire.openai.logprobs import chat_entries
from completions.wire.openai.readback import collect_choices
from completions.wire.openai.refusals import CHAT_FORMAT_REFUSALS
from completions.wire.openai.repeated import with_echo, without_echoes
from completions.wire.openai.wordings import CHAT


class ChatCompletions(OpenAIFormat):
    """OpenAI's chat format. A verbatim document is sent unchanged, and its stream has the same keys.

    It uses one `dialect`. `dialects` has the variants that a script can choose by name.
    """

    name = "chat"
    vendor = "openai"
    refusals = (*CHAT_FORMAT_REFUSALS, *REFUSALS)
    wordings = CHAT
    has_gateway = True
    collect = staticmethod(collect_choices)

    def __init__(self, dialect: Dialect = OPENAI, dialects: Mapping[str, WireFormat] = NO_DIALECTS) -> None:
        super().__init__(dialect)
        self.dialects = dialects
        self.headers_marker = dialect.headers_marker

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a chat completion's request."""
        document = decode_object(body)
        if self._dialect.convert is not None:
            self._dialect.convert(self.name, document)
        if validate:
            try:
                self._dialect.check_chat(document)
            except RequestError as exc:
                self._refuse(document, headers, exc)
        if "stream" in document:
            check_stream(document)
        return self._dialect.adapt_prompt(read_prompt(document, headers))

    def _refuse(self, document: dict[str, Any], headers: Mapping[str, str], refusal: RequestError) -> None:
        """Raise a refusal, unless it is for `cache_control` of a client that removes it for OpenAI."""
        if self._dialect.name:
            raise refusal
        if not remove_cache_control(document, headers, refusal):
            raise earliest_refusal(self, read_prompt(document, headers), refusal) from None
        try:
            self._dialect.check_chat(document)
        except RequestError as exc:
            self._refuse(document, headers, exc)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `chat.completion`."""
        dialect = self._dialect.for_prompt(prompt)
        reply = dialect.adapt_reply(reply)
        if reply.body is not None:
            return dict(reply.body)
        if prompt.model not in COMMON_MODELS:
            dialect = _dialect_for_model(dialect, prompt)
        choices = [_choice(dialect, reply, prompt, index) for index in range(len(reply.choices))]
        head, counted = self._head(reply, prompt, dialect), _usage(reply, prompt, dialect)
        tail = {key: head.pop(key) for key in ("service_tier", "system_fingerprint") if key in head}
        whole = dialect.complete_answer(head | {"choices": choices, "usage": counted} | tail, reply, prompt)
        return (with_echo(whole, dialect.echo) if dialect.echo else whole) | self._moderation(reply, prompt)

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the vendor's headers with facts about one answer."""
        return self._dialect.answer_headers(reply, prompt)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the documents to store: the answer if the request says `store`, or what the vendor stores of each."""
        dialect = self._dialect
        noted = () if dialect.to_note is None else super().to_store(reply, prompt, span)
        if (stored_document := dialect.to_store) is not None and (dialect.stores_all or prompt.background):
            complete = self.document(reply, replace(prompt, background=False))
            return [*noted, stored_document(complete, prompt, span)]
        is_stored = prompt.body.get("store") is True
        return [*noted, stored_completion(self.document(reply, prompt), prompt)] if is_stored else noted

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks: one to open each choice, one per token, one to finish it; the usage; the terminator."""
        dialect = self._dialect.for_prompt(prompt)
        reply = dialect.adapt_reply(reply)
        if prompt.model not in COMMON_MODELS and reply.body is None:
            dialect = _dialect_for_model(dialect, prompt)
        head = self._head(reply, prompt, dialect) | {"object": "chat.completion.chunk"}
        plain = reply.body is not None
        padded = prompt.include_obfuscation and not plain
        has_null_usage = dialect.has_null_usage and prompt.include_usage
        field = dialect.padding if padded else ""
        make_chunks = partial(
            Chunks, padding=field, trailing_fields=dialect.trailing_fields, sorts_keys=dialect.sorts_keys
        )
        chunks = early_chunks = make_chunks(head, include_usage=has_null_usage)
        if has_null_usage and reply.choices[0].tool_calls[1:] and not (plain or dialect.name):
            early_chunks = make_chunks(head | {"usage": None}, include_usage=True)
        writers = [ChoiceWriter(dialect, early_chunks, reply, prompt, index) for index in range(len(reply.choices))]
        counted = _usage(reply, prompt, dialect)
        starts = dialect.opening_events(reply)
        for writer in writers:
            starts += writer.start(dialect.first_chunk_extras(reply, prompt))
        lanes = [writer.content() for writer in writers]
        last = writers[-1:]
        finishes = [
            writer.finish(chunks, dialect.last_chunk_extras(reply, counted) if writer in last else {})
            for writer in writers
        ]
        endings = []
        if dialect.has_usage_chunk(prompt):
            endings.append(chunks.usage(counted, dialect.usage_chunk_extras(writers[-1].finished({}))))
        if moderation := self._moderation(reply, prompt):
            endings.append(chunks.moderation(moderation["moderation"]))
        return dialect.stream(stream(starts, lanes, finishes, endings), counted, prompt)

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer of an exchange, without what choices repeat of the prompt."""
        exchange = super().read(traffic)
        if exchange.prompt is None or exchange.reply is None:
            return exchange
        echo = self._dialect.for_prompt(exchange.prompt).echo
        return without_echoes(exchange, [echo] * len(exchange.reply.choices)) if echo else exchange

    def _moderation(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the results of a moderation, if the request asks for one; only OpenAI has them."""
        if self._dialect.name or reply.body is not None or "moderation" not in prompt.body:
            return {}
        return inline_moderation.of_chat(reply, prompt)

    def _head(self, reply: Reply, prompt: Prompt, dialect: Dialect) -> dict[str, Any]:
        """Return the top level without choices and usage; a verbatim document has its own."""
        if reply.body is not None:
            return {key: value for key, value in reply.body.items() if key not in ("choices", "usage")}
        head = {
            "id": reply.id or dialect.answer_id(reply),
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model or prompt.model or "",
            "service_tier": service_tier(prompt.body),
            "system_fingerprint": fingerprint(reply.model),
        }
        return dialect.top_level(head, reply, prompt)


def _dialect_for_model(dialect: Dialect, prompt: Prompt) -> Dialect:
    """Return the dialect of a model of OpenAI's; at other vendors' addresses models make no difference."""
    return dialect_of(prompt.model or "") if dialect is OPENAI else dialect


def _usage(reply: Reply, prompt: Prompt, dialect: Dialect) -> dict[str, Any]:
    """Return the usage; a verbatim document has its own."""
    if reply.body is not None:
        return dict(mapping(reply.body.get("usage"))) or usage(reply.used)
    return dialect.usage(chat_message.usage_with_details(reply, prompt), reply, prompt)


def _choice(dialect: Dialect, reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
    choice, message = reply.choices[index], chat_message.message(reply, prompt, index)
    reason = chat_message.finish_reason(choice, prompt, dialect)
    document = {
        "index": index,
        "message": dialect.message(message, choice),
        "logprobs": _logprobs(dialect, message, choice, prompt),
        "finish_reason": reason,
    }
    return dialect.choice(document | dialect.finished_extras(choice, reason))


def _logprobs(dialect: Dialect, message: dict[str, Any], choice: Choice, prompt: Prompt) -> dict[str, Any] | None:
    """Return the log probabilities of a complete message, if they are requested and it has text."""
    if (count := prompt.top_logprobs) is None:
        return None
    texts = {key: message[key] for key in dialect.logprob_fields}
    if not any(texts.values()):
        return None
    return {
        key: chat_entries(tokens.split(text, prompt.model), count, choice.logprobs) if text else None
        for key, text in texts.items()
    }


def read_prompt(body: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
    """Return the prompt of a chat completion's body.

    It reads well-formed fields and ignores the rest, so that a script without validation accepts any object. With
    validation, `rules` has checked the body before.
    """
    fields: dict[str, Any] = {}
    for key in body:
        for name, read in _READERS.get(key, ()):
            fields[name] = read(body)
    return Prompt(format="chat", headers=headers, body=body, **fields)


def _message(message: dict[str, Any]) -> Message:
    content = message.get("content")
    if len(message) == 2 and isinstance(content, str) and "role" in message:  # nearly every message
        return Message(text(message["role"]), content)
    parts = dicts(content)
    calls = [_tool_call(call) for call in dicts(message.get("tool_calls"))]
    if legacy := mapping(message.get("function_call")):
        calls.append(ToolCall(text(legacy.get("name")), text(legacy.get("arguments"))))
    return Message(
        role=text(message.get("role")),
        text=content if isinstance(content, str) else "\n".join(_text_parts(parts)),
        name=text_or_none(message.get("name")),
        tool_calls=tuple(calls),
        tool_call_id=text_or_none(message.get("tool_call_id")),
        parts=tuple(part for item in parts if (part := _part(item))),
        cache_ends=cache_ends(parts, lambda some: "\n".join(_text_parts(some))) if parts else (),
    )


def _text_parts(parts: list[dict[str, Any]]) -> list[str]:
    return [text(part.get("text") or part.get("refusal")) for part in parts if part.get("type") in ("text", "refusal")]


def _part(item: dict[str, Any]) -> Part | None:
    match item.get("type"):
        case "image_url":
            value = item.get("image_url")
            url = value if isinstance(value, str) else text(mapping(value).get("url"))
            return Part("image", url, text(mapping(value).get("detail")))
        case "input_audio":
            value = item.get("input_audio")
            kind = f"audio/{text(mapping(value).get('format')) or 'wav'}"
            return Part("audio", value if isinstance(value, str) else text(mapping(value).get("data")), media_type=kind)
        case "file":
            file = mapping(item.get("file"))
            return Part("file", text(file.get("file_id") or file.get("file_data") or item.get("file_id")))
        case "document_url":
            return Part("file", text(item.get("document_url")))
    return None


def _tool_call(call: dict[str, Any]) -> ToolCall:
    if call.get("type") == "custom":
        custom = mapping(call.get("custom"))
        return ToolCall(text(custom.get("name")), text(custom.get("input")), text(call.get("id")), "custom")
    function = mapping(call.get("function"))
    return ToolCall(text(function.get("name")), text(function.get("arguments")), text(call.get("id")))


def _tools(body: dict[str, Any]) -> list[Tool]:
    tools = []
    for tool in dicts(body.get("tools")):
        kind = "custom" if tool.get("type") == "custom" else "function"
        if definition := mapping(tool.get(kind)):  # tools that the vendor runs have no function
            tools.append(_tool(definition, custom=kind == "custom"))
    return tools + [_tool(function) for function in dicts(body.get("functions"))]


def _tool(tool: dict[str, Any], custom: bool = False) -> Tool:
    return Tool(
        name=text(tool.get("name")),
        description=text(tool.get("description")),
        parameters=mapping(tool.get("parameters")),
        kind="custom" if custom else "function",
        strict=tool.get("strict") is True,
    )


def _tool_choice(body: dict[str, Any]) -> ToolChoice:
    choice = body.get("tool_choice") or body.get("function_call")
    match choice:
        case "none":
            return ToolChoice("none")
        case "required" | "any":  # some clients of other providers send `any`
            return ToolChoice("required")
        case {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": list(tools)}}:
            names = tuple(name for tool in dicts(tools) if (name := _chosen_name(tool)))
            return ToolChoice("required" if mode == "required" else "auto", names)
        case dict() if name := _chosen_name(choice):
            return ToolChoice("required", (name,))
    return ToolChoice() if choice else ANY_TOOL


def _chosen_name(choice: dict[str, Any]) -> str | None:
    inner = choice.get("function") or choice.get("custom")
    return text_or_none(mapping(inner).get("name") or choice.get("name"))


def response_format(document: dict[str, Any]) -> ResponseFormat:
    """Return the response format of a request."""
    match document.get("type"):
        case "json_object" if schema := mapping(document.get("schema")):  # as clients of Together and llama.cpp send it
            return ResponseFormat("json_schema", "", schema)
        case "json_object":
            return ResponseFormat("json_object")
        case "json_schema":
            schema = mapping(document.get("json_schema"))
            return ResponseFormat(
                "json_schema", text(schema.get("name")), mapping(schema.get("schema")), schema.get("strict") is True
            )
    return ResponseFormat() if document else ANY_FORM


def _max_tokens(body: dict[str, Any]) -> int | None:
    return whole(body.get("max_completion_tokens"), 1) or whole(body.get("max_tokens"), 1)


def _top_logprobs(body: dict[str, Any]) -> int | None:
    return (whole(body.get("top_logprobs"), 0) or 0) if body["logprobs"] is True else None


Reader = Callable[[dict[str, Any]], object]
"""Reads a field of the prompt from a body that has a certain key."""

_READERS: Mapping[str, Sequence[tuple[str, Reader]]] = {
    "model": [("model", lambda body: text_or_none(body["model"]))],
    "messages": [("messages", lambda body: tuple([_message(message) for message in dicts(body["messages"])]))],
    "tools": [("tools", lambda body: tuple(_tools(body)))],
    "functions": [("tools", lambda body: tuple(_tools(body)))],
    "tool_choice": [("tool_choice", _tool_choice)],
    "function_call": [("tool_choice", _tool_choice)],
    "parallel_tool_calls": [("parallel_tool_calls", lambda body: body["parallel_tool_calls"] is not False)],
    "response_format": [("response_format", lambda body: response_format(mapping(body["response_format"])))],
    "n": [("n", lambda body: choices(body["n"]))],
    "stop": [("stop", lambda body: texts(body["stop"]))],
    "max_tokens": [("max_tokens", _max_tokens)],
    "max_completion_tokens": [("max_tokens", _max_tokens)],
    "logprobs": [("top_logprobs", _top_logprobs)],
    "reasoning_effort": [("reasoning_effort", lambda body: text_or_none(body["reasoning_effort"]))],
    "user": [("user", lambda body: text_or_none(body["user"]))],
    "metadata": [("metadata", lambda body: mapping(body["metadata"]))],
    "stream": [("stream", lambda body: body["stream"] is True)],
    "stream_options": [
        ("include_usage", lambda body: mapping(body["stream_options"]).get("include_usage") is True),
        ("include_obfuscation", lambda body: mapping(body["stream_options"]).get("include_obfuscation") is not False),
    ],
}
"""The fields of the prompt that are read from each key of a body; missing keys cost nothing."""


SERVED_TIERS = {"flex": "flex", "priority": "priority", "scale": "scale", "fast": "priority", "ultrafast": "ultrafast"}
"""The service tier in the answer by the tier in the request; all others are reported as `default`."""


def service_tier(body: Mapping[str, Any]) -> str:
    """Return the tier that served a request."""
    if "service_tier" not in body:
        return "default"
    tier = body["service_tier"]
    return SERVED_TIERS.get(tier, "default") if isinstance(tier, str) else "default"
