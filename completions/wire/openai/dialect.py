"""What may differ where others speak OpenAI's formats; each method says what OpenAI's own API does.

Whoever differs is a subclass in `wire/dialects/`, and a line in `wire/registry.py`.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens.capabilities import is_known
from completions.wire.openai import embeddings_rules, legacy_rules
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.words import NO_WORDS, Words


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error envelope; its four fields are always there."""
    return {"error": {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}}


class Dialect:
    """OpenAI's own way. A dialect changes what is different."""

    name = ""
    """What scripts call it."""
    place = ""
    """Its addresses: what its clients put behind the host, as a regular expression."""
    vendor = "openai"
    """Whose models answer, as the table of models calls them; none for models that can have any name."""
    words: Mapping[str, Words] = NO_WORDS
    """How the usual errors are put, where it is not OpenAI that puts them."""
    keep_alive = b": keep-alive\n\n"
    keep_alive_ms = 0.0
    """How often the sign of life comes in a silence where the script does not say it; 0 is never."""
    padding = "obfuscation"
    """The field by which the chunks of a stream are padded; OpenAI's can be asked away."""
    whole_calls = False
    """Whether a stream has each tool call in one chunk."""
    call_opens = True
    """Whether a single tool call's head comes with the role, in the first chunk."""
    role_opens = True
    """Whether a stream begins with a chunk that has the role and no text."""
    finish_joined = False
    """Whether the last piece of an answer comes with its finish reason, in one chunk."""
    done_after_error = False
    """Whether the terminator follows an error in a stream."""
    embedding_sizes: Mapping[str, int] = embeddings_rules.SIZES
    """Dimensions of its models for embeddings."""

    def knows(self, model: str) -> bool:
        """Tell whether there is a model of this name, as far as the table of models knows."""
        return not self.vendor or is_known(model, self.vendor)

    def own(self, reply: Reply) -> Reply:
        """Return the reply as it is said: OpenAI's document word by word, where the script gives one."""
        return reply

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for chat."""
        chat_rules.validate(body)

    def check_completion(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a legacy completion."""
        legacy_rules.validate(body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise what is wrong with a request for embeddings, of `size` bytes."""
        embeddings_rules.validate(body, size)

    def asked(self, prompt: Prompt) -> Prompt:
        """Return the prompt with what is asked in this dialect alone."""
        return prompt

    def head(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level of answers and chunks, without choices and usage."""
        return head

    def whole(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return what a whole answer has at its end."""
        return {}

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a whole message."""
        return message

    def thought(self, text: str) -> dict[str, Any]:
        """Return a piece of what is thought, as a delta; nothing where it is not told."""
        return {}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta of a choice as it goes into a chunk."""
        return delta

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, whole or in a chunk."""
        return document

    def beside(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return what a finished choice has beside its message."""
        return {}

    def said(self, choice: Choice | None) -> dict[str, Any]:
        """Return what a choice in a chunk has beside its delta; None is before anything is said."""
        return {}

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage."""
        return usage

    def tells_usage(self, prompt: Prompt) -> bool:
        """Return whether a stream has a chunk with the usage alone."""
        return prompt.include_usage

    def null_usage(self, prompt: Prompt) -> bool:
        """Return whether the other chunks of a stream have a null usage."""
        return prompt.include_usage

    def usage_chunk(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return what the chunk with the usage has beside it, given the choice that has finished."""
        return {"choices": []}

    def embeddings_asked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a request for embeddings in OpenAI's words."""
        return body

    def embedded(self, document: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Return the list of vectors."""
        return document

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise what is wrong with a request for a response."""
        responses_rules.validate(body)

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response, whole or as it is in a stream."""
        return document

    def stream(self, events: list[Event], usage: dict[str, Any], prompt: Prompt) -> list[Event]:
        """Return the chunks of a whole stream, given its usage."""
        return events

    def opening(self, reply: Reply) -> list[Event]:
        """Return what a stream begins with, before any choice."""
        return []

    def first(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return what else the first choice's first chunk has at its top level."""
        return {}

    def last(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return what else the last choice's last chunk has at its top level."""
        return {}

    def headers(self, request_id: str) -> Mapping[str, str] | None:
        """Return the headers; None for OpenAI's."""
        return None

    def refused(self, exc: RequestError) -> RequestError:
        """Return an error as it is here, where it has another status or other words."""
        return exc

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return an error's envelope."""
        return envelope(exc)

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return an error within the stream that answers a prompt; `last` is the chunk before it, if any."""
        return self.error(exc)


OPENAI = Dialect()
