"""Step 2 for chat: which of two errors is told, where a request is wrong in itself and for its model too.

An API that knows the model looks at some of what the model does not take field by field, and at the rest after all
fields; a message without content comes last of all. Measured with gpt-5.6-terra from 2026-08-30 to 2026-09-01 by
another project.
"""

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities, capabilities
from completions.wire.base import WireFormat
from completions.wire.openai.chat.rules import FIELDS, REQUIRED
from completions.wire.openai.message_rules import NO_CONTENT
from completions.wire.refusals import EFFORT, Asked, Refusal, applying

UNKNOWN = "audio_answers"
"""The refusal of fields that are unknown at a model, as those are that are known at none."""

AMONG_FIELDS = frozenset({"many_answers", "stop", "max_tokens", "logit_bias"})
"""The refusals that are told where their field's turn is, whatever its value; all others come after the fields."""

_TURNS = {name: 2 * place for place, name in enumerate(FIELDS)}
_AFTER = 2 * len(FIELDS)


def earliest_refusal(wire: WireFormat, prompt: Prompt, exc: RequestError) -> RequestError:
    """Return the error to tell of a request: `exc`, or the refusal of its model that comes before it."""
    can = capabilities(prompt.model, "openai")
    first, turn = exc, _turn(exc)
    for row in applying(wire, prompt.format, can.lacking(prompt.reasoning_effort), can):
        if row.feature == EFFORT and exc.param == "reasoning_effort":
            return _no_effort(row, prompt, can)
        if (asked := row.find(prompt, can)) is not None and (before := _turn_of(row, asked)) < turn:
            first, turn = row.error(asked, prompt, can), before
    return first


def _turn(exc: RequestError) -> int:
    """Return when an error of the request itself is told; what is missing or unknown is told before all else."""
    field = (exc.param or "").partition(".")[0].partition("[")[0]
    if exc.message == NO_CONTENT:
        return _AFTER + 1
    absent = exc.param in REQUIRED and exc.code == "missing_required_parameter"
    return -2 if absent or field not in _TURNS else _TURNS[field] + 1


def _turn_of(row: Refusal, asked: Asked) -> int:
    if row.feature == UNKNOWN:
        return -1
    return _TURNS[asked.place] if row.feature in AMONG_FIELDS else _AFTER


def _no_effort(row: Refusal, prompt: Prompt, can: Capabilities) -> RequestError:
    """Return the refusal of an effort that is no text, which is told as Python writes it."""
    unquoted = row._replace(words=row.words.replace("'{value}'", "{value}"))
    return unquoted.error(Asked("reasoning_effort", repr(prompt.body["reasoning_effort"])), prompt, can)
