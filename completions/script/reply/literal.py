"""Texts in the language of scripts that are not templates."""

import re

OPENERS = {"{{": "openvariable", "{%": "openblock", "{#": "opencomment"}


def literal(text: str) -> str:
    """Return a script's text for an exact text, with the syntax of templates in it escaped."""
    if "{{" not in text and "{%" not in text:
        return text  # as it is in scripts
    return re.sub(r"{[{%#]", lambda found: f"{{% templatetag {OPENERS[found[0]]} %}}", text)
