"""Parse `multipart/form-data` in memory: no uploaded file is written to disk."""

import re
from collections.abc import Collection
from io import BytesIO
from typing import Any, NamedTuple

from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from completions.exceptions import RequestError

NESTED = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
"""A field of a list (`include[]`), or of an object (`expires_after[seconds]`)."""

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


class Upload(NamedTuple):
    """A file of a form: its name, its media type and its bytes; `path` is its name with the folders before it."""

    name: str
    media_type: str
    data: bytes
    path: str = ""

    def close(self) -> None:
        """Do nothing; Django closes the files of an incomplete form."""


class Form(NamedTuple):
    """A form's fields and files by name, the last of each; `every` and `uploads` have lists of all of them."""

    fields: dict[str, str]
    files: dict[str, Upload]
    every: dict[str, list[str]]
    uploads: dict[str, list[Upload]]

    def document(self, lists: Collection[str] = (), texts: Collection[str] = ()) -> dict[str, Any]:
        """Return the fields as a JSON document.

        Numbers and booleans are converted, except in the fields `texts`. The `lists` are lists also without `[]`.
        """
        document: dict[str, Any] = {}
        for field, values in self.every.items():
            nested = NESTED.fullmatch(field)
            name = nested[1] if nested else field
            found = [value if name in texts else _value(value) for value in values]
            if name in lists or (nested and not nested[2]):
                before = document.get(name)
                document[name] = [*(before if isinstance(before, list) else []), *found]
            elif nested:
                inner = document.setdefault(name, {})
                if isinstance(inner, dict):
                    inner[nested[2]] = found[-1]
            else:
                document[name] = found[-1]
        return document

    def all_files(self, name: str) -> list[Upload]:
        """Return the files of a field, whether it is a list or not."""
        return [*self.uploads.get(name, ()), *self.uploads.get(f"{name}[]", ())]


class _InMemory(FileUploadHandler):
    """Collects a file's pieces; the size of the body has been limited before."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._pieces: list[bytes] = []
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Add the next piece."""
        self._pieces.append(raw_data)

    def file_complete(self, file_size: int) -> Any:
        """Return the file."""
        path = self.file_name or "file"
        return Upload(path.rpartition("/")[2], self.content_type or "", b"".join(self._pieces), path)


class _Parser(MultiPartParser):
    """Django's parser, but that it keeps the folders of a file's name: no file is written under it."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        """Return a file's path, or None where it has no name."""
        name = super().sanitize_file_name(file_name)
        folders = file_name.replace("\\", "/").rpartition("/")[0] if name else ""
        return f"{folders}/{name}" if folders else name


def read_form(body: bytes, content_type: str) -> Form:
    """Return the form in a body; raise `RequestError` if its `Content-Type` is not a form's, or it cannot be parsed."""
    type_, semicolon, parameters = content_type.partition(";")
    kind = type_.strip().lower()
    if kind != "multipart/form-data":
        why = f"Invalid Content-Type header ({kind or 'none'}), expected multipart/form-data."
        raise RequestError(why, code="invalid_content_type")
    meta: dict[str, Any] = {"CONTENT_TYPE": kind + semicolon + parameters, "CONTENT_LENGTH": str(len(body))}
    try:
        fields, files = _Parser(meta, BytesIO(body), [_InMemory()], "utf-8").parse()
    except (TooManyFieldsSent, TooManyFilesSent) as exc:
        raise RequestError("Could not parse multipart form: it has too many fields or files.") from exc
    except (MultiPartParserError, SuspiciousOperation, UnicodeError) as exc:
        raise RequestError(f"Could not parse multipart form: {exc}") from exc
    every = {str(name): [str(value) for value in values] for name, values in fields.lists()}
    uploads: dict[str, list[Any]] = {str(name): list(found) for name, found in files.lists()}
    last: dict[str, Upload] = {name: found[-1] for name, found in uploads.items()}
    return Form({name: values[-1] for name, values in every.items()}, last, every, uploads)


def _value(text: str) -> object:
    """Return the value of a field's text: a boolean, a number, or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
