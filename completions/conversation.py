"""The neutral question and answer between the wire formats and the scripts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """What was asked, whatever the format: the model, how to answer, and the body as it came."""

    model: str | None
    stream: bool
    include_usage: bool
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in and out."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Tokens in and out together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer; a reply has as many as were asked for."""

    text: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, whatever the format.

    `created` is in seconds since the epoch. `body` is set where a script gives the document of one
    format word by word; that format sends it as it stands, the others say the same in their own shape.
    """

    id: str
    created: int
    choices: tuple[Choice, ...]
    usage: Usage
    body: Mapping[str, object] | None = None
