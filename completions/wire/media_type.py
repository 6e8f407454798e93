"""Which kind of file an address or a name stands for, by its ending: what is there is not fetched."""

import mimetypes
import re

TYPES = mimetypes.MimeTypes(())
"""Python's own table; without the machine's files, which would make it another on each machine."""


def named_type(url: str) -> str | None:
    """Return the media type of an http(s) address that ends like a file, as `audio/mpeg`; None where it does not."""
    found = re.match(r"https?://[^/?#]+/([^?#]*)", url[:2048], re.IGNORECASE)
    return TYPES.guess_type(f"x/{found[1]}")[0] if found else None


def type_of(filename: str) -> str:
    """Return the media type of a file by its name."""
    return TYPES.guess_type(f"x/{filename}")[0] or "application/octet-stream"


def is_picture(filename: str) -> bool:
    """Tell whether a file is a picture by its name."""
    return type_of(filename).startswith("image/")
