"""Ollama's server in OpenAI's format, at `/ollama/v1/`: whole calls, a role in each delta, errors named by status.

Sources: `openai/openai.go` and `middleware/openai.go` of ollama/ollama; chunks that g0t4/ask-openai.nvim wrote down in
April 2025; the type of errors as users quote it since April 2026 (SamSaffron/term-llm 385, tinyhumansai/openhuman 2787)
in place of `api_error`; the cached tokens since September 2026 (stdapi-ai/stdapi.ai 252).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from completions import ids
from completions.conversation import ANY_TOOL, Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens.spelling import tagged
from completions.wire.base import Undecodable, without_limits
from completions.wire.content import arguments_of, written_arguments
from completions.wire.dialects import catalogue, ollama_rules
from completions.wire.dialects.vendor import Vendor, numbered
from completions.wire.fields import arranged, whole, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.ollama import decode_errors, loading, names
from completions.wire.ollama.errors import ERROR_WORDINGS, REFUSALS, WORDINGS_BY_FORMAT, words
from completions.wire.openai.base import usage

ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error"}
"""The types of errors by status; all others are `api_error`."""


class Ollama(Vendor):
    """Ollama's dialect. The server ignores `n` and `tool_choice` (ollama/ollama 17921, August 2026), and `echo`."""

    name = "ollama"
    place = "ollama/v1/"
    reasoning_field = "reasoning"
    vendor = names.VENDOR
    wordings = ERROR_WORDINGS
    wordings_by_format = WORDINGS_BY_FORMAT
    refusals = response_refusals = completion_refusals = REFUSALS
    default_models = names.DEFAULT_MODELS
    model = staticmethod(catalogue.ollama)
    stream_media_type = ServerSentEvents.media_type
    sends_whole_calls = True
    has_call_in_role_chunk = False
    has_role_chunk = has_echo = False
    has_null_usage = False
    logprob_fields = ("content",)
    window_limits_prompt_only = cuts_last_message = True
    limit_headers = staticmethod(without_limits)
    check_chat = staticmethod(ollama_rules.check_chat)
    check_completion = staticmethod(ollama_rules.check_completion)
    has_model = staticmethod(names.has_model)
    to_note = staticmethod(loading.loaded)

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the list of models, each with its tag (`ListMiddleware` of ollama/ollama)."""
        return super().model_list([model | {"id": tagged(model["id"])} for model in models])

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request for embeddings is invalid."""
        ollama_rules.check_embeddings(body)

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt as the server reads it: one choice, any tool, cut to the context window."""
        max_tokens, effort = whole(prompt.body.get("max_tokens"), 1), ollama_rules.effort(prompt.body) or None
        adapted = replace(super().adapt_prompt(prompt), max_tokens=max_tokens, reasoning_effort=effort)
        return replace(adapted, n=1, tool_choice=ANY_TOOL, truncates=True)

    def for_prompt(self, prompt: Prompt) -> Self:
        """Return the dialect, without thoughts if the effort is `none`."""
        return self.hiding_thoughts() if prompt.reasoning_effort == "none" else self

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply without calls whose arguments are not a JSON object: the server cannot read them either."""
        return super().adapt_reply(replace(reply, choices=tuple(map(_with_readable_calls, reply.choices))))

    def answer_id(self, reply: Reply) -> str:
        """Return an id with a number below 999."""
        return f"chatcmpl-{int(ids.spelled(f'answer/{reply.serial}', 8), 16) % 999}"

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id of eight letters."""
        return f"call_{ids.spelled(f'call/{reply.serial}{place}', 8, ids.LOWER)}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields."""
        return super().top_level(head | {"system_fingerprint": "fp_ollama"}, reply, prompt)

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer that is not streamed, with its fields in the order of chunks."""
        return arranged(document, (*self.head, "choices"))

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message: its content is a string even with calls, and these have an index."""
        fields = numbered(super().message(message, choice)) | {"content": message["content"] or ""}
        calls = [arranged(call, ("id", "index")) for call in fields.get("tool_calls", ())]
        return arranged(fields | ({"tool_calls": calls} if calls else {}), ("role", "content", "reasoning"))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role and a text."""
        fields = {"role": "assistant", "content": "", **super().delta(delta, choice)}
        if "tool_calls" in fields:
            fields["tool_calls"] = [arranged(call, ("id", "index")) for call in fields["tool_calls"]]
        return fields

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, with log probabilities at its end if there are any."""
        reason = document.get("finish_reason")
        fields = without_nulls(document) | {"finish_reason": "stop" if reason == "content_filter" else reason}
        return arranged(fields, ("index", "message", "delta", "text", "finish_reason"))

    def text_choice(self, document: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a choice of a text completion."""
        fields = self.choice(super().text_choice(document, choice))
        return arranged(fields, ("text", "index"))

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts, and the cached tokens."""
        return usage(reply.used) | {"prompt_tokens_details": {"cached_tokens": reply.used.cached_tokens}}

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return the error of Go's decoder for a body that is not a JSON object; other errors as they are."""
        if not isinstance(exc, Undecodable):
            return exc
        message = decode_errors.decode_error(exc.body, "openai.ChatCompletionRequest")
        return exc if message is None else RequestError(message)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of an error."""
        kind = ERROR_TYPES.get(exc.status, "api_error")
        return {"error": {"message": words(exc), "type": kind, "param": None, "code": None}}


def _with_readable_calls(choice: Choice) -> Choice:
    """Return a choice without calls whose arguments are not a JSON object; custom calls become calls of functions."""
    function_calls = {
        call: replace(call, kind="function", arguments=written_arguments(call)) for call in choice.tool_calls
    }
    function_calls = {call: readable for call, readable in function_calls.items() if arguments_of(readable) is not None}
    calls = tuple(function_calls[call] for call in choice.tool_calls if call in function_calls)
    if calls == choice.tool_calls:
        return choice
    blocks_or_none = (replace(block, call=block.call and function_calls.get(block.call)) for block in choice.blocks)
    blocks = tuple(block for block in blocks_or_none if block.kind != "call" or block.call)
    reason = "stop" if choice.finish_reason == "tool_calls" and not calls else choice.finish_reason
    return replace(choice, tool_calls=calls, blocks=blocks, finish_reason=reason)
