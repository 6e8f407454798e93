"""What a request comes to: the neutral result of step 3, and how it is to be delivered."""

from dataclasses import dataclass

from completions.conversation import Reply


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a stream goes, in milliseconds: time to first token, then inter-token latency; 0 is at once."""

    ttft_ms: float = 0.0
    itl_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request: the rule that gave it, the reply, and its pacing."""

    rule: str
    reply: Reply
    pacing: Pacing
