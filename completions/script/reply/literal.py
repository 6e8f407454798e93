"""Texts as the language of scripts writes them where they are no templates."""

import re

OPENERS = {"{{": "openvariable", "{%": "openblock", "{#": "opencomment"}


def literal(text: str) -> str:
    """Return a text that a script says as it stands, though it has a template's signs in it."""
    if "{{" not in text and "{%" not in text:
        return text  # as it is in scripts
    return re.sub(r"{[{%#]", lambda found: f"{{% templatetag {OPENERS[found[0]]} %}}", text)
