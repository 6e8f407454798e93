"""JSON that YAML parsers read like JSON, for exchange between processes."""

import json
import re

# YAML refuses some characters that JSON takes as they stand, and folds others as line breaks.
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def as_json(value: object) -> str:
    """Return a value as JSON in one line; raise TypeError if JSON cannot represent it."""
    text = json.dumps(value, ensure_ascii=False, default=_refuse)
    return _SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _refuse(value: object) -> None:
    raise TypeError(f"JSON cannot represent {value!r:.100}, of the type {type(value).__name__}.")
