"""Step 2 for OpenAI's APIs: the object that a request is, which they check in an order of their own and spell out.

What is missing comes first, then what nobody knows, then the fields in the order of the API's own schema, which is
that of the table here. All of it was measured with gpt-5.6-terra on 2026-08-30 and 2026-08-31 by another project.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from completions.wire.validation import Check, Problem, missing, record, worded_problem
from completions.wire.wordings import listed

NEAR = 2
"""How many letters a known name may differ from an unknown one that is taken for it."""

LONGEST = 64
"""Letters of a name that is compared with the known ones."""


def request(fields: Mapping[str, Check], required: Sequence[str] = (), **absent: str) -> Check:
    """Check an object with these keys and no others, and tell of several problems the one that the API tells.

    `absent` has the words for keys whose absence the API tells in words of its own; null and an empty text are none,
    and their own checks refuse both.
    """

    def told(value: dict[str, Any]) -> Problem | None:
        for key in required:
            if key not in value or (key in absent and value[key] in (None, "")):
                return worded_problem(absent[key], None, "") if key in absent else missing(key, value, fields)
        return _first(value, fields)

    return record(fields, required, told=told)


def _first(value: Mapping[str, Any], fields: Mapping[str, Check]) -> Problem | None:
    """Return the unknown key that comes first, or else the problem of the field that comes first in the table.

    A problem that is told last of all is returned where there is no other.
    """
    if (strange := next((key for key in value if key not in fields), None)) is not None:
        return Problem("Unknown parameter:", f".{_hint(strange, fields, value)}", "unknown_parameter", strange)
    last = None
    for key, check in fields.items():
        if key not in value or (problem := check(value[key])) is None:
            continue
        if not isinstance(problem, LastProblem):
            return problem.under(key)
        last = problem.under(key)
    return last


def _hint(strange: str, fields: Iterable[str], given: Collection[str]) -> str:
    """Ask whether a near name was meant, which is not there yet; the nearest first, then by the alphabet."""
    if len(strange) > LONGEST:
        return ""
    distances = sorted((_distance(strange, name), name) for name in fields if name not in given)
    meant = [name for distance, name in distances if distance <= NEAR]
    return f" Did you mean {listed(meant, 'or')}?" if meant else ""


def _distance(one: str, other: str) -> int:
    """Count the letters to add, to leave out or to change between two names; names too far apart are not compared."""
    if abs(len(one) - len(other)) > NEAR:
        return NEAR + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row[0] = row[0], at
        for to, wanted in enumerate(other, 1):
            before, row[to] = row[to], min(before + (letter != wanted), row[to] + 1, row[to - 1] + 1)
    return row[-1]


def shortened(name: str) -> str:
    """Return a name as the API tells it beside others: a long one without its middle, as `pre..._id`."""
    return name if len(name) <= 12 else f"{name[:3]}...{name[-3:]}"


class LaterProblem(Problem):
    """What is wrong with a message beside others, whose place the API tells otherwise: `messages.[0].role`."""

    def under(self, part: str) -> "LaterProblem":
        """Prefix the path with `part`; an index in brackets has a dot before it."""
        dotted = f".{part}" if part.startswith("[") else part
        joint = "." if self.path and self.path[0] not in ".[" else ""
        self.path = f"{dotted}{joint}{self.path}"
        return self


class LastProblem(LaterProblem):
    """One that is told only where nothing else is wrong with the request."""


def later_problem(message: str, path: str) -> LaterProblem:
    """Return such a problem, whose message does not contain its path."""
    return LaterProblem(message, None, None, path)
