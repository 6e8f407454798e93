"""vLLM's server: fields that are null unless requested, errors by class, and parameters that OpenAI lacks.

Source: `vllm/entrypoints/openai` of version 0.12 and later; unknown fields are accepted, with a warning in its log.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.wire.dialects import (
    catalogue,
    pydantic_errors,
    rules,
    vllm_constraints,
    vllm_rules,
    vllm_token_ids,
    vllm_turns,
)
from completions.wire.dialects.vendor import HEAD, Vendor, with_running_usage
from completions.wire.dialects.wordings import VLLM as VLLM_WORDINGS
from completions.wire.fields import arranged, mapping, whole
from completions.wire.openai.base import usage
from completions.wire.openai.chat.format import response_format
from completions.wire.openai.wordings import ADDRESS, METHOD
from completions.wire.validation import Check, Problem, keep_rules

ADDRESS_ERRORS = {VLLM_WORDINGS[kind].type for kind in (METHOD, ADDRESS)}
ERROR_CLASSES = {
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    503: "ServiceUnavailableError",
}
NULL_FIELDS = ("service_tier", "system_fingerprint", "prompt_logprobs", "prompt_token_ids", "kv_transfer_params")
NULL_TEXT_FIELDS = ("service_tier", "system_fingerprint", "kv_transfer_params")
"""The null fields at the top level of a text completion; its choices have the others."""


class VLLM(Vendor):
    """vLLM's dialect."""

    name = "vllm"
    reasoning_field = "reasoning"
    wordings = VLLM_WORDINGS
    cross_field_rules = vllm_rules.CHAT
    place = "vllm/v1/"
    default_models = catalogue.VLLM
    model = staticmethod(catalogue.vllm)
    call_ids = ("chatcmpl-tool-", 16, ids.HEX)
    has_call_in_role_chunk = False
    has_null_usage = False
    head = HEAD
    done_after_error = True
    role, requested_id = vllm_turns.ASSISTANT, ""
    """The role of an answer, and the id that its request gives it."""
    convert = staticmethod(vllm_rules.convert)
    checks: ClassVar[Mapping[str, Check]] = {
        "chat": rules.chat({**vllm_rules.CHAT_FIELDS, **vllm_constraints.FIELDS}),
        "completion": rules.completion({**vllm_rules.COMPLETION_FIELDS, **vllm_constraints.FIELDS}, ("model",)),
        "embeddings": rules.embeddings(vllm_rules.EMBEDDING_FIELDS),
    }

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a chat request is invalid."""
        keep_rules(vllm_rules.BEFORE_TYPES, body)
        super().check_chat(body)
        keep_rules((*vllm_turns.RULES, *vllm_constraints.RULES), body)

    def check_completion(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request for a completion is invalid."""
        super().check_completion(body)
        keep_rules((*vllm_rules.COMPLETION, *vllm_constraints.RULES), body)

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error of FastAPI's validator in the server's format."""
        if union_findings := vllm_rules.union_findings(problem, body):
            return vllm_rules.invalid_findings(union_findings)
        return vllm_rules.invalid(pydantic_errors.with_conversion(pydantic_errors.finding_of(problem, body)))

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return FastAPI's error for a body that is not a JSON object; other errors as they are."""
        finding = pydantic_errors.undecodable_finding(exc)
        return exc if finding is None else vllm_rules.invalid(finding)

    def for_prompt(self, prompt: Prompt) -> Self:
        """Return the dialect of a request, which may give the answer an id, a role and a beginning."""
        dialect, requested_id = self, vllm_turns.requested_id(prompt)
        if vllm_turns.hides_thoughts(prompt.body):
            dialect = dialect.hiding_thoughts()
        if prompt.format == "chat" and prompt.body.keys() & vllm_turns.FIELDS:
            dialect = dialect.repeating(vllm_turns.echo(prompt))
            dialect.role = vllm_turns.role(prompt)
        if requested_id:
            dialect = copy.copy(dialect)
            dialect.requested_id = requested_id
        return dialect

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with the answer's format and length; with `ignore_eos` the answer is as long as allowed."""
        body, max_tokens = prompt.body, prompt.max_tokens
        min_tokens = whole(body.get("min_tokens"), 0)
        if max_tokens is not None and (body.get("ignore_eos") is True or min_tokens == max_tokens):
            min_tokens = max_tokens + 1  # more than allowed, so that the finish reason is the limit
        format = vllm_constraints.constrained_format(body) or response_format(mapping(body.get("response_format")))
        keeps_stop, thinks = body.get("include_stop_str_in_output") is True, vllm_turns.thinking(body)
        adapted = replace(
            super().adapt_prompt(prompt), min_tokens=min_tokens, response_format=format, keeps_stop=keeps_stop
        )
        if thinks is None or adapted.reasoning_effort is not None:
            return adapted
        return replace(adapted, reasoning_effort="medium" if thinks else "none")

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the chunks, each with its tokens' ids and the usage so far, if these are requested."""
        if vllm_token_ids.are_requested(prompt):
            events = Events.of(vllm_token_ids.with_ids_in_chunks(events, prompt))
        if vllm_token_ids.names_tokens(prompt):
            events = Events.of([*vllm_token_ids.with_named_tokens_in_chunks(events, prompt)])
        options = mapping(prompt.body.get("stream_options"))
        if options.get("include_usage") is not True or options.get("continuous_usage_stats") is not True:
            return events
        prompt_tokens = usage["prompt_tokens"]
        return with_running_usage(
            events,
            lambda completion_tokens: {
                **usage,
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
        )

    def answer_id(self, reply: Reply) -> str:
        """Return an id of 64 bits, as the server's `random_uuid` makes them, unless the request has one."""
        return f"chatcmpl-{self.requested_id or ids.spelled(f'answer/{reply.serial}', 16)}"

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer with the fields that are null unless requested, and with tokens' ids if they are."""
        if document["object"] != vllm_token_ids.TEXT_COMPLETION:
            document = document | dict.fromkeys(NULL_FIELDS)
        else:
            choices = [choice | {"prompt_logprobs": None} for choice in document["choices"]]
            document = document | {"choices": choices} | dict.fromkeys(NULL_TEXT_FIELDS)
        if "prompt_logprobs" in prompt.body:
            document = vllm_token_ids.with_prompt_logprobs(document, prompt)
        document = vllm_token_ids.with_ids(document, prompt) if vllm_token_ids.are_requested(prompt) else document
        return vllm_token_ids.with_named_tokens(document, prompt) if vllm_token_ids.names_tokens(prompt) else document

    def text_choice(self, document: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a choice of a text completion with all its fields."""
        stop_reason = None if document["finish_reason"] is None else choice.stopped_by
        return arranged(document, ("index",)) | {
            "stop_reason": stop_reason,
            "token_ids": None,
            "prompt_token_ids": None,
        }

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with all its fields."""
        names = ("role", "content", "refusal", "annotations", "audio", "function_call")
        document = {key: message.get(key) or None for key in names}
        calls = message.get("tool_calls", [])
        content = None if calls and not message["content"] else message["content"]
        fields = {"content": content, "tool_calls": calls, "reasoning": choice.reasoning or None}
        return document | {"role": self.role} | fields

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, with the role of the answer in place of the assistant's."""
        fields = super().delta(delta, choice)
        return {**fields, "role": self.role} if "role" in fields else fields

    def finished_extras(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the stop sequence that ended the answer; null if the model ended it."""
        return {"stop_reason": choice.stopped_by, "token_ids": None}

    def chunk_extras(self, choice: Choice | None) -> dict[str, Any]:
        """Return that there are no token ids."""
        return {"token_ids": None}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts, and the cached tokens."""
        cached_tokens = reply.used.cached_tokens
        return usage(reply.used) | {
            "prompt_tokens_details": {"cached_tokens": cached_tokens} if cached_tokens else None
        }

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope: the type is a class, the code is the status."""
        default_class = "BadRequestError" if exc.status < 500 else "InternalServerError"
        kind = (
            exc.type
            if exc.type in (vllm_rules.INVALID, *ADDRESS_ERRORS)
            else ERROR_CLASSES.get(exc.status, default_class)
        )
        if exc.status == 401 and exc.facts is not None:
            return {"error": "Unauthorized"}
        return {"error": {"message": exc.message, "type": kind, "param": exc.param, "code": exc.status}}
