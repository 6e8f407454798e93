"""Find out whether a position in a JSON text is in an array, for error messages of parsers."""

import re

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


def is_in_array(before: str) -> bool:
    """Tell whether a position is in an array, and not in an object, given the text before it."""
    open_brackets: list[str] = []
    for token in _BRACKETS.findall(before):
        if token in "{[":
            open_brackets.append(token)
        elif token in "}]" and open_brackets:
            open_brackets.pop()
    return open_brackets[-1:] == ["["]
