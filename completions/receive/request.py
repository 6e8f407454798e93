"""Django's ASGI request with the body in memory and everything else read on demand."""

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.utils.functional import cached_property


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name; what is sent more than once is a list, parted by commas (RFC 9110, section 5.3)."""
    found = dict(headers)
    if len(found) != len(headers):
        for name in found:
            found[name] = b", ".join(value for other, value in headers if other == name)
    return found


class LeanRequest(ASGIRequest):
    """A request whose META, headers and content type are built when they are first asked for.

    `received` is the time of arrival on the monotonic clock, in seconds; `sent_headers` are the headers as they came,
    by lower-case name.
    """

    _encoding: str | None = None

    def __init__(self, scope: Mapping[str, Any], body: bytes = b"") -> None:
        self.received = time.monotonic()
        self.scope = scope
        self.sent_headers: dict[bytes, bytes] = _by_name(scope["headers"])
        self.method = scope["method"].upper()
        self.path = scope["path"]
        self.script_name = get_script_prefix(scope)
        self.path_info = self.path.removeprefix(self.script_name)
        self.resolver_match = None
        self._body = body
        self._post_parse_error = False
        self._read_started = False

    def take_body(self, body: bytes) -> None:
        """Take the body, which came after the headers: it is whole now."""
        self._body = body
        self.received = time.monotonic()

    @cached_property
    def META(self) -> dict[str, Any]:  # type: ignore[override]  # an attribute that is made late
        """Build Django's META, and set what Django sets with it."""
        full = ASGIRequest(self.scope, BytesIO())
        self.content_type, self.content_params, self._encoding = full.content_type, full.content_params, full.encoding
        return full.META

    @cached_property
    def content_type(self) -> str | None:  # type: ignore[override]  # an attribute that is made late
        """The media type of the body, without its parameters."""
        return ASGIRequest(self.scope, BytesIO()).content_type

    @cached_property
    def content_params(self) -> dict[str, str] | None:  # type: ignore[override]  # an attribute that is made late
        """The parameters of the content type."""
        return ASGIRequest(self.scope, BytesIO()).content_params

    @cached_property
    def _stream(self) -> BytesIO:  # type: ignore[override]  # an attribute that is made late
        return BytesIO(self._body)

    def close(self) -> None:
        """Close what was opened; the body is only memory."""
        super(ASGIRequest, self).close()
