"""Step 2 for OpenAI's APIs: validate the request object in the API's order, and suggest similar names.

Missing fields come first, then unknown ones, then the fields in the order of the API's schema, which is that of the
table here. All of it was measured with gpt-5.6-terra on 2026-08-30 and 2026-08-31 by another project.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from completions.wire.validation import Check, Problem, missing, record, worded_problem
from completions.wire.wordings import listed

MAX_DISTANCE = 2
"""The most letters by which a suggested name differs from an unknown one."""

MAX_COMPARED = 64
"""The most letters of a name that is compared with the known ones."""


def request(fields: Mapping[str, Check], required: Sequence[str] = (), **absent: str) -> Check:
    """Check an object with these keys and no others; of several problems, report the one that the API reports.

    `absent` has the messages for missing keys with their own wording; null and an empty text count as missing, and
    their own checks refuse both.
    """

    def first_problem(value: dict[str, Any]) -> Problem | None:
        for key in required:
            if key not in value or (key in absent and value[key] in (None, "")):
                return worded_problem(absent[key], None, "") if key in absent else missing(key, value, fields)
        return _first(value, fields)

    return record(fields, required, first_problem=first_problem)


def _first(value: Mapping[str, Any], fields: Mapping[str, Check]) -> Problem | None:
    """Return the problem of the first unknown key, or else of the first field in the table.

    A `LastProblem` is returned only if there is no other.
    """
    if (unknown_key := next((key for key in value if key not in fields), None)) is not None:
        return Problem("Unknown parameter:", f".{_hint(unknown_key, fields, value)}", "unknown_parameter", unknown_key)
    last = None
    for key, check in fields.items():
        if key not in value or (problem := check(value[key])) is None:
            continue
        if not isinstance(problem, LastProblem):
            return problem.under(key)
        last = problem.under(key)
    return last


def _hint(unknown_name: str, fields: Iterable[str], present: Collection[str]) -> str:
    """Return a question that suggests similar names that are not in the request, the nearest first."""
    if len(unknown_name) > MAX_COMPARED:
        return ""
    distances = sorted((_distance(unknown_name, name), name) for name in fields if name not in present)
    similar = [name for distance, name in distances if distance <= MAX_DISTANCE]
    return f" Did you mean {listed(similar, 'or')}?" if similar else ""


def _distance(one: str, other: str) -> int:
    """Return the letters to add, to remove or to change between two names; too different lengths are not compared."""
    if abs(len(one) - len(other)) > MAX_DISTANCE:
        return MAX_DISTANCE + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row[0] = row[0], at
        for to, wanted in enumerate(other, 1):
            before, row[to] = row[to], min(before + (letter != wanted), row[to] + 1, row[to - 1] + 1)
    return row[-1]


def shortened(name: str) -> str:
    """Return a name as the API shows it; a long one is shortened, as in `pre..._id`."""
    return name if len(name) <= 12 else f"{name[:3]}...{name[-3:]}"


class LaterProblem(Problem):
    """A problem of a message among others, whose path the API writes differently: `messages.[0].role`."""

    def under(self, part: str) -> "LaterProblem":
        """Prefix the path with `part`; an index in brackets has a dot before it."""
        dotted = f".{part}" if part.startswith("[") else part
        joint = "." if self.path and self.path[0] not in ".[" else ""
        self.path = f"{dotted}{joint}{self.path}"
        return self


class LastProblem(LaterProblem):
    """A problem that is reported only if the request has no other."""


def later_problem(message: str, path: str) -> LaterProblem:
    """Return a `LaterProblem` whose message does not contain its path."""
    return LaterProblem(message, None, None, path)
