"""What vendors other than OpenAI share: their own rules, headers and parameters."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.wire.dialects import rules
from completions.wire.fields import arranged, mapping, text_or_none
from completions.wire.openai.base import Dialect, made_id
from completions.wire.validation import Check, Problem, Rule, keep_rules

HEAD = ("id", "object", "created", "model")
"""The top-level fields of answers and chunks that most vendors have."""


class Vendor(Dialect):
    """A vendor other than OpenAI: no padding, no verbatim documents, and unknown fields are accepted."""

    padding = ""
    vendor = ""
    headers_marker: bytes | None = None
    text_like_chat = True
    has_refusal_field = False
    """Whether refusals have a field of their own."""
    head: Sequence[str] = (*HEAD, "system_fingerprint")
    """The top-level fields of answers and chunks."""
    checks: ClassVar[Mapping[str, Check]] = {
        "chat": rules.chat(),
        "completion": rules.COMPLETION,
        "embeddings": rules.EMBEDDINGS,
        "response": rules.RESPONSE,
    }
    """The check for each kind of request."""
    cross_field_rules: ClassVar[Sequence[Rule]] = ()
    """The rules between the fields and messages of a chat request."""
    reasoning_field = ""
    """The field for thoughts in messages and deltas, if there is one."""
    hides_thoughts = has_thoughts_in_text = False
    """Whether answers leave out the thoughts, or have them in the text, between tags."""
    call_ids: ClassVar[tuple[str, int, bytes] | None] = None
    """The prefix, length and alphabet of call ids; None for OpenAI's."""
    limits: ClassVar[Mapping[str, str]] = {}
    """The rate limit headers of a model's answers."""
    thinks_on_request: tuple[str, ...] = ()
    """Prefixes of the names of models that think only on request, though they always think elsewhere."""

    def hiding_thoughts_on_request(self, prompt: Prompt) -> Self:
        """Return the dialect for a prompt, which may ask for an answer without thoughts."""
        return self.hiding_thoughts() if _wants_no_thoughts(prompt.body) else self

    def hiding_thoughts(self) -> Self:
        """Return the dialect of answers without thoughts."""
        dialect = copy.copy(self)
        dialect.hides_thoughts = True
        return dialect

    def with_thoughts_in_text(self) -> Self:
        """Return the dialect of answers with the thoughts in their text, between tags."""
        dialect = copy.copy(self)
        dialect.has_thoughts_in_text = True
        return dialect

    def repeating(self, text: str) -> Self:
        """Return the dialect of answers that begin with a text of the prompt."""
        dialect = copy.copy(self)
        dialect.echo = text
        return dialect

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply without what this vendor's shape lacks."""
        if not self.has_refusal_field and any(choice.refusal for choice in reply.choices):
            choices = map(_without_refusal, reply.choices)
            reply = replace(reply, choices=tuple(choices))
        if self.hides_thoughts:
            reply = self.without_thoughts(reply)
        elif self.has_thoughts_in_text:
            reply = replace(reply, choices=tuple(map(_with_thoughts_in_text, reply.choices)))
        return self.with_call_ids(reply if reply.body is None else replace(reply, body=None))

    def without_thoughts(self, reply: Reply) -> Reply:
        """Return a reply without the thoughts, which are charged all the same."""
        return replace(reply, choices=tuple(map(_without_thoughts, reply.choices)))

    def with_call_ids(self, reply: Reply) -> Reply:
        """Return a reply whose calls have ids."""
        if not any(choice.tool_calls for choice in reply.choices):
            return reply
        choices = [self._identified(choice, reply, index) for index, choice in enumerate(reply.choices)]
        return replace(reply, choices=tuple(choices))

    def _identified(self, choice: Choice, reply: Reply, index: int) -> Choice:
        calls = [
            call if call.id else replace(call, id=self.call_id(reply, call.name, index, call_index))
            for call_index, call in enumerate(choice.tool_calls)
        ]
        remaining_calls = iter(calls)
        blocks = tuple(replace(block, call=next(remaining_calls)) if block.call else block for block in choice.blocks)
        return replace(choice, tool_calls=tuple(calls), blocks=blocks)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the id of a tool call, given the indexes of its choice and of the call."""
        if self.call_ids is None:
            return made_id("call_", reply, *place)
        prefix, size, alphabet = self.call_ids
        return prefix + ids.spelled(f"call/{reply.serial}{place}", size, alphabet)

    def uuid(self, reply: Reply) -> str:
        """Return a UUID, as the id of an answer."""
        return ids.uuid_of(f"answer/{reply.serial}")

    def prefixed_uuid(self, reply: Reply) -> str:
        """Return a UUID with OpenAI's prefix, as the id of an answer."""
        return f"chatcmpl-{ids.uuid_of(reply.serial)}"

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a chat request is invalid."""
        self._check("chat", body)
        keep_rules(self.cross_field_rules, body)

    def check_completion(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request for a completion is invalid."""
        self._check("completion", body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request for embeddings is invalid."""
        self._check("embeddings", body)

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request for a response is invalid."""
        self._check("response", body)

    def _check(self, kind: str, body: dict[str, Any]) -> None:
        check = self.checks.get(kind) or Vendor.checks[kind]
        self.refuse(check(body), body)

    def refuse(self, problem: Problem | None, body: Mapping[str, Any]) -> None:
        """Raise a problem with a request as this vendor's error, if there is one."""
        if problem is not None:
            raise self.problem(problem, dict(body))

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return a problem with a request as this vendor's error."""
        return problem.error()

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with the name of the dialect and the reasoning effort."""
        default = "none" if (prompt.model or "").startswith(self.thinks_on_request) else None
        return replace(prompt, address={"dialect": self.name}, reasoning_effort=_effort(prompt) or default)

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields that this vendor has."""
        return {key: head[key] for key in self.head}

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of the chain of thought."""
        return {self.reasoning_field: text} if self.reasoning_field else {}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message without empty fields."""
        plain = {key: value for key, value in message.items() if value or key not in ("refusal", "annotations")}
        return plain | (self.reasoning_delta(choice.reasoning) if choice.reasoning else {})

    def text_choice(self, document: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a choice of a text completion, with the fields that a chat's choice has besides its message."""
        reason = document["finish_reason"]
        return document | (self.chunk_extras(choice) if reason is None else self.finished_extras(choice, reason))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta without OpenAI's empty refusal."""
        return {key: value for key, value in delta.items() if key != "refusal" or value}

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return only the limits, with answers of a model: OpenAI's headers are its own."""
        return self.limits if status == 200 and model else {}


def _without_refusal(choice: Choice) -> Choice:
    blocks = tuple(replace(block, kind="text") if block.kind == "refusal" else block for block in choice.blocks)
    text = "".join(block.text for block in blocks if block.kind == "text") if blocks else choice.refusal or choice.text
    return replace(choice, text=text, refusal=None, blocks=blocks)


def _with_thoughts_in_text(choice: Choice) -> Choice:
    if not choice.reasoning:
        return choice
    is_cut = choice.finish_reason == "length" and not choice.text
    rest = "" if is_cut else f"\n</think>\n\n{choice.text or ''}"
    text = f"<think>\n{choice.reasoning if is_cut else choice.reasoning.rstrip()}{rest}"
    return replace(choice, reasoning=None, text=text, blocks=())


def _without_thoughts(choice: Choice) -> Choice:
    return replace(choice, reasoning=None, blocks=tuple(block for block in choice.blocks if block.kind != "reasoning"))


def _wants_no_thoughts(body: Mapping[str, Any]) -> bool:
    """Tell whether a request asks for no thoughts, by OpenRouter's field, by Groq's, or by the one that both have."""
    is_excluded, is_hidden = (
        mapping(body.get("reasoning")).get("exclude") is True,
        body.get("reasoning_format") == "hidden",
    )
    return is_excluded or is_hidden or body.get("include_reasoning") is False


def _effort(prompt: Prompt) -> str | None:
    """Return the reasoning effort, from OpenAI's field, from `thinking: {type}`, or from `reasoning: {effort}`."""
    thinking, reasoning = mapping(prompt.body.get("thinking")), mapping(prompt.body.get("reasoning"))
    if prompt.reasoning_effort is not None:
        return prompt.reasoning_effort
    if thinking.get("type") == "disabled" or reasoning.get("enabled") is False:
        return "none"
    effort = text_or_none(reasoning.get("effort"))
    return effort or ("medium" if thinking.get("type") == "enabled" or reasoning else None)


def numbered(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message whose tool calls have an index, which some vendors also have without streaming."""
    if not (calls := message.get("tool_calls")):
        return message
    return message | {"tool_calls": [{"index": index, **call} for index, call in enumerate(calls)]}


def with_thoughts(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message with its thoughts after its content, a string even with tool calls, and with numbered calls."""
    document = numbered(message) | {"content": message["content"] or ""}
    return arranged(document, ("role", "content", "reasoning_content"))


def with_running_usage(events: Iterable[Event], counts: Callable[[int], Mapping[str, int]]) -> list[Event]:
    """Return a stream whose chunks have the usage so far; `counts` returns it for a number of completion tokens."""
    completion_tokens, counted_events = 0, []
    for event in events:
        completion_tokens += event.token
        counted_events.append(
            event._replace(data=_with_usage(event.data, counts(completion_tokens))) if event.chunk else event
        )
    return counted_events


def _with_usage(data: bytes, usage: Mapping[str, int]) -> bytes:
    document = orjson.loads(data)
    return data if document.get("usage") is not None else orjson.dumps({**document, "usage": usage})
