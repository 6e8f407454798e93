"""Records with a delimiter between their fields, for step 3: `("entity"<|><entity_name><|><entity_type>)`.

GraphRAG, nano-graphrag and LightRAG request a graph of a text so: a form for each kind of record, a separator of
records, and a mark for the end. The names are those of the text, the descriptions its sentences.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from completions.conversation import Prompt
from completions.script.auto.sentences import STOP_WORDS, keywords
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.instructions import CACHE_SIZE, instructions, takes_any_text
from completions.script.protocols.observation import question

DELIMITER = r"<\|[^<>\s|]{0,12}\|?>"
FORM = re.compile(
    r"(?P<opened>\(?)(?P<kind>[\"']?[A-Za-z_]{1,30}[\"']?)?"
    rf"(?P<fields>(?:(?:{DELIMITER})?<[a-z][a-z_ ]{{0,40}}>){{2,12}})"
)
FIELD = re.compile(rf"({DELIMITER})?<([a-z][a-z_ ]*)>")
RECORD_SEPARATOR = re.compile(r"\*\*(\S{1,5})\*\* as the \w+ (?:delimiter|separator)")
END = re.compile(r"<\|[A-Z]{3,20}\|>")

TEXT = re.compile(r"(?im)^\W{0,8}(?:Input )?Text\W{1,12}")
TEXT_END = re.compile(r"\n\s*(?:#{3,}|-{3,}|```|Output:)")
TYPES = re.compile(r"(?i)\btypes?: ?\[?([^\]\n]{1,500})")
LISTED = re.compile(r"^- ([A-Z]\w{1,30}): ", re.MULTILINE)
NAME = re.compile(r"(?<![\w.])[A-Z\u00c0-\u00de][\w'&-]*(?: [A-Z\u00c0-\u00de][\w'&-]*){0,3}")
MORE_REQUESTED = re.compile(r"(?i)\bmissed\b")
"""A word in GraphRAG's request for further records; there are none."""

MAX_NAMES = 5
MAX_READ = 20_000
"""Characters of the text from which the records are made."""

RELATED = re.compile(r"(source|subject)_|(target|object)_")


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of record: its opening bracket, its kind, the names of its fields, and their delimiter."""

    opened: str
    kind: str
    fields: Sequence[str]
    delimiter: str

    @property
    def relates(self) -> bool:
        """Whether a record is about two names rather than one."""
        return sum(RELATED.match(field) is not None for field in self.fields) > 1

    def write(self, value_of: Callable[[str], str]) -> str:
        """Return a record with these values for its fields."""
        values = [re.sub(r"[<>|()\"\s]+", " ", value_of(field)).strip() for field in self.fields]
        return self.opened + self.delimiter.join([self.kind, *values][not self.kind :]) + ")" * bool(self.opened)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Write records of the names in the text; only the end mark if more are requested; None if none are requested."""
    first = (message.text[-MAX_SEARCHED:] for message in prompt.messages[:2])
    instructions_text = next((text for text in (*instructions(prompt), *first) if "<|" in text and forms(text)), None)
    if instructions_text is None or not takes_any_text(prompt):
        return None
    end = "".join(f"\n{mark}" for mark in END.findall(instructions_text)[-1:])
    if prompt.turn:
        return (end.strip() or "None") if MORE_REQUESTED.search(question(prompt)) else None
    separator = RECORD_SEPARATOR.search(instructions_text)
    records = _records(forms(instructions_text), _text(question(prompt)), _kinds(instructions_text))
    return (f"\n{separator[1]}\n" if separator else "\n").join(records) + end


@lru_cache(maxsize=CACHE_SIZE)
def forms(text: str) -> Sequence[Form]:
    """Return the forms of records that a text shows, the last one of each kind."""
    found: dict[str, Form] = {}
    for match in FORM.finditer(text):
        fields = FIELD.findall(match["fields"])
        delimiters = {delimiter for delimiter, _ in fields[not match["kind"] :]}
        if len(delimiters) == 1 and (fields[0][0] == "") == (not match["kind"]) and "" not in delimiters:
            kind = match["kind"] or ""
            found[kind] = Form(match["opened"], kind, [name for _, name in fields], delimiters.pop())
    return list(found.values())


def _records(forms_: Sequence[Form], text: str, kinds: Sequence[str]) -> list[str]:
    """Return a record for each name, and one for each two that follow one another."""
    names = _names(text)
    records = []
    for form in forms_:
        for number, name in enumerate(names[: len(names) - form.relates]):
            values = {"": _sentence(name, text), "name": name, "source": name, "target": names[-1]}
            values |= {"target": names[number + 1]} if form.relates else {}
            records.append(form.write(partial(_value, values, kinds, number)))
    return records


def _value(values: Mapping[str, str], kinds: Sequence[str], at: int, field: str) -> str:
    related, last = RELATED.match(field), field.rpartition("_")[2]
    if related:
        return values["source" if related[1] else "target"]
    if last in ("strength", "score", "weight", "rating"):
        return str(9 - at)
    if last in ("type", "category"):
        return kinds[at % len(kinds)]
    plain = {"name": values["name"], "status": "TRUE", "date": "NONE"}
    return plain.get(last) or (", ".join(keywords(values[""], 2)) if last == "keywords" else values[""])


def _text(user_question: str) -> str:
    """Return the part of the question to analyse: the text after its last `Text:`."""
    *_, start = [0, *(found.end() for found in TEXT.finditer(user_question))]
    end = TEXT_END.search(user_question, start) if start else None
    return user_question[start : end.start() if end else None][:MAX_READ]


def _names(text: str) -> list[str]:
    """Return at least two distinct capitalized names; keywords if there are none."""
    found = (" ".join(itertools.dropwhile(_is_plain, name[0].split(" "))) for name in NAME.finditer(text))
    names = list(dict.fromkeys(filter(None, found)))[:MAX_NAMES]
    return names if len(names) > 1 else list(dict.fromkeys([*names, *keywords(text), "this", "that"]))[:2]


def _is_plain(word: str) -> bool:
    return word.casefold() in STOP_WORDS


def _sentence(name: str, text: str) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return next((each for each in sentences if name in each), sentences[0])[:300] or name


def _kinds(text: str) -> Sequence[str]:
    """Return the types in the last list of a prompt."""
    *_, listed = ["", *(found[1] for found in TYPES.finditer(text) if "{" not in found[1])]
    kinds = [each.strip(" \"'`*") for each in listed.split(",")] if "," in listed else LISTED.findall(text)
    return [each for each in kinds if each] or ["concept"]
