"""Step 2 for chat: which of two errors is reported if a request is both invalid and unsupported by its model.

The API checks some of a model's restrictions together with the fields, in their order, and the others after all fields;
a message without content is checked last. Measured with gpt-5.6-terra from 2026-08-30 to 2026-09-01 by
another project.
"""

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities, capabilities
from completions.wire.base import WireFormat
from completions.wire.openai.chat.rules import FIELDS, REQUIRED
from completions.wire.openai.message_rules import NO_CONTENT
from completions.wire.refusals import EFFORT, Occurrence, Refusal, applying

UNKNOWN = "audio_answers"
"""The feature of fields that are unknown for a model, and refused like fields that do not exist."""

CHECKED_WITH_FIELDS = frozenset({"many_answers", "stop", "max_tokens", "logit_bias"})
"""The features that are checked in the order of the fields, whatever the value; all others come after the fields."""

_TURNS = {name: 2 * place for place, name in enumerate(FIELDS)}
_AFTER = 2 * len(FIELDS)


def earliest_refusal(wire: WireFormat, prompt: Prompt, exc: RequestError) -> RequestError:
    """Return the error to report: `exc`, or the refusal because of the model that comes before it."""
    can = capabilities(prompt.model, "openai")
    first, turn = exc, _turn(exc)
    for row in applying(wire, prompt.format, can.lacking(prompt.reasoning_effort), can):
        if row.feature == EFFORT and exc.param == "reasoning_effort":
            return _no_effort(row, prompt, can)
        if (occurrence := row.find(prompt, can)) is not None and (before := _turn_of(row, occurrence)) < turn:
            first, turn = row.error(occurrence, prompt, can), before
    return first


def _turn(exc: RequestError) -> int:
    """Return the position of a validation error in the order; missing and unknown fields come first."""
    field = (exc.param or "").partition(".")[0].partition("[")[0]
    if exc.message == NO_CONTENT:
        return _AFTER + 1
    absent = exc.param in REQUIRED and exc.code == "missing_required_parameter"
    return -2 if absent or field not in _TURNS else _TURNS[field] + 1


def _turn_of(row: Refusal, occurrence: Occurrence) -> int:
    if row.feature == UNKNOWN:
        return -1
    return _TURNS[occurrence.place] if row.feature in CHECKED_WITH_FIELDS else _AFTER


def _no_effort(row: Refusal, prompt: Prompt, can: Capabilities) -> RequestError:
    """Return the refusal of an effort that is not a string, which the API shows as Python does."""
    unquoted = row._replace(message=row.message.replace("'{value}'", "{value}"))
    return unquoted.error(Occurrence("reasoning_effort", repr(prompt.body["reasoning_effort"])), prompt, can)
