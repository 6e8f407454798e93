"""What is answered to the questions of a decision: what a script says, or what is made up from the question.

A script says it as a JSON object by the names of the questions, or by their numbers from 0 where they have none:

| question | what a script says of it |
|---|---|
| `predicate` | its probability, or `true` or `false` |
| `choice` | the value to choose, or the probabilities by value or in order |
| `score` | the score, the label of a level, or the probabilities by label or in order |
| any | null where the model refuses to answer it |

Any other answer, as a text, is that of every question for which it can be one.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Choice
from completions.exceptions import RequestError
from completions.wire.fields import dicts, text

Question = Mapping[str, Any]

SURE = 0.97
"""The probability of what a script chooses."""

MIN_PROBABILITY, SPREAD = 0.6, 0.38
"""The least probability of what is chosen where nobody says, and how much more it may have."""

KEYS = {"choice": ("choices", "value"), "score": ("levels", "label")}
"""Where a question has its options, and what each is called by."""


class _Unfit(Exception):
    """Something that answers no such question."""


def answers(questions: Sequence[Question], given: Choice | None, seed: str) -> list[dict[str, Any]]:
    """Return an answer to each question; raise the error of a script whose answer fits none.

    `seed` is what the questions are about: what is made up is always the same for the same.
    """
    if given is not None and given.refusal is not None:
        return [_refused(question) for question in questions]
    written = given.text if given is not None else None
    said = _read(written)
    if isinstance(said, dict):
        return [
            _answered(question, said[name], name) if name in said else _made_up(question, seed)
            for name, question in zip(_checked(questions, said), questions, strict=True)
        ]
    return [_if_it_fits(question, (said, written), seed) for question in questions]


def said_in(question: Question) -> str:
    """Return a question's words."""
    given = question.get("instructions")
    parts = [given] if isinstance(given, str) else [words(part) for part in dicts(given)]
    options = [
        ": ".join(filter(None, (_key(each.get(key)), text(each.get("description")))))
        for each, key in _options(question)
    ]
    return "\n".join(filter(None, (*parts, *options)))


def as_written(answered: Sequence[Mapping[str, Any]]) -> str:
    """Return answers as a script has them."""
    return orjson.dumps({_name(answer, at): _as_written(answer) for at, answer in enumerate(answered)}).decode()


def _as_written(answer: Mapping[str, Any]) -> object:
    if answer.get("type") == "predicate":
        return answer.get("probability")
    key, told = "label" if answer.get("type") == "score" else "value", dicts(answer.get("probabilities"))
    found = {_key(each.get(key)): each.get("probability") for each in told}
    return (found if len(found) == len(told) else [each.get("probability") for each in told]) or None


def words(part: Mapping[str, Any]) -> str:
    """Return the words of a part of an input, or of a question: its text, or its data as JSON."""
    return json.dumps(part["data"]) if "data" in part else text(part.get("text"))


def _options(question: Question) -> list[tuple[Mapping[str, Any], str]]:
    where, key = KEYS.get(text(question.get("type")), ("", ""))
    return [(each, key) for each in dicts(question.get(where))]


def _name(question: Mapping[str, Any], at: int) -> str:
    return text(question.get("name")) or str(at)


def _key(value: object) -> str:
    """Return the key of an option in JSON: of `true` as of "true"."""
    return value if isinstance(value, str) else json.dumps(value)


def _read(said: str | None) -> object:
    """Return the value that a text has as JSON, or the text."""
    try:
        return json.loads(said or "null")
    except (ValueError, RecursionError):
        return said


def _checked(questions: Sequence[Question], said: Mapping[str, object]) -> list[str]:
    """Return the questions' names; raise the error of answers that are to none of them."""
    names = [_name(question, at) for at, question in enumerate(questions)]
    if said and questions and said.keys().isdisjoint(names):
        raise _wrong(f"has answers to {_listed(said)}, and the questions are {_listed(names)}")
    return names


def _answered(question: Question, said: object, name: str) -> dict[str, Any]:
    try:
        return _from(question, said)
    except _Unfit:
        options = [_key(each.get(key)) for each, key in _options(question)]
        wanted = f", whose options are {_listed(options)}" if options else ", which wants a probability from 0 to 1"
        shown = json.dumps(said)[:100]
        raise _wrong(f"answers {shown} to the {text(question.get('type'))} '{name[:64]}'{wanted}") from None


def _if_it_fits(question: Question, readings: Sequence[object], seed: str) -> dict[str, Any]:
    for said in readings:
        if said is not None:
            with contextlib.suppress(_Unfit):
                return _from(question, said)
    return _made_up(question, seed)


def _wrong(why: str) -> RequestError:
    return RequestError(f"The script {why}.", status=500, type="server_error", code="decision_does_not_fit")


def _listed(names: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(f"'{name[:64]}'" for name in [*names][:8])


def _from(question: Question, said: object) -> dict[str, Any]:
    """Return the answer that something is to a question; raise `_Unfit` where it is none."""
    if said is None:
        return _refused(question)
    if question.get("type") == "predicate":
        if not isinstance(said, (int, float)) or not 0 <= said <= 1:
            raise _Unfit
        return _predicate(question, float(said))
    options = [each.get(key) for each, key in _options(question)]
    return _weighed(question, _weights(question, options, said))


def _weights(question: Question, options: Sequence[object], said: object) -> list[float]:
    """Return the probability of each option."""
    if isinstance(said, list):
        if not options or len(said) != len(options) or not all(map(_is_probability, said)):
            raise _Unfit
        return [float(each) for each in said]
    if isinstance(said, Mapping):
        known = {_key(option): at for at, option in enumerate(options)}
        if not said or not said.keys() <= known.keys() or not all(map(_is_probability, said.values())):
            raise _Unfit
        return [float(said.get(_key(option), 0.0)) for option in options]
    if question.get("type") == "score" and isinstance(said, (int, float)) and not isinstance(said, bool):
        return _around(float(said), len(options))
    for at, option in enumerate(options):
        if type(option) is type(said) and option == said:
            return _peak(at, SURE, len(options))
    raise _Unfit


def _is_probability(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _around(score: float, count: int) -> list[float]:
    """Return the probabilities of levels whose expected value is a score."""
    if not 0 <= score <= count - 1:
        raise _Unfit
    below = int(score)
    weights = [0.0] * count
    weights[below] = round(1 - (score - below), 4)
    if score > below:
        weights[below + 1] = round(score - below, 4)
    return weights


def _peak(at: int, probability: float, count: int) -> list[float]:
    """Return probabilities of which one is this, and the others are alike."""
    other = round((1 - probability) / (count - 1), 4) if count > 1 else 0.0
    return [(probability if count > 1 else 1.0) if index == at else other for index in range(count)]


def _made_up(question: Question, seed: str) -> dict[str, Any]:
    asked = f"{seed}\n{said_in(question)}"
    if question.get("type") == "predicate":
        return _predicate(question, round(_fraction(asked), 2))
    if not (count := len(_options(question))):
        return _refused(question)
    at = min(int(_fraction(f"{asked}\nwhich") * count), count - 1)
    return _weighed(question, _peak(at, round(MIN_PROBABILITY + SPREAD * _fraction(asked), 2), count))


def _fraction(seed: str) -> float:
    return int.from_bytes(hashlib.blake2s(seed.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def _refused(question: Question) -> dict[str, Any]:
    return {"type": "refusal", "name": question.get("name")}


def _predicate(question: Question, probability: float) -> dict[str, Any]:
    return {"type": "predicate", "name": question.get("name"), "probability": probability}


def _weighed(question: Question, weights: Sequence[float]) -> dict[str, Any]:
    """Return a choice, or a score, with the probabilities of its options, and how far the largest is above the mean."""
    options, kind, most = _options(question), text(question.get("type")), max(weights)
    confidence = round((len(weights) * most - 1) / (len(weights) - 1), 4) if len(weights) > 1 else 1.0
    told: list[dict[str, Any]] = [
        {"value": each.get("value")} if kind == "choice" else {"value": at, "label": each.get("label")}
        for at, (each, _) in enumerate(options)
    ]
    said: object = told[weights.index(most)]["value"]
    if kind == "score":
        said = round(sum(at * weight for at, weight in enumerate(weights)), 4)
    probabilities = [each | {"probability": weight} for each, weight in zip(told, weights, strict=True)]
    return {
        "type": kind,
        "name": question.get("name"),
        kind: said,
        "probabilities": probabilities,
        "confidence": max(confidence, 0.0),
    }
