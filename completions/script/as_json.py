"""JSON that YAML reads as JSON does: what one process writes and another one's script reader takes."""

import json
import re

# YAML refuses some characters that JSON takes as they stand, and folds others as line breaks.
_APART = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def as_json(value: object) -> str:
    """Return a value as JSON in one line; raise TypeError where JSON has nothing like it."""
    written = json.dumps(value, ensure_ascii=False)
    return _APART.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
