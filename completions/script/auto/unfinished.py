"""The rest of JSON that ends within a value, for step 3: what a model adds to `{"name":` so that it is complete.

The values come from an example, where it has them.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from completions.script.schemas.document import compact

MAX_DEPTH = 30
"""Objects and lists within each other; deeper JSON has no rest."""

MAX_STARTS = 20
"""The brackets of a text that are tried as the start of its JSON."""

SPACE = re.compile(r"[ \t\r\n]*")
SCALAR = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
DECODER = json.JSONDecoder()
LITERALS = ("true", "false", "null")
ENDS_WITH_OPEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)\Z")

MadeValue = Callable[[str], object]
"""Makes the value of a key that the example does not have."""


class NotJson(ValueError):
    """A text is no beginning of JSON."""


def rest_of_json(text: str, examples: Mapping[str, object], made: MadeValue) -> str | None:
    """Return what completes the JSON at the end of a text; None if there is none, or if it is complete.

    `examples` has an object and a list, each by its opening bracket.
    """
    starts = [at for at, letter in enumerate(text) if letter in examples][:MAX_STARTS]
    for start in starts:
        try:
            rest = _Reader(text, made).value(start, examples[text[start]], 0)
        except NotJson:
            continue
        if rest:
            return rest
    return None


class _Reader:
    """Reads JSON until the text ends; `at` is how far it has come.

    Each method returns what is missing after the end of the text; empty where the value ends before.
    """

    def __init__(self, text: str, made: MadeValue) -> None:
        self.text = text
        self.at = 0
        self._made = made

    def value(self, at: int, example: object, depth: int) -> str:
        """Read a value from `at` on."""
        self.at = at
        if depth > MAX_DEPTH:
            raise NotJson
        match self._next():
            case "":
                return compact(example)
            case "{":
                return self._object(example if isinstance(example, Mapping) else {}, depth)
            case "[":
                return self._list(example if isinstance(example, list) else [], depth)
            case '"':
                return self._string(example if isinstance(example, str) else "")[1]
        return self._scalar()

    def _next(self) -> str:
        """Go to the next letter that is no space, and return it; empty at the end of the text."""
        space = SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def _object(self, example: Mapping[str, object], depth: int) -> str:
        remaining, is_first = dict(example), True
        while True:
            self.at += 1
            match self._next():
                case "":
                    return compact(remaining if remaining or is_first else {"answer": self._made("answer")})[1:]
                case "}" if is_first:
                    self.at += 1
                    return ""
                case '"':
                    rest = self._member(remaining, depth)
                case _:
                    raise NotJson
            if (end := self._end(rest, remaining, "}")) is not None:
                return end
            is_first = False

    def _member(self, remaining: dict[str, object], depth: int) -> str:
        """Read a key and its value, which no longer remains."""
        begun = self.text[self.at + 1 :]
        key, rest = self._string(next((name for name in remaining if name.startswith(begun)), ""))
        value = remaining.pop(key) if key in remaining else self._made(key)
        match self._next():
            case "":
                return f"{rest}:{compact(value)}"
            case ":":
                return self.value(self.at + 1, value, depth + 1)
        raise NotJson

    def _list(self, example: Sequence[object], depth: int) -> str:
        count, default = 0, example[-1] if example else self._made("item")
        while True:
            self.at += 1
            match self._next():
                case "":
                    return compact(example[count:] or ([default] if count else []))[1:]
                case "]" if not count:
                    self.at += 1
                    return ""
            rest = self.value(self.at, example[count] if count < len(example) else default, depth + 1)
            count += 1
            if (end := self._end(rest, example[count:], "]")) is not None:
                return end

    def _end(self, rest: str, remaining: object, closing: str) -> str | None:
        """Return what is missing after an item and its rest, with the remaining ones; None if another item follows."""
        match self._next():
            case "":
                return rest + (f",{compact(remaining)[1:]}" if remaining else closing)
            case ",":
                return None
            case bracket if bracket == closing:
                self.at += 1
                return ""
        raise NotJson

    def _string(self, example: str) -> tuple[str, str]:
        """Return the string, and its rest, which is that of the example if this begins so."""
        try:
            string, self.at = DECODER.raw_decode(self.text, self.at)
        except ValueError:
            return self._open_string(example)
        return string, ""

    def _open_string(self, example: str) -> tuple[str, str]:
        text = self.text[self.at + 1 :]
        if ENDS_WITH_OPEN_ESCAPE.search(text):
            raise NotJson
        try:
            begun = json.loads(f'"{text}"')
        except ValueError:
            raise NotJson from None
        self.at = len(self.text)
        whole = example if example.startswith(begun) else begun if begun.strip() else f"{begun}{example}"
        return whole, compact(whole[len(begun) :])[1:]

    def _scalar(self) -> str:
        found = SCALAR.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            return ""
        begun = self.text[self.at :]
        whole = next((literal for literal in LITERALS if literal.startswith(begun)), "")
        if not whole:
            raise NotJson
        self.at = len(self.text)
        return whole[len(begun) :]
