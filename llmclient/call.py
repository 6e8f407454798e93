"""One call to the model, from its arguments to its answer; all four methods of the client use it."""

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
_REPORTED_BY_LITELLM = (Reason.CONNECTION_LOST, Reason.TIMED_OUT)

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
    overrides = {name: dict(value) if type(value) is dict else value for name, value in params.items()}
    # LiteLLM has two names for each of these; its num_retries would multiply max_retries.
    for alias, name in (("api_base", "base_url"), ("num_retries", "max_retries")):
        if alias in overrides:
            overrides[name] = overrides.pop(alias)
    check_parameters(overrides)
    defaults: dict[str, Any] = {
        "model": config.model,
        "base_url": config.base_url,
        "api_key": config.api_key,
        "timeout": config.timeout,
        "max_retries": config.max_retries,
    }
    if stream:
        defaults["stream_options"] = {"include_usage": True}  # or LiteLLM would estimate it
    return defaults | overrides | {"messages": [dict(message) for message in conversation], "stream": stream}


def _check(messages: Any, system: Any) -> None:
    """Raise TypeError for invalid messages."""
    is_list = isinstance(messages, Sequence) and not isinstance(messages, (str, bytes))
    if not isinstance(messages, str) and not (is_list and all(isinstance(each, Mapping) for each in messages)):
        raise TypeError(f"messages takes a text, or a list of dicts with `role` and `content`, not {messages!r:.100}")
    if not isinstance(system, str | None):
        raise TypeError(f"system takes a text or None, not {system!r:.100}")


class Call:
    """Observe one call and collect its answer.

    The documents come from the wire if it can be read, otherwise from LiteLLM. So do faults: LiteLLM's exceptions say
    only that something is wrong, and their words change with its versions; the bytes say what is wrong.
    """

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments
        self.wire = Wire(streaming=arguments["stream"])
        self.ready: deque[Piece] = deque()
        self.is_over = False  # nothing more will come: the end, a failure, or the caller closed it
        self.is_whole = False  # it came to its proper end
        self._exhausted = False  # LiteLLM has no more chunks
        self._fold = Fold()
        self._started_at = self._latest_at = time.perf_counter()
        self._arrivals: list[float] = []  # of the pieces that carry something

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send the request inside the `with`: until its answer is there, or its stream has begun."""
        from llmclient.errors import LLMError

        self._started_at = time.perf_counter()
        self.is_over = True  # unless the request gets through
        try:
            yield
        except LLMError as error:
            if fault := self._answer_fault(error):
                raise self._broken_error(fault) from error
            raise
        self.is_over = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read LiteLLM's next chunk inside the `with`; a failure becomes an `IncompleteStreamError`."""
        from llmclient.errors import LLMError

        try:
            yield
        except LLMError as error:
            raise self._broken_error(self._seen_fault() or _abort_fault(error)) from error

    def conclude(self, answer: Any) -> Completion:
        """Return LiteLLM's answer as a completion; raises `InvalidAnswerError` if the server sent none."""
        self._add(self.wire.take() if self.wire.is_readable else [_timestamped(lite.document(answer))])
        self._judge()
        return self.completion()

    def accept(self, chunk: Any, stream: Any) -> None:
        """Take the next chunk of LiteLLM's stream, or None at its end; new pieces are then in `ready`."""
        self._exhausted = chunk is None
        if self.wire.is_readable:
            self._add(self.wire.take())
        elif chunk is not None:
            self._add([_timestamped(lite.document(chunk, stream))])

    def wants_chunk(self) -> bool:
        """Tell whether another chunk is needed; raises `IncompleteStreamError` if the answer broke off.

        The wire is checked first: LiteLLM may go on for long after the server has reported a failure.
        """
        if self.ready or self.is_over:
            return False
        if self._exhausted or (self.wire.is_readable and self.wire.fault):
            self._judge()
        return not self.is_over

    def completion(self) -> Completion:
        """Return what has come so far."""
        return self._fold.completion(self.arguments["model"], self._timings(), self.wire.headers)

    def _add(self, documents: Iterable[tuple[float, Document]]) -> None:
        for self._latest_at, document in documents:
            pieces = self._fold.add(document)
            self.ready.extend(pieces)
            self._arrivals += [self._latest_at for piece in pieces if piece.carries]

    def _seen_fault(self) -> Fault | None:
        """Return the fault in the bytes of the answer; None if there is none so far, or they cannot be read."""
        self._add(self.wire.take())
        if not self.wire.is_readable:
            return None
        return self.wire.fault or (self._end_fault() if self.wire.ended else None)

    def _end_fault(self) -> Fault | None:
        """Return the fault of an ended answer that is incomplete."""
        if not self._fold.has_choices:
            return _NO_CHOICES
        if missing := self._fold.unfinished():
            message = f"it ended without a finish_reason for choice {', '.join(map(str, missing))}"
            return Fault(Reason.NO_FINISH_REASON, message)
        return None

    def _answer_fault(self, error: Exception) -> Fault | None:
        """Return the fault in the body of a 2xx that LiteLLM refused, if the body was the cause.

        LiteLLM itself reports a whole answer whose connection was lost or timed out.
        """
        fault = self._seen_fault()
        if self.arguments["stream"]:
            return fault or (_abort_fault(error) if self.wire.is_readable else None)
        return None if fault and fault.reason in _REPORTED_BY_LITELLM else fault

    def _judge(self) -> None:
        """End the call, or raise its fault. If the wire cannot be read, LiteLLM is trusted."""
        if fault := self._seen_fault():
            raise self._broken_error(fault)
        if self.wire.is_readable and not self.wire.ended and self._end_fault():
            raise self._broken_error(
                Fault(Reason.ABORTED, "LiteLLM stopped reading before the server had ended the stream")
            )
        self.is_whole = self.is_over = True

    def _broken_error(self, fault: Fault) -> "BrokenAnswerError":
        from llmclient.errors import IncompleteStreamError, InvalidAnswerError

        self.is_over = True
        self._latest_at = time.perf_counter()  # the failure is the last of what came
        kind = IncompleteStreamError if self.arguments["stream"] else InvalidAnswerError
        return kind(fault, self.completion(), self.wire.status)

    def _timings(self) -> Timings:
        arrivals = self._arrivals if self.arguments["stream"] else []
        sent = self.wire.sent_at or self._started_at
        return Timings(
            total_ms=max(self._latest_at - sent, 0) * 1000,
            ttft_ms=(arrivals[0] - sent) * 1000 if arrivals else None,
            gaps_ms=tuple((after - before) * 1000 for before, after in pairwise(arrivals)),
        )


def _abort_fault(error: Exception) -> Fault:
    from llmclient.errors import abort_reason

    return Fault(Reason.ABORTED, f"LiteLLM gave up the stream: {abort_reason(error)}")


def _timestamped(document: Document) -> tuple[float, Document]:
    return time.perf_counter(), document
