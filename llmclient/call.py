"""One call to the model, from its arguments to its answer: what all four methods share."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmclient import lite
from llmclient.completion import Completion, Piece, Timings
from llmclient.config import Config, check_parameters
from llmclient.faults import Fault, Reason
from llmclient.fold import Fold
from llmclient.wiretap import Document, Wire

if TYPE_CHECKING:
    from llmclient.errors import BrokenAnswerError

_NO_CHOICES = Fault(Reason.NO_CHOICES, "the answer has no choices")
_PLAIN_TO_SEE = (Reason.CONNECTION_LOST, Reason.TIMED_OUT)

Messages = str | Sequence[Mapping[str, Any]]


def arguments(
    config: Config, messages: Messages, system: str | None, params: Mapping[str, Any], *, stream: bool
) -> dict[str, Any]:
    """Return the arguments for LiteLLM: the caller's parameters over the client's settings."""
    if "stream" in params:
        raise TypeError("stream= is not a parameter: call complete() or stream() instead")
    _check(messages, system)
    conversation = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    if system is not None:
        conversation = [{"role": "system", "content": system}, *conversation]
    # Copies, since LiteLLM writes into what it gets, `metadata` for one.
    given = {name: dict(value) if type(value) is dict else value for name, value in params.items()}
    # LiteLLM has two names for each of these; its num_retries would multiply max_retries.
    for alias, name in (("api_base", "base_url"), ("num_retries", "max_retries")):
        if alias in given:
            given[name] = given.pop(alias)
    check_parameters(given)
    defaults: dict[str, Any] = {
        "model": config.model,
        "base_url": config.base_url,
        "api_key": config.api_key,
        "timeout": config.timeout,
        "max_retries": config.max_retries,
    }
    if stream:
        defaults["stream_options"] = {"include_usage": True}  # or LiteLLM would estimate it
    return defaults | given | {"messages": [dict(message) for message in conversation], "stream": stream}


def _check(messages: Any, system: Any) -> None:
    """Raise TypeError for what is no conversation."""
    is_list = isinstance(messages, Sequence) and not isinstance(messages, (str, bytes))
    if not isinstance(messages, str) and not (is_list and all(isinstance(each, Mapping) for each in messages)):
        raise TypeError(f"messages takes a text, or a list of dicts with `role` and `content`, not {messages!r:.100}")
    if not isinstance(system, str | None):
        raise TypeError(f"system takes a text or None, not {system!r:.100}")


class Call:
    """Watch one call and gather its answer.

    The documents come from the wire where it can be read, and from LiteLLM where it cannot. So does the verdict: what
    LiteLLM raises says only that something is wrong, the bytes say what, for its words change with its versions.
    """

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments
        self.wire = Wire(streaming=arguments["stream"])
        self.ready: deque[Piece] = deque()
        self.over = False  # nothing more will come: the end, a failure, or the caller closed it
        self.whole = False  # it came to its proper end
        self._exhausted = False  # LiteLLM has no more chunks
        self._fold = Fold()
        self._began = self._latest = time.perf_counter()
        self._arrivals: list[float] = []  # of the pieces that carry something

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send the request inside the `with`: until its answer is there, or its stream has begun."""
        from llmclient.errors import LLMError

        self._began = time.perf_counter()
        self.over = True  # unless the request gets through
        try:
            yield
        except LLMError as error:
            if fault := self._fault_of_the_answer(error):
                raise self._broken(fault) from error
            raise
        self.over = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read LiteLLM's next chunk inside the `with`; a failure becomes an `IncompleteStreamError`."""
        from llmclient.errors import LLMError

        try:
            yield
        except LLMError as error:
            raise self._broken(self._fault_seen() or _given_up(error)) from error

    def conclude(self, answer: Any) -> Completion:
        """Return LiteLLM's answer as a completion; raises `InvalidAnswerError` if the server gave none."""
        self._add(self.wire.take() if self.wire.legible else [_now(lite.document(answer))])
        self._judge()
        return self.completion()

    def accept(self, chunk: Any, stream: Any) -> None:
        """Take what LiteLLM's stream gave next, or None at its end; what that adds is then in `ready`."""
        self._exhausted = chunk is None
        if self.wire.legible:
            self._add(self.wire.take())
        elif chunk is not None:
            self._add([_now(lite.document(chunk, stream))])

    def wants_chunk(self) -> bool:
        """Say whether it takes another chunk to go on; raises `IncompleteStreamError` if the answer broke off.

        The wire is asked first: LiteLLM may go on for long after the server said that it failed.
        """
        if self.ready or self.over:
            return False
        if self._exhausted or (self.wire.legible and self.wire.fault):
            self._judge()
        return not self.over

    def completion(self) -> Completion:
        """Return what has come so far."""
        return self._fold.completion(self.arguments["model"], self._timings(), self.wire.headers)

    def _add(self, documents: Iterable[tuple[float, Document]]) -> None:
        for self._latest, document in documents:
            pieces = self._fold.add(document)
            self.ready.extend(pieces)
            self._arrivals += [self._latest for piece in pieces if piece.carries]

    def _fault_seen(self) -> Fault | None:
        """Return what the bytes say is wrong with the answer; None if nothing is so far, or they cannot be read."""
        self._add(self.wire.take())
        if not self.wire.legible:
            return None
        return self.wire.fault or (self._fault_of_the_end() if self.wire.ended else None)

    def _fault_of_the_end(self) -> Fault | None:
        """Return what an answer lacks, of which no more will come."""
        if not self._fold.has_choices:
            return _NO_CHOICES
        if missing := self._fold.unfinished():
            message = f"it ended without a finish_reason for choice {', '.join(map(str, missing))}"
            return Fault(Reason.NO_FINISH_REASON, message)
        return None

    def _fault_of_the_answer(self, error: Exception) -> Fault | None:
        """Return what was wrong with the body of a 2xx that LiteLLM refused, if it was the body.

        A whole answer whose connection was lost, or silent for too long, LiteLLM reports well enough itself.
        """
        fault = self._fault_seen()
        if self.arguments["stream"]:
            return fault or (_given_up(error) if self.wire.legible else None)
        return None if fault and fault.reason in _PLAIN_TO_SEE else fault

    def _judge(self) -> None:
        """End the call: whole, or else raise. Where the wire cannot be read, LiteLLM's word has to do."""
        if fault := self._fault_seen():
            raise self._broken(fault)
        if self.wire.legible and not self.wire.ended and self._fault_of_the_end():
            raise self._broken(Fault(Reason.ABORTED, "LiteLLM stopped reading before the server had ended the stream"))
        self.whole = self.over = True

    def _broken(self, fault: Fault) -> "BrokenAnswerError":
        from llmclient.errors import IncompleteStreamError, InvalidAnswerError

        self.over = True
        self._latest = time.perf_counter()  # the failure is the last of what came
        kind = IncompleteStreamError if self.arguments["stream"] else InvalidAnswerError
        return kind(fault, self.completion(), self.wire.status)

    def _timings(self) -> Timings:
        arrivals = self._arrivals if self.arguments["stream"] else []
        sent = self.wire.sent_at or self._began
        return Timings(
            total_ms=max(self._latest - sent, 0) * 1000,
            ttft_ms=(arrivals[0] - sent) * 1000 if arrivals else None,
            gaps_ms=tuple((after - before) * 1000 for before, after in pairwise(arrivals)),
        )


def _given_up(error: Exception) -> Fault:
    from llmclient.errors import given_up

    return Fault(Reason.ABORTED, f"LiteLLM gave up the stream: {given_up(error)}")


def _now(document: Document) -> tuple[float, Document]:
    return time.perf_counter(), document
