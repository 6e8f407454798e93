"""Step 3: `error:`, a proper error with the fields that the API itself sends with its status."""

import math
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.script.language import ERROR, NAMED_ERRORS, STATUSES
from completions.script.misreadings import doubt_plain
from completions.script.reply.headers import OF_ERRORS, headers
from completions.script.reply.templates import Template, Text, context, text, write
from completions.script.text.node import Node, did_you_mean


@dataclass(frozen=True, slots=True)
class ErrorDefaults:
    """The default fields of a status; the messages are the API's own if they are known."""

    type: str
    code: str | None
    message: str


MAX_RETRY_SECONDS = 10**9
"""The most seconds until a retry; the year of an HTTP date has four digits."""

INVALID = "invalid_request_error"
UNAVAILABLE = "service_unavailable"

NO_QUOTA = ErrorDefaults(
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details. For more information on this "
    "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
)

DEFAULTS: dict[tuple[int, str | None], ErrorDefaults] = {
    (400, None): ErrorDefaults(INVALID, None, "The request is invalid."),
    (400, "context_length_exceeded"): ErrorDefaults(
        INVALID,
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    (400, "content_policy_violation"): ErrorDefaults(
        INVALID, "content_policy_violation", "Your request was rejected as a result of our safety system."
    ),
    (401, None): ErrorDefaults(INVALID, "invalid_api_key", "Incorrect API key provided."),
    (402, None): NO_QUOTA,
    (403, None): ErrorDefaults(
        INVALID, "unsupported_country_region_territory", "Country, region, or territory not supported"
    ),
    (404, None): ErrorDefaults(
        INVALID,
        "model_not_found",
        "The model `{{ prompt.model|default:'mock' }}` does not exist or you do not have access to it.",
    ),
    (408, None): ErrorDefaults("timeout", "request_timeout", "Request timed out."),
    (409, None): ErrorDefaults(INVALID, "conflict", "The resource was changed by another request. Please retry."),
    (413, None): ErrorDefaults(INVALID, "request_too_large", "The request body is too large."),
    (422, None): ErrorDefaults(INVALID, "unprocessable_entity", "The request could not be processed."),
    (429, None): ErrorDefaults(
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for {{ prompt.model|default:'mock' }} on requests per min (RPM). Please try again later.",
    ),
    (429, "insufficient_quota"): NO_QUOTA,
    (500, None): ErrorDefaults("server_error", None, "The server had an error while processing your request."),
    (502, None): ErrorDefaults("server_error", "bad_gateway", "Bad gateway."),
    (503, None): ErrorDefaults(
        "server_error", UNAVAILABLE, "The engine is currently overloaded, please try again later."
    ),
    (504, None): ErrorDefaults("server_error", "gateway_timeout", "Gateway timeout."),
    (529, None): ErrorDefaults("overloaded_error", "overloaded", "Overloaded"),
}
"""By status, and by code if a code has its own fields."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as written in a script; `is_standard` means that it has the standard message.

    `kind` is the kind of a named error without further fields, except perhaps a `status` to keep. `given` lists the
    fields of the envelope that the script sets.
    """

    status: int
    type: str
    code: str | None
    param: str | None
    message: Text
    headers: tuple[tuple[str, str], ...]
    date_after: float | None = None
    is_standard: bool = False
    kind: str | None = None
    keeps_status: bool = True
    given: tuple[str, ...] = ()

    def __call__(self, prompt: Prompt) -> RequestError:
        """Return a new error; `date_after` adds a date to retry at, in seconds from now."""
        headers = dict(self.headers)
        if self.date_after is not None:
            headers["retry-after"] = date(time.time() + self.date_after)
        error = RequestError(
            self.message if isinstance(self.message, str) else write(self.message, context(prompt)),
            status=self.status,
            type=self.type,
            code=self.code,
            param=self.param,
            headers=headers,
            facts=_facts(prompt) if self.is_standard else None,
            kind=self.kind,
        )
        error.keeps_status, error.given = self.keeps_status, self.given
        return error


def _facts(prompt: Prompt) -> dict[str, object]:
    return {"model": prompt.model or "mock", "address": prompt.address, "last_user": prompt.last_user}


def fields_of(names: Collection[str]) -> tuple[str, ...]:
    """Return the names of an envelope's fields among the given ones."""
    return tuple(name for name in ("type", "code", "param") if name in names)


def failure(node: Node) -> Failure:
    """Read a status, a name, or a mapping."""
    if isinstance(node.value, str) and not node.value.isdigit():
        return named(node.one_of(NAMED_ERRORS))
    if not isinstance(node.value, dict):
        return _failure(_status(node), {})
    fields = node.keyed(ERROR)
    if "status" in fields:
        return _failure(_status(fields["status"]), fields)
    if "code" not in fields or fields["code"].raw not in NAMED_ERRORS:
        hint = did_you_mean(fields["code"].raw, NAMED_ERRORS) if "code" in fields else ""
        raise node.error(f"must have a `status`, or a `code` that is one of: {', '.join(NAMED_ERRORS)}.{hint}")
    with_code = _failure(NAMED_ERRORS[fields["code"].raw], fields)
    return replace(with_code, keeps_status=False)


def named(name: str) -> Failure:
    """Return a named error, which each API sends with its own wording and status."""
    defaults = _defaults_of(NAMED_ERRORS[name], name)
    return Failure(
        NAMED_ERRORS[name],
        defaults.type,
        defaults.code,
        None,
        _compiled(defaults.message),
        (),
        is_standard=True,
        kind=name,
        keeps_status=False,
    )


def plain(
    status: int, fields: Mapping[str, str], headers: Iterable[tuple[str, str]] = (), date_after: float | None = None
) -> Failure:
    """Return an error with these fields; missing ones have the status's defaults."""
    defaults = _defaults_of(status, fields.get("code"))
    return Failure(
        status=status,
        type=fields.get("type", defaults.type),
        code=fields.get("code", defaults.code),
        param=fields.get("param"),
        message=fields.get("message", _compiled(defaults.message)),
        headers=tuple(headers),
        date_after=date_after,
        is_standard="message" not in fields,
        kind=_kind(fields.get("code", defaults.code), fields),
    )


def _failure(status: int, fields: dict[str, Node]) -> Failure:
    code = fields["code"].raw if "code" in fields and fields["code"].value is not None else None
    defaults = _defaults_of(status, code)
    for node in _unrendered_texts(fields):
        doubt_plain(node)
    param = fields["param"].value if "param" in fields else None
    return Failure(
        status=status,
        type=fields["type"].as_(str) if "type" in fields else defaults.type,
        code=code if "code" in fields else defaults.code,
        param=None if param is None else fields["param"].as_(str),
        message=text(fields["message"]) if "message" in fields else _compiled(defaults.message),
        headers=(*_retry(fields), *(headers(fields["headers"], OF_ERRORS) if "headers" in fields else ())),
        date_after=_date_after(fields),
        is_standard="message" not in fields,
        kind=_kind(code if "code" in fields else defaults.code, fields),
        given=fields_of(fields),
    )


def _unrendered_texts(fields: Mapping[str, Node]) -> list[Node]:
    """Return the values of an error that are not rendered as templates."""
    texts = [fields[name] for name in ("type", "code", "param") if name in fields]
    return texts + (list(fields["headers"].entries().values()) if "headers" in fields else [])


def _kind(code: str | None, field_names: Collection[str]) -> str | None:
    """Return the kind of a named error, or of an overloaded server; None if it has its own wording or fields."""
    known = code in NAMED_ERRORS or code == UNAVAILABLE
    return code if known and not {"message", "type", "param"} & set(field_names) else None


def _defaults_of(status: int, code: str | None) -> ErrorDefaults:
    if found := DEFAULTS.get((status, code)) or DEFAULTS.get((status, None)):
        return found
    fallback = DEFAULTS[(400 if status < 500 else 500, None)]
    return ErrorDefaults(fallback.type, None, fallback.message)


def _compiled(message: str) -> Text:
    return Template(message) if "{{" in message else message


def _status(node: Node) -> int:
    if not isinstance(node.value, int) or isinstance(node.value, bool) or node.value not in STATUSES:
        raise node.wrong(f"an HTTP status from {STATUSES.start} to {STATUSES.stop - 1}")
    return node.value


def _retry(fields: dict[str, Node]) -> list[tuple[str, str]]:
    """Return the headers about whether and when to retry."""
    found: list[tuple[str, str]] = []
    if "retry_after_ms" in fields:
        found += retry_headers(fields["retry_after_ms"].count())
    if "retry_after" in fields:
        found.append(("retry-after", _seconds_or_date(fields["retry_after"])))
    if "should_retry" in fields:
        found.append(("x-should-retry", "true" if fields["should_retry"].as_(bool) else "false"))
    return found


def _seconds_or_date(node: Node) -> str:
    if isinstance(node.value, str):
        try:
            parsedate_to_datetime(node.value)
        except ValueError:
            raise node.wrong("seconds, or an HTTP date (`Wed, 21 Oct 2026 07:28:00 GMT`)") from None
        if not node.value.isprintable() or not node.value.isascii():
            raise node.error("must be one line of ASCII characters.")
        return node.value
    if not 0 <= node.number() <= MAX_RETRY_SECONDS:
        raise node.wrong(f"a number from 0 to {MAX_RETRY_SECONDS}")
    return str(node.value)


def _date_after(fields: dict[str, Node]) -> float | None:
    node = fields.get("retry_after_date")
    if node is None:
        return None
    if "retry_after" in fields:
        raise node.error("cannot be combined with `retry_after`: both are the same header.")
    if not 0 <= (seconds := node.number()) <= MAX_RETRY_SECONDS:
        raise node.wrong(f"a number from 0 to {MAX_RETRY_SECONDS}")
    return seconds


def date(moment: float) -> str:
    """Return an HTTP date, in whole seconds, that is not before a moment (seconds since the epoch)."""
    return formatdate(math.ceil(moment), usegmt=True)


def retry_headers(ms: int) -> tuple[tuple[str, str], ...]:
    """Return the headers that request a retry after some milliseconds."""
    return (("retry-after-ms", str(ms)), ("retry-after", str(math.ceil(ms / 1000))))
