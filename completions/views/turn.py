"""What one request carries through the steps: where it is asked, in which format, what, and what it gets."""

from dataclasses import dataclass, field

from completions.conversation import Prompt
from completions.delivery.load import Machine
from completions.event import Event
from completions.journal.exchange import Exchange
from completions.outcome import Ineffective, Outcome
from completions.resolve.overrides import without_effect
from completions.state.namespaces import Namespace
from completions.wire.base import WireFormat


@dataclass(slots=True)
class Turn:
    """A request that has an outcome. `events` are its answer as a stream, where it goes out over time.

    `machine` is what it shares with other answers, where its pacing has a `load`.
    """

    exchange: Exchange
    space: Namespace
    wire: WireFormat
    prompt: Prompt
    outcome: Outcome
    machine: Machine | None = None
    events: list[Event] = field(default_factory=list)

    def note_ineffective(self, header: str, what: str, why: str) -> None:
        """Note what has no effect on this answer; raise the 400 where the request's own `header` asks for it."""
        if header.lower() in self.prompt.headers:
            self.exchange.faults = ()
            raise without_effect(header, f"`{what}`", why)
        self.exchange.ineffective += (Ineffective(what, why),)

    @property
    def is_stream(self) -> bool:
        """Whether the answer is streamed; an error never is."""
        return self.prompt.stream and self.outcome.reply is not None
