"""Gemini in OpenAI's format, at `/v1beta/openai/`: three counts, no log probabilities, Google's errors.

From Gemini 3 on the first call of an answer is signed, in its `extra_content`, and has to come back so.

Sources: Google's page on OpenAI compatibility; answers recorded in 2025; errors as users quote them (2026-01-10:
SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter 3), which are lists of one.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import KeyRefused, RequestError
from completions.wire.dialects import catalogue, rules
from completions.wire.dialects.refusals import GEMINI
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.fields import dicts, mapping, text, without_nulls
from completions.wire.framing import ServerSentEvents
from completions.wire.gemini import errors
from completions.wire.gemini.answer import response_id
from completions.wire.gemini.signatures import MISSING, is_strict, open_calls, signature, wrong_signature
from completions.wire.openai.base import Dialect, usage
from completions.wire.openai.chat.rules import FIELDS
from completions.wire.validation import Check, Problem, Rule
from completions.wire.words import Words

OWN = ("cached_content", "extra_body", "google", "reasoning_effort", "safety_settings", "thinking_config")
"""Fields of Google's own; others that OpenAI's API has not either are refused (recorded by users on 2026-01-10)."""

NO_KEY = "Missing or invalid Authorization header."
"""Seen on 2026-04-20: NVIDIA/NemoClaw 2093."""

NO_MODEL = Words(
    lambda facts: errors.not_found(facts, "v1main"),
    404,
    code=None,
    source="users of gemini-1.5-flash, which had been retired, in OpenAI's format",
    seen="2026-07-05",
)
WORDS: Mapping[str, Words] = {**errors.ERROR_WORDS, "model_not_found": NO_MODEL}
"""How the API puts the usual errors."""


def _model(name: str) -> str:
    """Return a model's name without what may stand before it: `models/`, `google/`."""
    return name.rpartition("/")[2]


def _unsigned(body: Mapping[str, Any]) -> RequestError | None:
    """Return the error for a call without its signature in the turn that is not over."""
    if not is_strict(_model(text(body.get("model")))):
        return None
    for message, name, position in open_calls(body["messages"]):
        extra = mapping(dicts(message["tool_calls"])[0].get("extra_content"))
        given = mapping(extra.get("google")).get("thought_signature")
        if wrong := wrong_signature(given, MISSING.format(name=name, position=position)):
            return RequestError(wrong)
    return None


class GeminiChat(Vendor):
    """Google's dialect."""

    name = "gemini"
    vendor = "gemini"
    events_type = ServerSentEvents.media_type
    place = "v1beta/openai/"
    window_of_prompt = True
    listed = catalogue.GEMINI
    model = staticmethod(catalogue.gemini)
    whole_calls = True
    role_opens = False
    null_usage = False
    head = HEAD
    finish_joined = True
    words = WORDS
    refusals = GEMINI
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(known=(*FIELDS, *OWN))}
    between = (Rule(_unsigned, "securo-finance/securo 884; TokenRhythm/opensquilla 225", "2026-09-10"),)

    def for_prompt(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the model: from Gemini 3 on calls are signed."""
        return SIGNING if is_strict(_model(prompt.model or "")) else self

    def answer_id(self, reply: Reply) -> str:
        """Return an id of Google's."""
        return response_id(reply)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls."""
        return without_nulls(super().message(message, choice))

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role."""
        return {"role": "assistant", **super().delta(delta, choice)}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice without null log probabilities and null finish reasons."""
        return without_nulls(document)

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts."""
        return usage(reply.usage)

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error; of a field that is not known it is the JSON parser's."""
        if problem.code != "unknown_parameter":
            return problem.error()
        said = f'Invalid JSON payload received. Unknown name "{problem.path}": Cannot find field.'
        return errors.Violated([("", said)])

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error in Google's words; here, a key is wanted in a header of OpenAI's."""
        if isinstance(exc, KeyRefused) and not exc.key:
            return RequestError(NO_KEY)
        return errors.adapt_error(exc)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope."""
        return errors.envelope(exc)

    def sent(self, error: dict[str, Any], request_id: str) -> list[dict[str, Any]]:
        """Return the envelope in a list of one."""
        return [error]


class SigningChat(GeminiChat):
    """Google's dialect of the models that sign the first call of an answer."""

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message with the signature before its first call (shape: tests of clients, 2026-10-06)."""
        told = super().message(message, choice)
        if calls := told.get("tool_calls"):
            token = signature(f"call/{calls[0].get('id')}")
            told["tool_calls"] = [{"extra_content": {"google": {"thought_signature": token}}, **calls[0]}, *calls[1:]]
        return told


SIGNING = SigningChat()
