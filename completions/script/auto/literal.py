"""Values that models copy from a question into arguments: files, addresses, dates and ids.

The last paragraph that has any is used, because programs put context before the user's question.
"""

import re
from collections.abc import Iterator

from completions.script.auto.vocabularies import (
    COLOR,
    COUNTRY,
    CURRENCY,
    LANGUAGE,
    REMINDED,
    ROOM,
    SAID,
    STREET,
    SYMBOL,
    TIME,
)
from completions.script.schemas.scalars import snake_case

_WORD_START = r"(?<![\w/.@:%+~-])"
_FILE = re.compile(
    rf"{_WORD_START}(?!(?:e\.g|i\.e|a\.m|p\.m)\b)(?:~?/|\.{{1,2}}/)?(?:[\w.+-]{{1,60}}/){{0,20}}[\w+-][\w.+-]{{0,60}}"
    r"\.[A-Za-z]\w{0,9}(?![\w/@-])"
)
_FOLDER = re.compile(rf"{_WORD_START}(?:(?:~?/|\.{{1,2}}/)[\w.+/-]{{0,200}}[\w/]|(?:[\w.+-]{{1,60}}/){{1,20}}(?!\w))")
_URL = re.compile(r"\bhttps?://[^\s<>\"'`)\]}]{1,500}[^\s<>\"'`)\]}.,;:!?]")
_EMAIL = re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,60}@[A-Za-z0-9][\w-]{0,60}(?:\.[\w-]{1,60}){1,5}")
_DATE = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WRITTEN_DATE = re.compile(rf"\b(?:{_MONTH}\.? {_DAY}|{_DAY} {_MONTH}\.?)(?:,? \d{{4}})?(?!\w)")
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_PHONE = re.compile(
    r"(?<![\w+-])(?!\d{4}-\d\d-\d\d\b)(?=\D{0,2}(?:\d[ .()-]{0,2}){7,15}(?!\d))(?:\+\d{1,3}[ .-]?)?"
    r"(?:\(\d{2,5}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,5}){1,4}(?![\w-])"
)

_KINDS = {
    **dict.fromkeys(("url", "uri", "link", "website", "href"), (_URL,)),
    **dict.fromkeys(("email", "mail", "to", "recipient", "cc", "bcc"), (_EMAIL,)),
    **dict.fromkeys(("date", "day", "checkin", "checkout"), (_DATE, _WRITTEN_DATE, _WEEKDAY)),
    **dict.fromkeys(("phone", "telephone", "mobile"), (_PHONE,)),
    **dict.fromkeys(("file", "filename", "document"), (_FILE,)),
    **dict.fromkeys(("path", "filepath"), (_FILE, _FOLDER)),
    **dict.fromkeys(("directory", "dir", "folder"), (_FOLDER,)),
    **{"time": (TIME,), "currency": (CURRENCY,), "address": (STREET,), "room": (ROOM,)},
    **dict.fromkeys(("symbol", "ticker"), (SYMBOL,)),
    **dict.fromkeys(("language", "lang"), (LANGUAGE,)),
    **dict.fromkeys(("country", "nation"), (COUNTRY,)),
    **dict.fromkeys(("color", "colour"), (COLOR,)),
    **dict.fromkeys(("message", "text"), (SAID, REMINDED)),
    **dict.fromkeys(("body", "content"), (SAID,)),
    **dict.fromkeys(("reminder", "task", "title", "todo"), (REMINDED,)),
}
"""The patterns to search, in this order, for a property or a format whose name has the word, preferably at its end."""

_VAGUE = ("address", "time", "text", "message", "title", "content", "body")
"""Words that mean nothing of their own beside another one: `email_address`, `date_time`, `message_id`."""

_WITH_CODE = ("language", "lang", "country", "nation")
"""Words that name another text before `code`: `FR`, not `France`."""

_TAKES_LAST = re.compile(r"(?:end|until|return|check_?out|to|due|dest|destination|target|new|output)(?:_|$)")
"""How names of properties begin that take the last of several values: `end_date`, `new_path`."""

_ID = re.compile(r"(?:(?P<of>\w+)_)?(?:id|number|no|nr|code)s?")
_ID_VALUE = r"(?=[\w-]{0,30}\d)[A-Za-z0-9][\w-]{0,40}(?![\w-]|[.,:/@]\w)"
_BARE_ID = re.compile(rf"(?<![\w.,:/@-])#?({_ID_VALUE})")
_ID_LABEL = r"(?:\s(?:id|number|no\.?|nr\.?|code))?(?:\s?[:#]|\sis)?\s?#?"


def literal(name: str, form: str, text: str) -> Iterator[str]:
    """Yield the parts of a text that a property takes unchanged, by its format or else its name."""
    words = snake_case(form or name).split("_")
    kinds = _KINDS.get(_known_word(words), ())
    paragraphs = [each for each in text.split("\n\n") if each.strip()]
    for kind in kinds:
        found = next((texts for each in reversed(paragraphs) if (texts := kind.findall(each))), [])
        yield from reversed(found) if _TAKES_LAST.match(snake_case(name)) else found
    if (found_id := identifier(name, text)) is not None:
        yield found_id


def _known_word(words: list[str]) -> str:
    """Return the last word that has patterns, in the singular; a vague one only if no other has them."""
    known = [each for word in reversed(words) for each in (word, word.removesuffix("s")) if each in _KINDS]
    if words[-1] in ("id", "code", "key"):
        known = [each for each in known if each not in (*_VAGUE, *_WITH_CODE)]
    return next((each for each in known if each not in _VAGUE), next(iter(known), ""))


def identifier(name: str, text: str) -> str | None:
    """Return the id in a text that a property names: 7 of `order 7` for `order_id`, and for a bare `id`."""
    property_name = _ID.fullmatch(snake_case(name))
    if property_name is None:
        return None
    if owner := property_name["of"]:
        noun = re.escape(owner.rpartition("_")[2])
        found = re.search(rf"\b{noun}s?{_ID_LABEL}({_ID_VALUE})", text, re.IGNORECASE)
        return found[1] if found else None
    candidates = set(_BARE_ID.findall(text)) if snake_case(name) == "id" else set()
    return candidates.pop() if len(candidates) == 1 else None
