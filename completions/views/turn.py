"""The state of one request between the steps: its namespace, format, prompt and outcome."""

from dataclasses import dataclass, field

from completions.conversation import Prompt
from completions.delivery.load import Machine
from completions.event import Events
from completions.exceptions import RequestError, RuleFailed
from completions.journal.exchange import Exchange
from completions.outcome import Ineffective, Outcome
from completions.resolve.overrides import ERROR_HEADER, NO_SUCH_FIELD, fields_without_effect, without_effect
from completions.state.namespaces import Namespace
from completions.wire.base import WireFormat


@dataclass(slots=True)
class Turn:
    """A request with its outcome. `events` is its answer as a stream, if it is sent over time.

    `machine` is the capacity that it shares with other answers, if its pacing has a `load`.
    """

    exchange: Exchange
    space: Namespace
    wire: WireFormat
    prompt: Prompt
    outcome: Outcome
    machine: Machine | None = None
    events: Events = field(default_factory=Events)

    def note_ineffective(self, header: str, what: str, why: str) -> None:
        """Note that `what` has no effect on this answer; raise the 400 where the request's own `header` sets it.

        The error of a rule that failed takes precedence.
        """
        if header.lower() in self.prompt.headers and not isinstance(self.outcome.error, RuleFailed):
            self.exchange.faults = ()
            raise without_effect(header, f"`{what}`", why)
        self.exchange.ineffective += (Ineffective(what, why),)

    def check_error(self, error: RequestError) -> None:
        """Note the fields that a rule sets on the error, and that this format's errors lack: they have no effect."""
        for name in fields_without_effect(error, self._envelope):
            self.note_ineffective(ERROR_HEADER, name, NO_SUCH_FIELD)

    def _envelope(self, error: RequestError) -> object:
        return self.wire.error(self.wire.adapt_error(error))

    @property
    def is_stream(self) -> bool:
        """Whether the answer is streamed; an error never is."""
        return self.prompt.stream and self.outcome.reply is not None
