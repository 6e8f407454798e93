"""The media type of a file by its name or URL; no URL is fetched."""

import mimetypes
import re

TYPES = mimetypes.MimeTypes(())
"""Python's built-in table, without the machine's files, so that it is the same on all machines."""


def named_type(url: str) -> str | None:
    """Return the media type of an http(s) URL by its file extension, such as `audio/mpeg`; None if it has none."""
    match = re.match(r"https?://[^/?#]+/([^?#]*)", url[:2048], re.IGNORECASE)
    return TYPES.guess_type(f"x/{match[1]}")[0] if match else None


def type_of(filename: str) -> str:
    """Return the media type of a file by its name."""
    return TYPES.guess_type(f"x/{filename}")[0] or "application/octet-stream"


def is_picture(filename: str) -> bool:
    """Tell whether a file is a picture by its name."""
    return type_of(filename).startswith("image/")
