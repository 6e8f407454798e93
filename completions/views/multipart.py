"""Bodies of `multipart/form-data`, read in memory: no file of an upload touches the disk."""

from io import BytesIO
from typing import Any, NamedTuple

from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from completions.exceptions import RequestError
from completions.views.edge import read_body


class Upload(NamedTuple):
    """A file of a form: its name, its media type and its bytes."""

    name: str
    media_type: str
    data: bytes


class Form(NamedTuple):
    """A form's fields by name, the last of each, and its files."""

    fields: dict[str, str]
    files: dict[str, Upload]


class _InMemory(FileUploadHandler):
    """Keeps a file's pieces; the body was bounded when it was read."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._pieces: list[bytes] = []
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take its next piece."""
        self._pieces.append(raw_data)

    def file_complete(self, file_size: int) -> Any:
        """Return the file."""
        return Upload(self.file_name or "file", self.content_type or "", b"".join(self._pieces))


def read_form(request: HttpRequest) -> Form:
    """Return the form that a request sends; raise `RequestError` where its body is none."""
    body, kind = read_body(request), request.content_type
    if kind != "multipart/form-data":
        why = f"Invalid Content-Type header ({kind or 'none'}), expected multipart/form-data."
        raise RequestError(why, code="invalid_content_type")
    try:
        fields, files = MultiPartParser(request.META, BytesIO(body), [_InMemory(request)], "utf-8").parse()
    except (MultiPartParserError, UnicodeDecodeError) as exc:
        raise RequestError(f"Could not parse multipart form: {exc}") from exc
    uploads: dict[str, Any] = {str(name): file for name, file in files.items()}
    return Form({str(name): str(value) for name, value in fields.items()}, uploads)
