"""The error tree. Every error that a caller can cause is one of these.

MockError
├── RequestError    a request that the API refuses: it is answered in the envelope of the format that was called
│   ├── BodyTooLarge
│   ├── InternalError
│   ├── JournalUnavailable
│   │   └── JournalOff
│   ├── KeyRefused
│   ├── RuleFailed
│   ├── ServerStopped
│   └── StateUnavailable
├── AuthorError     something that an author wrote for a script failed while it answered; it becomes a RuleFailed
├── ControlError    what the control API refused, in a program that called it
└── ScriptError     a script that cannot be used: it names the file and the line
"""

from collections.abc import Mapping
from typing import Any


class MockError(Exception):
    """The base of all errors of the mock."""


class RequestError(MockError):
    """A request that the API refuses, with the four fields of OpenAI's error envelope and the HTTP status.

    `facts` are the values in the message by name, if the wording is OpenAI's standard one: a format whose API words it
    differently builds its own message from them. None means that the wording is custom, such as a script's, and must be
    kept. `kind` names the standard error, such as `context_length_exceeded`: each format gives it its own wording and
    status, but a status given by a script is kept (`keeps_status`). `given` are the fields that a script sets by name.
    `about` has the facts of an error in the API's own wording, for envelopes with further fields. An error that is
    `plain` has no envelope: its message is sent as a text.
    """

    keeps_status = plain = False
    given: tuple[str, ...] = ()
    about: Mapping[str, object] = {}

    def __init__(  # keyword arguments, one for each part of an envelope
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
    """A body larger than the limit, in bytes, that the named setting allows."""

    def __init__(self, limit: int | None, setting: str = "MAX_BODY_BYTES") -> None:
        super().__init__(
            f"The request body is larger than the {limit} bytes that {setting} allows.",
            status=413,
            code="request_too_large",
            facts={},
        )


class JournalUnavailable(RequestError):
    """The journal cannot be read: its database does not respond, or it is off."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The journal cannot be read: {problem}", status=503, type="server_error", code="journal_unavailable"
        )


class JournalOff(JournalUnavailable):
    """There is no journal to read."""

    def __init__(self) -> None:
        RequestError.__init__(self, "There is no journal: JOURNAL=true turns it on.", status=409, code="journal_off")


class StateUnavailable(RequestError):
    """The store of the state that is shared between workers does not respond, or refuses a command.

    `refusal` is the store's message.
    """

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        super().__init__(
            f"The state store (STATE_URL) refused a command that this request needs: {refusal}"
            if refusal
            else "The state store (STATE_URL) cannot be reached, and this request needs it. Try again shortly.",
            status=503,
            type="server_error",
            code="state_unavailable",
            headers={"retry-after": "1"},
        )


class KeyRefused(RequestError):
    """The API key is not accepted; empty if none was sent. Each format words this in its own way."""

    def __init__(
        self, message: str, key: str = "", *, code: str | None = None, facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(
            message, status=401, code=code, facts=facts, kind="invalid_api_key" if key else "missing_api_key"
        )
        self.key = key


class AuthorError(MockError):
    """Code in a script failed: a template, a function or an expression. `code` is the error code to answer with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RuleFailed(RequestError):
    """A rule, or the fallback, that failed while it answered: a 500 with its name and its line.

    `rule` is the rule's name, or None.
    """

    def __init__(self, rule: str | None, where: str, exc: AuthorError) -> None:
        who = "The fallback" if rule is None else f"The rule '{rule}'"
        super().__init__(f"{who} ({where}) failed: {exc}.", status=500, type="server_error", code=exc.code)
        self.rule = rule


class InternalError(RequestError):
    """The error that a client gets for a bug of ours, or of a library: the log has its traceback."""

    def __init__(self, why: str = "") -> None:
        super().__init__(
            why or "The server had an error while processing your request. Its log has the traceback.",
            status=500,
            type="server_error",
            code="internal_error",
            facts={},
        )


class ServerStopped(RequestError):
    """The server was stopped, and its time for that was over before there was an answer."""

    REASON = "Task cancelled, timeout graceful shutdown exceeded"
    """The message with which uvicorn cancels requests then."""

    def __init__(self) -> None:
        super().__init__(
            "The server was stopped before it could answer.",
            status=503,
            type="server_error",
            code="server_stopped",
            headers={"retry-after": "1"},
        )


class ScriptError(MockError):
    """A script that cannot be used: `file:line: what is wrong, and what is allowed`. `field` is the path to the field.

    `message` is the problem alone. `line` and `column` start at 1, and are None if the problem has no position.
    `others` are further problems in the same script.
    """

    def __init__(
        self, message: str, file: str, line: int | None = None, field: str | None = None, *, column: int | None = None
    ) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.message, self.line, self.field, self.column = message, line, field, column
        self.others: tuple[ScriptError, ...] = ()

    @property
    def summary(self) -> str:
        """The error, and how many others there are."""
        more = len(self.others)
        return f"{self} ({more} more error{'' if more == 1 else 's'})" if more else str(self)


class ControlError(MockError):
    """A refusal by the control API; `document` is its response."""

    def __init__(self, status: int, document: Any) -> None:
        error = document.get("error") if isinstance(document, dict) else None
        super().__init__(error["message"] if isinstance(error, dict) else f"status {status}: {document!r:.200}")
        self.status, self.document = status, document

    def place(self, pushed: str, name: str) -> None:
        """Replace the server's name for the place of the mistake, which begins the message, by one of the sender's."""
        if str(self).startswith(pushed):
            self.args = (name + str(self).removeprefix(pushed),)
