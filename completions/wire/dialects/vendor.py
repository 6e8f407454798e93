"""What vendors other than OpenAI have in common who speak its formats: rules, headers and parameters of their own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import rules
from completions.wire.fields import mapping, text_or_none
from completions.wire.openai.base import Dialect
from completions.wire.validation import Check, Problem


class Vendor(Dialect):
    """A vendor of its own: no padding, no document word by word, and what OpenAI does not know passes."""

    padding = ""
    vendor = ""
    refuses = False
    """Whether a refusal is told apart from a text."""
    checks: ClassVar[Mapping[str, Check]] = {
        "chat": rules.chat(),
        "completion": rules.COMPLETION,
        "embeddings": rules.EMBEDDINGS,
        "response": rules.RESPONSE,
    }
    """What is held against a request, by what it asks for."""

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply to be said in this vendor's shape."""
        if not self.refuses and any(choice.refusal for choice in reply.choices):
            said = map(_without_refusal, reply.choices)
            reply = replace(reply, choices=tuple(said))
        return reply if reply.body is None else replace(reply, body=None)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for chat."""
        self._check("chat", body)

    def check_completion(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a completion."""
        self._check("completion", body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise what is wrong with a request for embeddings."""
        self._check("embeddings", body)

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a response."""
        self._check("response", body)

    def _check(self, what: str, body: dict[str, Any]) -> None:
        check = self.checks.get(what) or Vendor.checks[what]
        if (problem := check(body)) is not None:
            raise self.problem(problem, body)

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return what is wrong with a request as the error that this vendor makes of it."""
        return problem.error()

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with who is asked, and whether to think."""
        return replace(prompt, address={"dialect": self.name}, reasoning_effort=_effort(prompt))

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level without tiers of service."""
        return {key: value for key, value in head.items() if key != "service_tier"}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message without what is not said."""
        plain = {key: value for key, value in message.items() if value or key not in ("refusal", "annotations")}
        return plain | (self.reasoning_delta(choice.reasoning) if choice.reasoning else {})

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta without the refusal that opens OpenAI's."""
        return {key: value for key, value in delta.items() if key != "refusal" or value}

    def headers(self, request_id: str) -> Mapping[str, str] | None:
        """Return none: those of OpenAI are its own."""
        return {}


def _without_refusal(choice: Choice) -> Choice:
    blocks = tuple(replace(block, kind="text") if block.kind == "refusal" else block for block in choice.blocks)
    text = "".join(block.text for block in blocks if block.kind == "text") if blocks else choice.refusal or choice.text
    return replace(choice, text=text, refusal=None, blocks=blocks)


def _effort(prompt: Prompt) -> str | None:
    """Return how much is to be thought: as OpenAI says it, or as `thinking: {type}`, or as `reasoning: {effort}`."""
    thinking, reasoning = mapping(prompt.body.get("thinking")), mapping(prompt.body.get("reasoning"))
    if prompt.reasoning_effort is not None:
        return prompt.reasoning_effort
    if thinking.get("type") == "disabled" or reasoning.get("enabled") is False:
        return "none"
    asked = text_or_none(reasoning.get("effort"))
    return asked or ("medium" if thinking.get("type") == "enabled" or reasoning else None)


def numbered(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message whose tool calls have their index, as some vendors' whole answers do too."""
    if not (calls := message.get("tool_calls")):
        return message
    return message | {"tool_calls": [{"index": place, **call} for place, call in enumerate(calls)]}
