"""People and organizations in a question, for step 3: `Jason` in `Jason is 25 years old`, `Acme Corp` in an invoice.

A name counts only with a sign that it is one, such as `is` after it or `Dr.` before it; otherwise values are made up.
"""

import re
from collections.abc import Iterator

from completions.script.schemas.scalars import snake_case

_NAME_PARTS = frozenset(("name", "names", "full", "first", "last", "given", "family", "middle", "sur"))
_PEOPLE = (
    *("person", "people", "participant", "attendee", "author", "user", "customer", "client", "patient", "employee"),
    *("contact", "guest", "student", "speaker", "director", "actor", "artist", "candidate", "member", "player"),
    *("owner", "sender", "buyer", "passenger", "doctor", "teacher", "manager", "ceo", "founder", "invitee"),
    "character",
)
_ORGANIZATIONS = (
    *("company", "organization", "organisation", "vendor", "employer", "merchant", "supplier", "institution"),
    *("manufacturer", "business", "firm", "university", "hospital", "issuer"),
)
PEOPLE_WORDS = frozenset((*_PEOPLE, *(f"{word}s" for word in _PEOPLE)))
ORGANIZATION_WORDS = frozenset((*_ORGANIZATIONS, *(f"{word}s" for word in _ORGANIZATIONS), "companies"))
"""Words of properties that have the name of a person, or of an organization."""

MONTHS_AND_DAYS = "(?:Janu|Febru)ary|March|April|May|June|July|August|(?:Septem|Octo|Novem|Decem)ber|[A-Z][a-z]+day"
CAPITALIZED = "[A-Z\u00c0-\u00d6\u00d8-\u00de]"
"""Words that are written like names; and the letters with which names begin."""

_NO_NAME = (
    "I|A|An|The|This|That|My|Your|His|Her|Our|Their|It|He|She|We|You|They|If|In|On|At|For|From|With|When|Where|What|Who"
    "|Why|How|Is|Are|Was|Do|Does|Can|Please|Extract|Return|Find|Get|Give|Tell|Write|Create|Generate|Parse|Identify|List"
    "|Summarize|Convert|Classify|Translate|Use|Using|Given|Based|Text|Input|Name|Person|User|Customer|Invoice|Order|Hello"
    "|Hi|Hey|Dear|Dr|Mr|Mrs|Ms|Prof"
)
_LETTERS = rf"{CAPITALIZED}[\w'\u2019-]{{0,30}}"
_WORD = rf"(?!(?:{_NO_NAME}|[A-Z]{{2,6}}|{MONTHS_AND_DAYS})\b){_LETTERS}"
_RUN = rf"{_WORD}(?: (?:[A-Z]\. )?(?:(?:de|van|von|der|la|bin|al) ){{0,2}}{_WORD}){{0,3}}"
_FIRM = rf"(?!(?:{_NO_NAME}|{MONTHS_AND_DAYS})\b){_LETTERS}(?: (?:& |of |and )?{_LETTERS}){{0,3}}"
_VERB = (
    "is|was|are|were|has|had|lives|lived|works|worked|wants|wanted|needs|said|says|likes|loves|plays|joined|went|goes"
    "|will|can|born|aged|bought|ordered|called|wrote|moved|studied|studies|graduated|attended|visited|who|whose"
)
_BEFORE = (
    r"(?:\bname is|\bname:|\bnamed|\bcalled|\bI'm|\bI am|\b[Bb]y|\b(?:Dr|Mrs?|Ms|Prof)\.?|\b[Mm]eet|\b[Aa]uthor:"
    r"|\b[Ff]rom:|\b(?:user|customer|client|patient|employee|student|[Cc]ontact|guest)"
    r"|\b(?:[Mm]eeting|[Cc]all|[Ll]unch|[Dd]inner|[Bb]reakfast|[Aa]ppointment|[Ii]nterview|[Mm]eet) with)"
)
_PERSON = re.compile(
    rf"(?P<sign>{_BEFORE} )?(?<![\w'\u2019.@/-])(?P<run>{_RUN}(?:(?:, | and |, and ){_RUN}){{0,8}})"
    rf"(?= (?:{_VERB})\b|, \d{{1,3}}\b| \(\d{{1,3}}\)|, aged? |, an? |, who |(?P<other>))"
)
_AND = re.compile(r", and |, | and ")
_SUFFIX = (
    "Inc|Corp|Corporation|LLC|Ltd|Limited|GmbH|AG|SA|BV|PLC|Co|Company|Group|Hospital|University|Bank|Institute|Foundation"
    "|Labs?|Technologies|Systems|Airlines|Hotel|School|College|Motors|Studios|Partners|Holdings|Clinic|Industries"
)
_ORGANIZATION = re.compile(
    rf"(?<![\w'\u2019.@/-])({_FIRM}? (?:{_SUFFIX}))\b|\b(?:works|working|worked|employed|job) (?:at|for) ({_FIRM})"
)


def proper_names(name: str, text: str) -> Iterator[str]:
    """Yield the people or organizations in a text that suit a property by its name: `author`, `first_name`."""
    words = snake_case(name).split("_")
    kinds = frozenset(words)
    if kinds & ORGANIZATION_WORDS and kinds <= ORGANIZATION_WORDS | _NAME_PARTS:
        yield from organizations(text)
    elif is_of_person(name):
        part = {"first": 0, "given": 0, "last": -1, "family": -1, "sur": -1}.get(words[0])
        yield from (each if part is None else each.split()[part] for each in people(text))


def is_of_person(name: str) -> bool:
    """Tell whether a property of this name has the name of a person, or of several."""
    kinds = frozenset(snake_case(name).split("_"))
    return bool(kinds) and kinds <= PEOPLE_WORDS | _NAME_PARTS


def people(text: str) -> list[str]:
    """Return the distinct names of people in a text, in its order."""
    found = (each for each in _PERSON.finditer(text) if each["sign"] or each["other"] is None)
    names = (name for each in found for name in _AND.split(each["run"]))
    return list(dict.fromkeys(names))


def organizations(text: str) -> list[str]:
    """Return the distinct names of organizations in a text, in its order."""
    return list(dict.fromkeys(found[1] or found[2] for found in _ORGANIZATION.finditer(text)))
