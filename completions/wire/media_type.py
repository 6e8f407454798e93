"""Which kind of file an address names, by its ending: what is there is not fetched."""

import mimetypes
import re

TYPES = mimetypes.MimeTypes(())
"""Python's own table; without the machine's files, which would make it another on each machine."""


def named_type(url: str) -> str | None:
    """Return the media type of an http(s) address that ends like a file, as `audio/mpeg`; None where it does not."""
    found = re.match(r"https?://[^/?#]+/([^?#]*)", url[:2048], re.IGNORECASE)
    return TYPES.guess_type(f"x/{found[1]}")[0] if found else None
