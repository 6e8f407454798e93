"""Answers to the questions of a decision: a script's, or made up from the question.

A script's answer is a JSON object by the names of the questions, or by their numbers from 0 if they have none:

| question | the script's answer |
|---|---|
| `predicate` | its probability, or `true` or `false` |
| `choice` | the value to choose, or the probabilities by value or in order |
| `score` | the score, the label of a level, or the probabilities by label or in order |
| any | null if the model refuses to answer it |

Any other answer, such as a text, is the answer to every question that it fits.
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
"""The probability of an option that a script chooses."""

MIN_PROBABILITY, SPREAD = 0.6, 0.38
"""The lowest probability of an option that is chosen by default, and the range above it."""

KEYS = {"choice": ("choices", "value"), "score": ("levels", "label")}
"""The field of a question that has its options, and the field that names each option, by the question's type."""


class _DoesNotFit(Exception):
    """The answer does not fit the question."""


def answers(questions: Sequence[Question], choice: Choice | None, seed: str) -> list[dict[str, Any]]:
    """Return an answer to each question; raise the error of a script whose answer fits none.

    `seed` is the input of the questions: the same input always has the same made-up answers.
    """
    if choice is not None and choice.refusal is not None:
        return [_refused(question) for question in questions]
    text = choice.text if choice is not None else None
    value = _read(text)
    if isinstance(value, dict):
        return [
            _scripted(question, value[name], name) if name in value else _made_up(question, seed)
            for name, question in zip(_checked_names(questions, value), questions, strict=True)
        ]
    return [_first_fitting(question, (value, text), seed) for question in questions]


def question_text(question: Question) -> str:
    """Return the text of a question and of its options."""
    instructions = question.get("instructions")
    parts = [instructions] if isinstance(instructions, str) else [part_text(part) for part in dicts(instructions)]
    options = [
        ": ".join(filter(None, (_key(each.get(key)), text(each.get("description")))))
        for each, key in _options(question)
    ]
    return "\n".join(filter(None, (*parts, *options)))


def as_script(given_answers: Sequence[Mapping[str, Any]]) -> str:
    """Return answers in the form of a script."""
    return orjson.dumps({_name(answer, at): _script_value(answer) for at, answer in enumerate(given_answers)}).decode()


def _script_value(answer: Mapping[str, Any]) -> object:
    if answer.get("type") == "predicate":
        return answer.get("probability")
    key, entries = "label" if answer.get("type") == "score" else "value", dicts(answer.get("probabilities"))
    by_key = {_key(each.get(key)): each.get("probability") for each in entries}
    return (by_key if len(by_key) == len(entries) else [each.get("probability") for each in entries]) or None


def part_text(part: Mapping[str, Any]) -> str:
    """Return the text of a part of an input, or of a question; data is JSON."""
    return json.dumps(part["data"]) if "data" in part else text(part.get("text"))


def _options(question: Question) -> list[tuple[Mapping[str, Any], str]]:
    where, key = KEYS.get(text(question.get("type")), ("", ""))
    return [(each, key) for each in dicts(question.get(where))]


def _name(question: Mapping[str, Any], at: int) -> str:
    return text(question.get("name")) or str(at)


def _key(value: object) -> str:
    """Return the JSON key of an option; `true` and "true" have the same."""
    return value if isinstance(value, str) else json.dumps(value)


def _read(value: str | None) -> object:
    """Return the value of a JSON text, or the text if it is not JSON."""
    try:
        return json.loads(value or "null")
    except (ValueError, RecursionError):
        return value


def _checked_names(questions: Sequence[Question], value: Mapping[str, object]) -> list[str]:
    """Return the questions' names; raise the error if there are only answers to other names."""
    names = [_name(question, at) for at, question in enumerate(questions)]
    if value and questions and value.keys().isdisjoint(names):
        raise _wrong(f"has answers to {_listed(value)}, and the questions are {_listed(names)}")
    return names


def _scripted(question: Question, value: object, name: str) -> dict[str, Any]:
    try:
        return _from(question, value)
    except _DoesNotFit:
        options = [_key(each.get(key)) for each, key in _options(question)]
        expected = f", whose options are {_listed(options)}" if options else ", which wants a probability from 0 to 1"
        shown = json.dumps(value)[:100]
        raise _wrong(f"answers {shown} to the {text(question.get('type'))} '{name[:64]}'{expected}") from None


def _first_fitting(question: Question, readings: Sequence[object], seed: str) -> dict[str, Any]:
    for value in readings:
        if value is not None:
            with contextlib.suppress(_DoesNotFit):
                return _from(question, value)
    return _made_up(question, seed)


def _wrong(why: str) -> RequestError:
    return RequestError(f"The script {why}.", status=500, type="server_error", code="decision_does_not_fit")


def _listed(names: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(f"'{name[:64]}'" for name in [*names][:8])


def _from(question: Question, value: object) -> dict[str, Any]:
    """Return a value as the answer to a question; raise `_DoesNotFit` if it cannot be one."""
    if value is None:
        return _refused(question)
    if question.get("type") == "predicate":
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise _DoesNotFit
        return _predicate(question, float(value))
    options = [each.get(key) for each, key in _options(question)]
    return _weighed(question, _weights(question, options, value))


def _weights(question: Question, options: Sequence[object], value: object) -> list[float]:
    """Return the probability of each option."""
    if isinstance(value, list):
        if not options or len(value) != len(options) or not all(map(_is_probability, value)):
            raise _DoesNotFit
        return [float(each) for each in value]
    if isinstance(value, Mapping):
        known = {_key(option): at for at, option in enumerate(options)}
        if not value or not value.keys() <= known.keys() or not all(map(_is_probability, value.values())):
            raise _DoesNotFit
        return [float(value.get(_key(option), 0.0)) for option in options]
    if question.get("type") == "score" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _around(float(value), len(options))
    for at, option in enumerate(options):
        if type(option) is type(value) and option == value:
            return _peak(at, SURE, len(options))
    raise _DoesNotFit


def _is_probability(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _around(score: float, count: int) -> list[float]:
    """Return probabilities of levels whose expected value is the score."""
    if not 0 <= score <= count - 1:
        raise _DoesNotFit
    below = int(score)
    weights = [0.0] * count
    weights[below] = round(1 - (score - below), 4)
    if score > below:
        weights[below + 1] = round(score - below, 4)
    return weights


def _peak(at: int, probability: float, count: int) -> list[float]:
    """Return probabilities of which one is given, and all others are equal."""
    other = round((1 - probability) / (count - 1), 4) if count > 1 else 0.0
    return [(probability if count > 1 else 1.0) if index == at else other for index in range(count)]


def _made_up(question: Question, seed: str) -> dict[str, Any]:
    question_seed = f"{seed}\n{question_text(question)}"
    if question.get("type") == "predicate":
        return _predicate(question, round(_fraction(question_seed), 2))
    if not (count := len(_options(question))):
        return _refused(question)
    at = min(int(_fraction(f"{question_seed}\nwhich") * count), count - 1)
    return _weighed(question, _peak(at, round(MIN_PROBABILITY + SPREAD * _fraction(question_seed), 2), count))


def _fraction(seed: str) -> float:
    return int.from_bytes(hashlib.blake2s(seed.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def _refused(question: Question) -> dict[str, Any]:
    return {"type": "refusal", "name": question.get("name")}


def _predicate(question: Question, probability: float) -> dict[str, Any]:
    return {"type": "predicate", "name": question.get("name"), "probability": probability}


def _weighed(question: Question, weights: Sequence[float]) -> dict[str, Any]:
    """Return a choice or a score with probabilities and the confidence: how far the highest is above the mean."""
    options, kind, highest = _options(question), text(question.get("type")), max(weights)
    confidence = round((len(weights) * highest - 1) / (len(weights) - 1), 4) if len(weights) > 1 else 1.0
    values: list[dict[str, Any]] = [
        {"value": each.get("value")} if kind == "choice" else {"value": at, "label": each.get("label")}
        for at, (each, _) in enumerate(options)
    ]
    result: object = values[weights.index(highest)]["value"]
    if kind == "score":
        result = round(sum(at * weight for at, weight in enumerate(weights)), 4)
    probabilities = [each | {"probability": weight} for each, weight in zip(values, weights, strict=True)]
    return {
        "type": kind,
        "name": question.get("name"),
        kind: result,
        "probabilities": probabilities,
        "confidence": max(confidence, 0.0),
    }
