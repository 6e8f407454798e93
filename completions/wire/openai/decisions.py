"""Decisions: `POST /v1/decisions`, typed answers to questions about an input; a script's, or made up.

Shapes: `openai.types.Decision` and `DecisionCreateParams`; the order of keys, and what a confidence is, are those of
answers that were measured in October 2026 (BlockRun's documentation of its endpoint, which passes them on).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import dicts
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.decision_answers import answers, as_script, part_text, question_text
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.responses.prompt import read_prompt
from completions.wire.openai.wordings import DECISIONS
from completions.wire.readback import Answer
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    choice,
    nullable,
    obj,
    record,
    refuse,
    string,
    tagged,
    text_or,
    worded_problem,
    wrong_type,
)

MODEL = "gpt-6-luna"
"""The only model of this API; also that of a request without a model, if the script does not validate it."""

_INSTRUCTIONS = text_or("objects", array(obj, "objects", low=1))
_DESCRIBED = {"description": nullable(string())}


def _value(value: Any) -> Problem | None:
    return None if type(value) in (str, bool) else wrong_type("one of a string or boolean", value)


_CHOICES = array(record({"value": _value, **_DESCRIBED}, ("value",)), "objects", low=2, high=255)


def _distinct(value: Any) -> Problem | None:
    if (problem := _CHOICES(value)) is not None:
        return problem
    values = [(type(each["value"]), each["value"]) for each in value]
    return worded_problem("Choice values must be unique.", "invalid_value", "") if len({*values}) < len(value) else None


def _question(fields: Mapping[str, Check]) -> Check:
    known: Mapping[str, Check] = {"type": anything, "name": nullable(string()), "instructions": _INSTRUCTIONS, **fields}
    return record(known, ("instructions", *fields))


QUESTION = tagged(
    "type",
    {
        "predicate": _question({}),
        "choice": _question({"choices": _distinct}),
        "score": _question(
            {"levels": array(record({"label": string(), **_DESCRIBED}, ("label",)), "objects", low=1, high=255)}
        ),
    },
)
_QUESTIONS = array(QUESTION, "objects", low=1, high=400)


def _questions(value: Any) -> Problem | None:
    """Check the questions, whose names are unique or missing (measured on 2026-10-07 by openai-scala-client)."""
    if (problem := _QUESTIONS(value)) is not None:
        return problem
    names = [each.get("name") for each in value]
    for at, name in enumerate(names):
        if name is not None and name in names[:at]:
            return worded_problem("Question names must be unique within the request.", None, f"[{at}].name")
    return None


_CACHE = record({"mode": nullable(choice("implicit", "explicit")), "ttl": nullable(choice("30m"))})
_REQUEST = record(
    {
        "model": string(low=1),
        "input": text_or("objects", array(obj, "objects", low=1)),
        "questions": _questions,
        "prompt_cache_options": nullable(_CACHE),
        **dict.fromkeys(("prompt_cache_key", "safety_identifier"), nullable(string())),
    },
    ("model", "input", "questions"),
)


class Decisions(OpenAIFormat):
    """OpenAI's decisions; a script's answers are a JSON object by the names of the questions."""

    name = "decisions"
    vendor = "openai"
    wordings = DECISIONS

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; the questions are a system message before the input."""
        document = decode_object(body)
        if validate:
            refuse(_REQUEST(document))
        questions = Message(
            "system", "\n".join(question_text(question) for question in dicts(document.get("questions")))
        )
        prompt = read_prompt({**document, "input": _with_texts(document.get("input"))}, headers)
        return replace(prompt, format=self.name, task="decide", messages=(questions, *prompt.messages), body=document)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer to each question."""
        choice = reply.choices[0] if reply.choices else None
        tokens = reply.used.prompt_tokens
        seed = "\n".join(message.text for message in prompt.messages[1:])
        return {
            "model": reply.model or prompt.model or MODEL,
            "answers": answers(dicts(prompt.body.get("questions")), choice, seed),
            "usage": {
                "input_tokens": tokens,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": 0,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": tokens,
            },
        }

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Add the answers, in the form of a script."""
        answer.set_id_and_model(None, document.get("model"))
        answer.choice().add_text(as_script(dicts(document.get("answers"))))
        collect_usage(document.get("usage"), answer, "input", "output")


def _with_texts(value: object) -> object:
    """Return an input with its JSON parts as texts."""
    if not isinstance(value, list):
        return value
    return [
        {**item, "content": [_as_text(part) for part in dicts(item["content"])]}
        if isinstance(item.get("content"), list)
        else item
        for item in dicts(value)
    ]


def _as_text(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "input_text", "text": part_text(part)} if part.get("type") == "input_json" else part
