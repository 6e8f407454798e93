"""Overrides: faults, an error and a pacing that a request's own headers set instead of the script.

`X-Mock-Fault: disconnect; after_tokens=3, crlf`, `X-Mock-Error: 429; retry_after_ms=50`, `X-Mock-Pacing: ttft_ms=500`.
"""

import copy
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from completions import faults
from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.faults import AFTER, ERRORS_IN_STREAM, FAULTS, MAX_MS, Parameter, Stage
from completions.outcome import Fault, Ineffective, Outcome
from completions.script.language import APPLIES, ERROR, JITTERS, MAX_TEXT_TOKENS, MIN_TPS, NAMED_ERRORS, STATUSES
from completions.script.pace import Pace, always, jitter
from completions.script.reply import errors
from completions.script.reply.errors import Failure
from completions.script.text.node import did_you_mean

FAULT_HEADER, ERROR_HEADER, PACING_HEADER = "X-Mock-Fault", "X-Mock-Error", "X-Mock-Pacing"
KEYS = FAULT_KEY, ERROR_KEY, PACING_KEY = FAULT_HEADER.lower(), ERROR_HEADER.lower(), PACING_HEADER.lower()
RAW_KEYS = frozenset(map(str.encode, KEYS))
"""The names of these headers as they are sent."""

NAMESPACE = "X-Mock-Namespace"

HEADERS = {name.lower(): name for name in (FAULT_HEADER, ERROR_HEADER, PACING_HEADER, NAMESPACE)}
PREFIX = "x-mock"
"""The prefix of all headers with which a request controls the mock."""

NOT_STREAMED, IS_ERROR = "this answer is not streamed", "the answer is an error"
NO_SUCH_FIELD = "the errors of this API have no such field"

OTHER_VALUE = "another"
"""A value that no error has in its fields."""

ERROR_PARAMETERS = tuple(key for key in ERROR if key not in ("status", "headers"))
"""The parameters of an error after its status."""

SECONDS = Parameter("Seconds.", maximum=errors.MAX_RETRY_SECONDS, whole=False)
_MS = Parameter("Milliseconds.", maximum=MAX_MS, whole=False)
PACING_PARAMETERS: dict[str, Parameter | None] = {
    "ttft_ms": _MS,
    "itl_ms": _MS,
    "prefill_ms_per_1k": _MS,
    "keep_alive_ms": _MS,
    "tps": Parameter("Tokens a second.", minimum=MIN_TPS, whole=False),
    "speed": Parameter("The recorded speed, multiplied by this.", minimum=MIN_TPS, whole=False),
    "tokens_per_chunk": Parameter("Tokens.", minimum=1, maximum=MAX_TEXT_TOKENS),
    "apply": None,
    "jitter": None,
    "spread": Parameter("Relative to the mean.", whole=False),
    "seed": None,
}
"""The parameters of a pacing: numbers, or words, marked by None."""

ONLY_STREAMED = {"keep_alive_ms": "keep_alive_ms", "per_chunk": "tokens_per_chunk"}
"""The fields of a pacing without effect on an answer that is not streamed, and their parameters."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The faults, the error and the pacing that a request asks for; `pacing` has the names of `Pace`'s fields."""

    faults: tuple[Fault, ...] = ()
    error: Failure | None = None
    pacing: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_fault_or_error(self) -> bool:
        """Whether there is a fault or an error; if so, chaos adds none."""
        return bool(self.faults) or self.error is not None

    def answers_with_error(self, prompt: Prompt) -> bool:
        """Tell whether the error is the whole answer, with nothing before it."""
        return self.error is not None and not ends_with_error(self.faults, prompt)

    def check(self, prompt: Prompt, may_take_time: bool) -> None:
        """Raise the 400 if an override cannot have an effect on any answer to a prompt, before the request is counted.

        `may_take_time` says whether the script can delay answers that are not streamed.
        """
        if prompt.stream and not self.answers_with_error(prompt):
            return
        why = NOT_STREAMED if self.error is None else IS_ERROR
        for fault in self.faults:
            self._check_fault(fault, prompt, why)
        if not self.pacing or (self.error is None and (prompt.background or prompt.task == "state")):
            return
        if self.error is not None or prompt.task != "generate" or not self.pacing.get("whole", may_take_time):
            raise pacing_without_effect(prompt, why)
        for field_name, name in ONLY_STREAMED.items():
            if field_name in self.pacing:
                raise without_effect(PACING_HEADER, f"`{name}`", why)

    def _check_fault(self, fault: Fault, prompt: Prompt, why: str) -> None:
        stage = FAULTS[fault.name].stage
        if stage is Stage.STREAM and not (self.error is not None and fault.name in ERRORS_IN_STREAM):
            raise without_effect(FAULT_HEADER, f"`{fault.name}`", why)
        if stage is Stage.CONTENT and self.error is not None:
            raise without_effect(FAULT_HEADER, f"`{fault.name}`", IS_ERROR)
        if stage is Stage.HEADERS and (late := AFTER.keys() & fault.parameters.keys()):
            raise without_effect(FAULT_HEADER, f"`{min(late)}`", why)

    def check_outcome(self, outcome: Outcome, prompt: Prompt) -> Outcome:
        """Raise the 400 for a pacing without effect; if the answer is the script's error, note it instead."""
        if not self.pacing or self.error is not None or outcome.upstream or outcome.recorded:
            return outcome
        if outcome.reply is None:
            return replace(outcome, ineffective=(Ineffective(PACING_HEADER, IS_ERROR),))
        if _is_sent_at_once(outcome, prompt):
            raise pacing_without_effect(prompt, NOT_STREAMED)
        if "speed" in self.pacing:
            raise without_effect(PACING_HEADER, "`speed`", "this answer was not recorded")
        return outcome

    def paced(self, pace: Pace) -> Pace:
        """Return a rule's pacing with the request's changes."""
        return replace(pace, **self.pacing)


class WithoutEffect(RequestError):
    """An override in a header has no effect on the answer; the request does not count for its rule."""


def without_effect(header: str, what: str, why: str) -> WithoutEffect:
    """Return the 400 for an override in a header that has no effect on the answer."""
    refused = _refused(header, f"{what} has no effect: {why}.")
    return WithoutEffect(refused.message, code=refused.code, param=refused.param)


def fields_without_effect(error: RequestError, envelope: Callable[[RequestError], object]) -> list[str]:
    """Return the fields set for an error that the envelope of its API cannot contain."""
    if not error.given:
        return []
    original, ineffective = envelope(error), []
    for name in error.given:
        changed = copy.copy(error)
        setattr(changed, name, OTHER_VALUE)
        if getattr(error, name) is not None and envelope(changed) == original:
            ineffective.append(name)
    return ineffective


def pacing_without_effect(prompt: Prompt, why: str) -> WithoutEffect:
    """Return the 400 for a pacing without effect, with the parameter that would give it one."""
    return without_effect(PACING_HEADER, "it", why + (_hint(prompt, "`apply=both`") if why is NOT_STREAMED else ""))


def _hint(prompt: Prompt, how: str) -> str:
    return f"; with {how} it would take as long as its stream" if prompt.task == "generate" else ""


def _is_sent_at_once(outcome: Outcome, prompt: Prompt) -> bool:
    """Tell whether an answer is sent at once, whatever its pacing."""
    return not (prompt.stream or prompt.background or prompt.task == "state" or outcome.pacing.whole)


def note_ineffective_pacing(outcome: Outcome, prompt: Prompt, is_paced: bool) -> Outcome:
    """Return the outcome, with a note if the pacing of its rule or stage has no effect because it is sent at once."""
    if not is_paced or not _is_sent_at_once(outcome, prompt):
        return outcome
    return replace(outcome, ineffective=(Ineffective("pacing", NOT_STREAMED + _hint(prompt, "`apply: both`")),))


def check_names(headers: Iterable[str], *, method: str = "POST", generates: bool = True) -> None:
    """Raise the 400 for an unknown header with the mock's prefix, or for one that has no effect here."""
    for name in headers:
        if not name.startswith(PREFIX) or name == NAMESPACE.lower():
            continue
        if name not in HEADERS:
            hint = did_you_mean(name, HEADERS)
            known = ", ".join(HEADERS.values())
            raise RequestError(
                f"The header {name[:60]} is not known; the mock's are {known}.{hint}",
                code="invalid_mock_header",
                param=name,
            )
        if not generates and (name == FAULT_KEY or method != "POST"):
            raise without_effect(HEADERS[name], "it", "nothing is generated here")


def read_overrides(headers: Mapping[str, str]) -> Overrides | None:
    """Read the overrides in a request's headers; None if there are none, as in almost every request."""
    fault, error, pacing = headers.get(FAULT_KEY), headers.get(ERROR_KEY), headers.get(PACING_KEY)
    if fault is None and error is None and pacing is None:
        return None
    return Overrides(
        () if fault is None else _faults(fault),
        None if error is None else _error(error),
        {} if pacing is None else _pacing(pacing),
    )


def ends_with_error(faults: Iterable[Fault], prompt: Prompt) -> bool:
    """Tell whether one of the faults ends the stream with an error."""
    return prompt.stream and any(fault.name in ERRORS_IN_STREAM for fault in faults)


def _faults(value: str) -> tuple[Fault, ...]:
    """Read faults separated by commas; a repeated header is joined to such a list."""
    found = tuple(map(_fault, value.split(",")))
    if why := faults.conflict(found):
        raise _refused(FAULT_HEADER, why)
    return found


def _fault(value: str) -> Fault:
    name, values = _parts(FAULT_HEADER, value)
    if name not in FAULTS:
        raise _wrong(FAULT_HEADER, f"'{name}' is not a fault", FAULTS, name)
    parameters = FAULTS[name].parameters
    for key in values:
        if key not in parameters:
            raise _wrong(FAULT_HEADER, f"`{name}` has no parameter '{key}'", parameters, key)
    if AFTER.keys() <= values.keys():
        raise _wrong(FAULT_HEADER, f"`{name}` takes only one of", AFTER)
    return faults.fault(name, {key: _number(FAULT_HEADER, key, text, parameters[key]) for key, text in values.items()})


def _error(value: str) -> Failure:
    status, values = _parts(ERROR_HEADER, value)
    if status in NAMED_ERRORS and not values:
        return errors.named(status)
    if not (status.isascii() and status.isdigit() and len(status) == 3 and int(status) in STATUSES):
        raise _invalid_status(status)
    for key in values:
        if key not in ERROR_PARAMETERS:
            raise _wrong(ERROR_HEADER, f"an error has no '{key}'", ERROR_PARAMETERS, key)
    date = values.get("retry_after_date")
    if date is not None and "retry_after" in values:
        raise _refused(ERROR_HEADER, "`retry_after` and `retry_after_date` cannot be combined.")
    after = None if date is None else _number(ERROR_HEADER, "retry_after_date", date, SECONDS)
    return replace(errors.plain(int(status), values, _retry(values), after), given=errors.fields_of(values))


def _retry(values: dict[str, str]) -> list[tuple[str, str]]:
    """Return the headers about whether and when to retry."""
    found: list[tuple[str, str]] = []
    if (wait := values.get("retry_after_ms")) is not None:
        found += errors.retry_headers(
            int(_number(ERROR_HEADER, "retry_after_ms", wait, Parameter("Milliseconds.", maximum=MAX_MS)))
        )
    if (seconds := values.get("retry_after")) is not None:
        found.append(("retry-after", str(_number(ERROR_HEADER, "retry_after", seconds, SECONDS))))
    if (retry := values.get("should_retry")) is not None:
        if retry not in ("true", "false"):
            raise _refused(ERROR_HEADER, f"`should_retry` must be true or false, not '{retry}'.")
        found.append(("x-should-retry", retry))
    return found


def _pacing(value: str) -> dict[str, object]:
    """Read `ttft_ms=500; itl_ms=20` into the fields of `Pace`."""
    _, values = _parts(PACING_HEADER, f"pacing; {value}")
    if not values:
        raise _wrong(PACING_HEADER, "it is empty", PACING_PARAMETERS)
    for key in values:
        if key not in PACING_PARAMETERS:
            raise _wrong(PACING_HEADER, f"there is no '{key}'", PACING_PARAMETERS, key)
    if "tps" in values and "itl_ms" in values:
        raise _refused(PACING_HEADER, "`tps` and `itl_ms` cannot be combined.")
    numbers = {
        key: _number(PACING_HEADER, key, text, parameter)
        for key, text in values.items()
        if (parameter := PACING_PARAMETERS[key])
    }
    if "tps" in numbers:
        numbers["itl_ms"] = 1000 / numbers.pop("tps")
    spread = numbers.pop("spread", None)
    per_chunk = numbers.pop("tokens_per_chunk", None)
    fields: dict[str, object] = {**numbers}
    if per_chunk is not None:
        fields["per_chunk"] = always(int(per_chunk))
    if "apply" in values:
        fields["whole"] = _word("apply", values["apply"], APPLIES) == "both"
    if "jitter" in values:
        fields["jitter"] = jitter(_word("jitter", values["jitter"], JITTERS), spread, values.get("seed"))
    elif incomplete := values.keys() & {"spread", "seed"}:
        raise _refused(PACING_HEADER, f"`{min(incomplete)}` needs a `jitter`.")
    return fields


def _word(key: str, text: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise _wrong(PACING_HEADER, f"`{key}` cannot be '{text}'", allowed, text)
    return text


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPED = re.compile(r"\\(.)")
_PART = re.compile(rf"((?:[^;=]*=\s*{_QUOTED.pattern}\s*(?=;|$))|[^;]*)(?:;|$)")


def _parts(header: str, value: str) -> tuple[str, dict[str, str]]:
    """Split `name; key=value; …`; a quoted value, as in other headers, may contain semicolons."""
    name, *rest = (part.strip() for part in _PART.findall(value))
    values: dict[str, str] = {}
    for part in filter(None, rest):
        key, sign, text = (each.strip() for each in part.partition("="))
        if _QUOTED.fullmatch(text):
            text = _ESCAPED.sub(r"\1", text[1:-1])
        if not sign:
            raise _refused(header, f"'{part}' is not a parameter; one is written `name=value`.")
        if key in values:
            raise _refused(header, f"`{key}` is there twice.")
        values[key] = text
    return name, values


def _number(header: str, key: str, text: str, parameter: Parameter) -> float:
    value: float | None
    try:
        value = int(text) if text.isdigit() else float(text)
    except ValueError:
        value = None
    if value is None or not parameter.accepts(value):
        raise _refused(header, f"`{key}` must be {parameter.expected}, not '{text[:60]}'.")
    return value


def _invalid_status(word: str) -> RequestError:
    """Return the 400 for an invalid status, or for the name of an error with parameters."""
    if (status := NAMED_ERRORS.get(word)) is not None:
        return _refused(ERROR_HEADER, f"parameters need a status instead of a name: `{status}; code={word}; …`.")
    message = (
        f"'{word[:60]}' is not a status from {STATUSES.start} to {STATUSES.stop - 1}, and not the name of an error"
    )
    return _wrong(ERROR_HEADER, message, NAMED_ERRORS, word)


def _wrong(header: str, what: str, allowed: Iterable[str], word: str = "") -> RequestError:
    names = list(allowed)
    hint = did_you_mean(word, names) if word else ""
    return _refused(header, f"{what}; allowed: {', '.join(names) or 'none'}.{hint}")


def _refused(header: str, message: str) -> RequestError:
    return RequestError(f"The header {header} cannot be used: {message}", code="invalid_mock_header", param=header)
