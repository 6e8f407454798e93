"""Bounded versions of Django's template tags and filters that can turn a small text into a huge one."""

import re
from typing import Any

from django.template import Library, defaultfilters, defaulttags

from completions.exceptions import AuthorError

MAX_CHARACTERS = 500_000
"""Characters of a template's output, and of the output of each filter."""

MAX_DIGITS = 1_000
"""Digits after the point, and the width of a number."""

SHORTEST = {"w": 2, "p": 50, "b": 50}
"""Characters of a word and of a paragraph of Latin, at least."""

register = Library()
"""Overrides Django's own tags and filters."""


def too_long() -> AuthorError:
    """Return the error for a template with too long an output."""
    return AuthorError("template_failed", f"its template makes a text of more than {MAX_CHARACTERS} characters")


def _width(argument: object) -> int:
    width = int(str(argument))
    if width > MAX_CHARACTERS:
        raise too_long()
    return width


@register.filter
def ljust(value: object, argument: object) -> str:
    """Pad on the right."""
    return str(value).ljust(_width(argument))


@register.filter
def rjust(value: object, argument: object) -> str:
    """Pad on the left."""
    return str(value).rjust(_width(argument))


@register.filter
def center(value: object, argument: object) -> str:
    """Pad on both sides."""
    return str(value).center(_width(argument))


@register.filter
def stringformat(value: object, argument: object) -> object:
    """Format by a Python format."""
    if any(int(digits[:9]) > MAX_DIGITS for digits in re.findall(r"\d+", str(argument))):
        raise AuthorError("template_failed", f"`stringformat` takes a width up to {MAX_DIGITS}")
    return defaultfilters.stringformat(value, str(argument))


@register.filter
def floatformat(value: object, argument: object = -1) -> object:
    """Round to so many digits."""
    if any(int(digits[:9]) > MAX_DIGITS for digits in re.findall(r"\d+", str(argument))):
        raise AuthorError("template_failed", f"`floatformat` takes up to {MAX_DIGITS} digits")
    return defaultfilters.floatformat(value, str(argument))


@register.filter(needs_autoescape=True)
def join(value: Any, argument: object, autoescape: bool = True) -> object:
    """Join a list."""
    if hasattr(value, "__len__") and len(value) * len(str(argument)) > MAX_CHARACTERS:
        raise too_long()
    return defaultfilters.join(value, str(argument), autoescape)


@register.filter
def add(value: Any, argument: Any) -> object:
    """Add numbers, texts or lists."""
    sides = [len(side) for side in (value, argument) if hasattr(side, "__len__")]
    if sum(sides) > MAX_CHARACTERS:
        raise too_long()
    return defaultfilters.add(value, argument)


class _Lorem(defaulttags.LoremNode):
    """Latin text of a bounded length."""

    def render(self, context: Any) -> str:
        count = self.count.resolve(context)
        is_number = isinstance(count, (int, float, str)) and str(count).isdigit()
        if is_number and int(str(count)[:9]) * SHORTEST[self.method] > MAX_CHARACTERS:
            raise too_long()
        return str(super().render(context))


@register.tag
def lorem(parser: Any, token: Any) -> _Lorem:
    """Write Latin."""
    node = defaulttags.lorem(parser, token)
    return _Lorem(node.count, node.method, node.common)
