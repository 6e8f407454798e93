"""Step 2 for dialects: the maximum number of stop sequences of vendors, and the errors for more.

Requests with 5, 10 and 16 of them were probed by one application's authors on 2026-10-04.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.validation import Rule

SOURCE, SEEN = "requests with 5 to 16 stop sequences, probed by an application's authors", "2026-10-04"
ErrorFactory = Callable[[Sequence[Any]], RequestError]


def at_most(maximum: int, error: ErrorFactory) -> Rule:
    """Return the rule that there are at most `maximum` stop sequences."""

    def check(body: Mapping[str, Any]) -> RequestError | None:
        stops = body.get("stop")
        return error(stops) if isinstance(stops, list) and len(stops) > maximum else None

    return Rule(check, SOURCE, SEEN)


def _cerebras(stops: Sequence[Any]) -> RequestError:
    list_problem = f"stop.list[str]: List should have at most 4 items after validation, not {len(stops)}"
    text_problem = "stop.str: Input should be a valid string"
    return RequestError(f"{text_problem}\n{list_problem}", code="wrong_api_format", param="validation_error")


def _groq(stops: Sequence[Any]) -> RequestError:
    alternatives = "('stop' : value must be a string) OR ('stop' : maximum number of items is 4)"
    return RequestError(f"'stop' : one of the following must be satisfied[{alternatives}]")


def _moonshot(stops: Sequence[Any]) -> RequestError:
    expected = "Expected an array with maximum length 5"
    return RequestError(
        f"Invalid request: stop array too long. {expected}, but got an array with length {len(stops)} instead"
    )


def _together(stops: Sequence[Any]) -> RequestError:
    values = ", ".join(f'String("{stop}")' for stop in stops)
    return RequestError(f'stop: Validation error: maximum 4 stop sequences allowed [{{"value": Array [{values}]}}]')


def _xai(stops: Sequence[Any]) -> RequestError:
    return RequestError(f"Cannot provide more than 8 stop strings but len(stop) = {len(stops)}")


CEREBRAS, GROQ, MOONSHOT, TOGETHER, XAI = (
    at_most(maximum, error)
    for maximum, error in ((4, _cerebras), (4, _groq), (5, _moonshot), (4, _together), (8, _xai))
)
