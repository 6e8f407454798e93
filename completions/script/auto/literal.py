"""What a question says to the letter, which models pass on to a tool: files, addresses, dates and ids.

What stands in the last paragraph that has any counts, for programs put what they know before what the user asks.
"""

import re
from collections.abc import Iterator

from completions.script.schemas.scalars import snake_case

_FREE = r"(?<![\w/.@:%+~-])"
_FILE = re.compile(
    rf"{_FREE}(?!(?:e\.g|i\.e|a\.m|p\.m)\b)(?:~?/|\.{{1,2}}/)?(?:[\w.+-]{{1,60}}/){{0,20}}[\w+-][\w.+-]{{0,60}}"
    r"\.[A-Za-z]\w{0,9}(?![\w/@-])"
)
_FOLDER = re.compile(rf"{_FREE}(?:(?:~?/|\.{{1,2}}/)[\w.+/-]{{0,200}}[\w/]|(?:[\w.+-]{{1,60}}/){{1,20}}(?!\w))")
_URL = re.compile(r"\bhttps?://[^\s<>\"'`)\]}]{1,500}[^\s<>\"'`)\]}.,;:!?]")
_EMAIL = re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,60}@[A-Za-z0-9][\w-]{0,60}(?:\.[\w-]{1,60}){1,5}")
_DATE = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")

_KINDS = {
    **dict.fromkeys(("url", "uri", "link", "website", "href"), (_URL,)),
    **dict.fromkeys(("email", "mail", "to", "recipient", "cc", "bcc"), (_EMAIL,)),
    **dict.fromkeys(("date", "day", "checkin", "checkout"), (_DATE,)),
    **dict.fromkeys(("file", "filename", "document"), (_FILE,)),
    **dict.fromkeys(("path", "filepath"), (_FILE, _FOLDER)),
    **dict.fromkeys(("directory", "dir", "folder"), (_FOLDER,)),
}
"""What is looked for, in this order, for a property or a format whose name has the word, at its end first."""

_LAST = re.compile(r"(?:end|until|return|check_?out|to|due|dest|destination|target|new|output)(?:_|$)")
"""How the name of a property begins that is the last of several: `end_date`, `new_path`."""

_ID = re.compile(r"(?:(?P<of>\w+)_)?(?:id|number|no|nr|code)s?")
_GIVEN = r"(?=[\w-]{0,30}\d)[A-Za-z0-9][\w-]{0,40}(?![\w-]|[.,:/@]\w)"
_ALONE = re.compile(rf"(?<![\w.,:/@-])#?({_GIVEN})")
_MARK = r"(?:\s(?:id|number|no\.?|nr\.?|code))?(?:\s?[:#]|\sis)?\s?#?"


def literal(name: str, form: str, said: str) -> Iterator[str]:
    """Yield what was said to the letter that a property asks for, by its format or else its name."""
    words = snake_case(form or name).split("_")
    known = (each for word in reversed(words) for each in (word, word.removesuffix("s")) if each in _KINDS)
    kinds = _KINDS.get(next(known, ""), ())
    paragraphs = [each for each in said.split("\n\n") if each.strip()]
    for kind in kinds:
        found = next((texts for each in reversed(paragraphs) if (texts := kind.findall(each))), [])
        yield from reversed(found) if _LAST.match(snake_case(name)) else found
    if (given := identifier(name, said)) is not None:
        yield given


def identifier(name: str, said: str) -> str | None:
    """Return the id that was said of what a property names: 7 of `order 7` for `order_id`, and for a bare `id`."""
    asked = _ID.fullmatch(snake_case(name))
    if asked is None:
        return None
    if of := asked["of"]:
        noun = re.escape(of.rpartition("_")[2])
        found = re.search(rf"\b{noun}s?{_MARK}({_GIVEN})", said, re.IGNORECASE)
        return found[1] if found else None
    alone = set(_ALONE.findall(said)) if snake_case(name) == "id" else set()
    return alone.pop() if len(alone) == 1 else None
