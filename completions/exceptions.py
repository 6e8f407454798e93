"""The error tree. Every error that a caller can cause is one of these.

MockError
├── RequestError    a request that the API refuses: it is answered in the envelope of the format that was called
│   ├── BodyTooLarge
│   ├── JournalUnavailable
│   ├── KeyRefused
│   ├── RuleFailed
│   └── StateUnavailable
├── AuthorError     something that an author wrote for a script failed while it answered; it becomes a RuleFailed
├── ControlError    what the control API refused, in a program that called it
└── ScriptError     a script that cannot be used: it names the file and the line
"""

from collections.abc import Mapping
from typing import Any


class MockError(Exception):
    """Base of all errors of the mock."""


class RequestError(MockError):
    """A request that the API refuses, with the four facts of OpenAI's error envelope and the HTTP status.

    `facts` are what the message tells, by name, where its words are OpenAI's usual ones: a format whose API has words
    of its own writes those. None: the words are somebody's own, as a script's, and stay. `kind` is which of the usual
    errors it is, as `context_length_exceeded`: what answers puts it in its own words and under its own status, which
    stays where a script gives it (`keeps_status`).
    """

    keeps_status = False

    def __init__(  # by name, as many as an envelope has facts
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.headers = headers or {}
        self.facts = facts
        self.kind = kind


class BodyTooLarge(RequestError):
    """A body over the limit, in bytes, that the setting of that name allows."""

    def __init__(self, limit: int | None, setting: str = "MAX_BODY_BYTES") -> None:
        super().__init__(
            f"The request body is larger than the {limit} bytes that {setting} allows.",
            status=413,
            code="request_too_large",
            facts={},
        )


class JournalUnavailable(RequestError):
    """A journal that cannot be read: its database does not answer, or it is off."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The journal cannot be read: {problem}", status=503, type="server_error", code="journal_unavailable"
        )


class StateUnavailable(RequestError):
    """A request that needs the state that workers share, while the store that has it cannot be asked."""

    def __init__(self) -> None:
        super().__init__(
            "The state store (STATE_URL) cannot be reached, and this request needs it. Try again shortly.",
            status=503,
            type="server_error",
            code="state_unavailable",
            headers={"retry-after": "1"},
        )


class KeyRefused(RequestError):
    """A key that is not among those that may ask; empty where none was sent. A format says it in its own words."""

    def __init__(
        self, message: str, key: str, *, code: str | None = None, facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(
            message, status=401, code=code, facts=facts, kind="invalid_api_key" if key else "missing_api_key"
        )
        self.key = key


class AuthorError(MockError):
    """What failed of all that a script's author wrote: a template, a function, an expression; `code` is the error's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RuleFailed(RequestError):
    """A rule, or what answers where none matches, that failed while it answered: a 500 with its name and its line.

    `rule` is the rule's name, or None.
    """

    def __init__(self, rule: str | None, where: str, exc: AuthorError) -> None:
        who = "The fallback" if rule is None else f"The rule '{rule}'"
        super().__init__(f"{who} ({where}) failed: {exc}.", status=500, type="server_error", code=exc.code)
        self.rule = rule


class ScriptError(MockError):
    """A script that cannot be used: `file:line: what is wrong, and what is allowed`; `field` is the path to it.

    `message` is what is wrong alone; `line` and `column` count from 1, and are None where no place is to blame.
    `others` are what else is wrong with the same script.
    """

    def __init__(
        self, message: str, file: str, line: int | None = None, field: str | None = None, *, column: int | None = None
    ) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.message, self.line, self.field, self.column = message, line, field, column
        self.others: tuple[ScriptError, ...] = ()

    @property
    def summary(self) -> str:
        """The error, and how many more there are."""
        more = len(self.others)
        return f"{self} ({more} more error{'' if more == 1 else 's'})" if more else str(self)


class ControlError(MockError):
    """What the control API refused, in its own words; `document` is its answer."""

    def __init__(self, status: int, document: Any) -> None:
        error = document.get("error") if isinstance(document, dict) else None
        super().__init__(error["message"] if isinstance(error, dict) else f"status {status}: {document!r:.200}")
        self.status, self.document = status, document
