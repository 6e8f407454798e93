"""`auto: {tokens: ...}`: answers of a length, by the tokens of the model that is asked."""

from dataclasses import replace
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import pytest
import yaml

from completions.conversation import Choice, Message, Prompt, Reply, ResponseFormat, Tool
from completions.exceptions import ScriptError
from completions.resolve.finish import completion_tokens, finish
from completions.script.language import MAX_TEXT_TOKENS
from completions.script.loader import load
from completions.tokens import text as tokens


def answer_of(folder: Path, auto: Any) -> Any:
    file = folder / "script.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "rules": [{"reply": {"auto": auto}}]}))
    return load(str(file)).rules[0].answers[0]


def said(folder: Path, auto: Any, text: str = "Tell me about 東京 and unbelievable trains 🎁.", **more: Any) -> Choice:
    prompt = Prompt(messages=(Message("user", text),), **{"model": "gpt-4o", **more})
    answered = answer_of(folder, auto)(prompt)
    assert isinstance(answered, Reply)
    return finish(answered, prompt).choices[0]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-3.5-turbo", "claude-sonnet-4-5", "meta-llama/Llama-3.1-8B"])
@pytest.mark.parametrize("count", [1, 2, 7, 200, 3001])
def test_length__is_exact(tmp_path: Path, model: str, count: int) -> None:
    choice = said(tmp_path, {"tokens": count}, model=model)
    assert tokens.count(choice.text or "", model) == count
    assert len(tokens.split(choice.text or "", model)) <= count
    assert choice.finish_reason == "stop"


def test_length__is_scattered_around_the_mean(tmp_path: Path) -> None:
    spread = {"mean": 100, "kind": "normal", "spread": 0.2, "seed": 3}
    answer = answer_of(tmp_path, {"tokens": spread})
    prompts = [Prompt(model="gpt-4o", messages=(Message("user", f"Question {n}"),)) for n in range(300)]
    counts = [completion_tokens(answer(prompt).choices[0], "gpt-4o") for prompt in prompts]
    assert 95 < fmean(counts) < 105
    assert 15 < pstdev(counts) < 25
    assert counts[:20] == [completion_tokens(answer(prompt).choices[0], "gpt-4o") for prompt in prompts[:20]]
    other = answer_of(tmp_path, {"tokens": {**spread, "seed": 4}})
    assert counts[:20] != [completion_tokens(other(prompt).choices[0], "gpt-4o") for prompt in prompts[:20]]


@pytest.mark.parametrize(
    ("asked", "count", "reason"),
    [
        ({"max_tokens": 50}, 50, "length"),
        ({"max_tokens": 200}, 200, "stop"),
        ({"min_tokens": 260}, 260, "stop"),
        ({"min_tokens": 10}, 200, "stop"),
        ({"min_tokens": 301, "max_tokens": 300}, 300, "length"),  # as vLLM's `ignore_eos` asks
    ],
)
def test_length__what_the_request_asks_goes_first(tmp_path: Path, asked: Any, count: int, reason: str) -> None:
    choice = said(tmp_path, {"tokens": 200}, **asked)
    assert (completion_tokens(choice, "gpt-4o"), choice.finish_reason) == (count, reason)


def test_length__leaves_forms_as_they_are(tmp_path: Path) -> None:
    tool = Tool("add", "Adds", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    form = ResponseFormat("json_schema", "sum", schema, strict=True)
    for more in ({"tools": (tool,)}, {"response_format": form}):
        long, usual = (said(tmp_path, auto, "Please add", **more) for auto in ({"tokens": 500}, True))
        assert replace(long) == replace(usual)


@pytest.mark.parametrize(
    "auto",
    [
        {},
        {"tokens": 0},
        {"tokens": -1},
        {"tokens": 1.5},
        {"tokens": MAX_TEXT_TOKENS + 1},
        {"tokens": {"spread": 1}},
        {"tokens": {"mean": 10, "kind": "none"}},
        {"tokens": {"mean": 10, "spread": -1}},
        {"token": 10},
        False,
    ],
)
def test_length__that_cannot_be(tmp_path: Path, auto: Any) -> None:
    with pytest.raises(ScriptError):
        answer_of(tmp_path, auto)
