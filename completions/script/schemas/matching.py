"""A regular expression against a text, for step 3: matched without backtracking, and written back as a text.

A match keeps the set of places where it may stand, so that no pattern takes more than polynomial time. A back
reference matches whatever its group could.
"""

from collections.abc import Iterable
from random import Random

from completions.script.schemas.document import Unsatisfiable, Work
from completions.script.schemas.patterns import (
    UNBOUNDED,
    WORD,
    Assertion,
    Back,
    Choice,
    Group,
    Letter,
    Node,
    Repeat,
    Sequence,
)


def matches(node: Node, text: str, work: Work) -> bool:
    """Tell whether the pattern is found anywhere in the text."""
    return bool(_ends(node, text, set(range(len(text) + 1)), work))


def _ends(node: Node, text: str, starts: set[int], work: Work) -> set[int]:
    work.spend(1 + len(starts) // 8)
    match node:
        case Letter(test):
            return {at + 1 for at in starts if at < len(text) and test(text[at])}
        case Sequence(parts):
            for part in parts:
                starts = _ends(part, text, starts, work) if starts else starts
            return starts
        case Choice(parts):
            return {end for part in parts for end in _ends(part, text, starts, work)}
        case Repeat():
            return _repeated(node, text, starts, work)
        case Group(part) | Back(Group(part)):
            return _ends(part, text, starts, work)
        case Assertion():
            return {at for at in starts if _holds(node, text, at, work)}


def _repeated(node: Repeat, text: str, starts: set[int], work: Work) -> set[int]:
    places, found = starts, starts if node.low == 0 else set()
    for times in range(1, node.high + 1):
        after = _ends(node.part, text, places, work)
        if not after or (times > node.low and after <= found) or (times <= node.low and after == places):
            return found | after
        places = after
        if times >= node.low:
            found = found | after
    return found


def _holds(node: Assertion, text: str, at: int, work: Work) -> bool:
    if node.kind == "^":
        return at == 0
    if node.kind == "$":
        return at == len(text)
    if node.kind in "bB":
        before, after = text[at - 1 : at] or " ", text[at : at + 1] or " "
        return ((before in WORD) != (after in WORD)) == (node.kind == "b")
    assert node.part is not None
    if node.kind == "ahead":
        return bool(_ends(node.part, text, {at}, work)) == node.positive
    return any(at in _ends(node.part, text, {start}, work) for start in range(at + 1)) == node.positive


def width(node: Node) -> tuple[int, int]:
    """Return how many characters the pattern takes, at least and at most."""
    match node:
        case Letter():
            return 1, 1
        case Sequence(parts):
            widths = [width(part) for part in parts]
            return sum(low for low, _ in widths), min(UNBOUNDED, sum(high for _, high in widths))
        case Choice(parts):
            widths = [width(part) for part in parts]
            return min(low for low, _ in widths), max(high for _, high in widths)
        case Repeat(part, least, most):
            low, high = width(part)
            return min(UNBOUNDED, low * least), min(UNBOUNDED, high * most)
        case Group(part) | Back(Group(part)):
            return width(part)
        case Assertion():
            return 0, 0


def write(node: Node, length: int, random: Random, work: Work) -> str:
    """Write a text of about `length` characters for the pattern; look-around and places are left to a check."""
    return _write(node, length, random, work, {})


def _write(node: Node, length: int, random: Random, work: Work, group_texts: dict[int, str]) -> str:
    work.spend()
    match node:
        case Letter(_, likely):
            if not likely:
                raise Unsatisfiable("the pattern has a class without characters")
            return random.choice(likely[:26] if random.random() < 0.6 else likely)
        case Sequence(parts):
            return _spread(parts, length, random, work, group_texts)
        case Choice(parts):
            fitting = [part for part in parts if width(part)[0] <= length <= width(part)[1]]
            return _write(random.choice(fitting or parts), length, random, work, group_texts)
        case Repeat(part):
            return _spread([part] * _times(node, length, random), length, random, work, group_texts)
        case Group(part, number):
            group_texts[number] = _write(part, length, random, work, group_texts)
            return group_texts[number]
        case Back(group):
            return group_texts.get(group.number, "")
        case Assertion():
            return ""


def _times(node: Repeat, length: int, random: Random) -> int:
    low, high = width(node.part)
    fewest = max(node.low, -(-length // high) if high else 0)
    most = min(node.high, length // low) if low else node.low
    return random.randint(fewest, min(most, fewest + 2)) if fewest <= most else min(max(fewest, node.low), node.high)


def _spread(parts: Iterable[Node], length: int, random: Random, work: Work, group_texts: dict[int, str]) -> str:
    """Distribute the length among the parts: each gets its minimum, and the rest goes where it fits."""
    nodes = list(parts)
    work.spend(len(nodes))
    widths = [width(node) for node in nodes]
    rest = length - sum(low for low, _ in widths)
    lengths = [low for low, _ in widths]
    for index in random.sample(range(len(nodes)), len(nodes)):
        extra = max(0, min(rest, widths[index][1] - widths[index][0]))
        lengths[index] += extra
        rest -= extra
    return "".join(_write(node, share, random, work, group_texts) for node, share in zip(nodes, lengths, strict=True))
