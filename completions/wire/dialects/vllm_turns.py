"""How a chat at vLLM's server begins its answer, and under what id: the parameters of its chat template, and `echo`.

Source: `ChatCompletionRequest` and `serving_chat.py` of `vllm/entrypoints/openai`, version 0.12.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.dialects import vllm_rules
from completions.wire.dialects.pydantic_errors import Finding
from completions.wire.fields import mapping, text
from completions.wire.validation import Rule

THINKING_SWITCHES = ("enable_thinking", "thinking")
"""The variables of chat templates that turn thinking on or off: of Qwen and GLM, and of DeepSeek and Granite."""

FIELDS = frozenset(("add_generation_prompt", "echo"))
"""The fields that give an answer its role and its beginning."""

ASSISTANT = "assistant"


def thinking(body: Mapping[str, Any]) -> bool | None:
    """Tell whether a request turns the model's thinking on or off; None if it does neither."""
    variables = mapping(body.get("chat_template_kwargs"))
    return next((value for name in THINKING_SWITCHES if isinstance(value := variables.get(name), bool)), None)


def hides_thoughts(body: Mapping[str, Any]) -> bool:
    """Tell whether an answer has no thoughts: none are sent, or the model does not think."""
    return body.get("include_reasoning") is False or thinking(body) is False


def role(prompt: Prompt) -> str:
    """Return the role of the answer: that of the last message if no message is begun for it."""
    is_begun = prompt.body.get("add_generation_prompt") is not False
    return ASSISTANT if is_begun or not prompt.messages else prompt.messages[-1].role


def echo(prompt: Prompt) -> str:
    """Return the last message's text if the answer has to repeat it, and has its role."""
    last = prompt.messages[-1] if prompt.messages and prompt.body.get("echo") is True else None
    return last.text if last is not None and last.role == role(prompt) else ""


def requested_id(prompt: Prompt) -> str:
    """Return the id that a request gives its answer, in a header or else in a field; empty if it gives none."""
    return prompt.headers.get("x-request-id") or text(prompt.body.get("request_id"))


def _begun_and_continued(body: Mapping[str, Any]) -> RequestError | None:
    if not (body.get("continue_final_message") and body.get("add_generation_prompt")):
        return None
    message = "Cannot set both `continue_final_message` and `add_generation_prompt` to True."
    error = {"error": ValueError(message)}
    return vllm_rules.invalid(Finding("value_error", f"Value error, {message}", [], body, error))


RULES = (Rule(_begun_and_continued, vllm_rules.PROTOCOL, "2026-11-30"),)
