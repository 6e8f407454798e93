"""How `auto` goes on with an answer that the request begins: Anthropic's prefills, Mistral's `prefix`, and others."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import anthropic
import ollama
import openai
import pytest
from mistralai.client import Mistral

from tests.patience import PATIENCE
from tests.scripts import said
from tests.server import LiveServer

SCRIPT = "version: 1\nrules: []\n"

PERSON = 'Extract name and age of: John is 30. Answer as JSON with the keys "name" and "age".'
LETTER = "Which city is the capital of France?\n(A) Rome\n(B) Paris\nAnswer with the letter only."
ELEMENTS = "Write your reasoning in <thinking> tags and the answer in <answer> tags. What is 2 + 2?"


def rest(asked: str, start: str) -> str:
    return said(("user", asked), ("assistant", start), format="anthropic")


@pytest.mark.parametrize(
    "start",
    [
        *("{", '{"', '{"na', '{"name"', '{"name":', '{"name": "', '{"name": "J', '{"name": "John"', '{"name": "John",'),
        *(
            '{"name": "John", "age": 3',
            '{\n  "age": nu',
            '{"name": "a \\"',
            "Here you are: {",
            '{"other": {"a": [1, tru',
        ),
    ],
)
def test_object__is_completed(start: str) -> None:
    whole = start + rest(PERSON, start)
    assert {"name", "age"} <= set(json.loads(whole[whole.index("{") :]))


@pytest.mark.parametrize("start", ["[", "[{", '[{"id": 1', '[{"id": "a", "name": "b"}', '[{"id": "a", "name": "b"},'])
def test_list__is_completed(start: str) -> None:
    value = json.loads(start + rest('Return a JSON array of 3 objects with the keys "id" and "name".', start))
    assert len(value) >= 2 and all(set(each) == {"id", "name"} for each in value)


@pytest.mark.parametrize("start", ["{", "[", '["a', "[1", "[[", '{"a": [{"b": ['])
def test_json__that_only_the_beginning_wants(start: str) -> None:
    json.loads(start + rest("List three fruits", start))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        (PERSON, "```json", "\n```"),
        (PERSON, "```json\n{", "}\n```"),
        (PERSON, "<output>{", "}</output>"),
        (PERSON, '<output>\n```json\n{"age": 3', "}\n```</output>"),
        ("Add two numbers", "Here it is:\n```python", "\n```"),
        ("Hello", "<answer>", "</answer>"),
        (LETTER, "The answer is (", ")"),
    ],
)
def test_what_is_open__is_closed(asked: str, start: str, end: str) -> None:
    text = rest(asked, start)
    assert text.endswith(end) and text.count(end.strip()) == 1
    if "json" in start or start.endswith("{"):
        json.loads((start + text).partition("{")[1] + (start + text).partition("{")[2].rpartition("}")[0] + "}")


def test_block__has_code_of_its_language() -> None:
    text = rest("Add two numbers", "```python\n")
    compile(text.removesuffix("```"), "answer", "exec")
    assert "SELECT" in rest("Count the users", "```sql")


def test_element__goes_on_with_the_other_elements() -> None:
    whole = "<thinking>" + rest(ELEMENTS, "<thinking>")
    assert whole == said(("user", ELEMENTS), format="anthropic")


@pytest.mark.parametrize(
    "start", ["The capital of France is", "Sentiment:", "[Sherlock Holmes]", 'He said "', "First,"]
)
def test_sentence__goes_on_after_the_beginning(start: str) -> None:
    text = rest("What is the capital of France?", start)
    assert text.startswith(" ") is not start.endswith('"')
    assert text.strip()[0].islower() is (start[-1].isalpha() or start[-1] == ",")


def test_label__is_followed_by_its_value() -> None:
    asked = "Classify the sentiment as positive or negative: I love it"
    assert rest(asked, "Sentiment:") == f" {said(('user', asked), format='anthropic')}"


def test_beginning_of_the_same_answer__is_completed_to_it() -> None:
    whole = said(("user", "What is a harbour?"), format="anthropic")
    unfinished = re.search(r"\b(?:is|are|the|to|of|than|on)\b", whole)
    assert unfinished is not None
    assert rest("What is a harbour?", whole[: unfinished.end()]) == whole[unfinished.end() :]


def test_work_of_another_agent__is_no_beginning() -> None:
    team = ("system", "Choose who acts next. Answer with one of the following: writer, FINISH")
    assert said(team, ("user", "Write a poem"), ("assistant", "The poem"), format="anthropic") == "FINISH"


@pytest.mark.parametrize(
    "start",
    ["I found it.", 'They said: "No!."', "", "Done (for now).", "42", "Done", "The answer: 42", '{"a": 1}', "<a>b</a>"],
)
def test_finished_message__is_no_beginning(start: str) -> None:
    """Frameworks of agents send the last words of another agent so."""
    text = rest("What is a harbour?", start)
    assert text[:1].isupper() and "harbour" in text


def test_result_of_a_tool__is_no_beginning() -> None:
    """CrewAI puts the result into the last message of the assistant (DataDog/dd-trace-py, 2025)."""
    form = "Use this format:\nThought: think\nAction: one of [Average]\nAction Input: an object\nFinal Answer: it"
    start = "Thought: I need it.\nAction: Average\nAction Input: {}\nObservation: 14.0"
    messages = (("system", form), ("user", "Average of 12 and 16"), ("assistant", start))
    assert said(*messages, format="anthropic") == said(*messages)
    assert "Final Answer:" in said(*messages, format="anthropic")


def test_converse__goes_on() -> None:
    json.loads("{" + said(("user", PERSON), ("assistant", "{"), format="converse"))


def test_openai__begins_anew() -> None:
    assert said(("user", PERSON), ("assistant", "{"))[0].isupper()


def ask_anthropic(url: str, messages: Any) -> str:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client:
        block = client.messages.create(model="claude-sonnet-4-0", max_tokens=200, messages=messages).content[0]
    assert block.type == "text"
    return block.text


def ask_ollama(url: str, messages: Any) -> str:
    with ollama.Client(host=url) as client:
        return client.chat(model="llama3.2", messages=messages).message.content or ""


def ask_mistral(url: str, messages: Any) -> str:
    with Mistral(api_key="k", server_url=f"{url}/mistral") as client:
        answer: Any = client.chat.complete(model="mistral-small-latest", messages=_marked(messages, "prefix"))
    text: str = answer.choices[0].message.content
    assert text.startswith("{")  # it repeats the prefix
    return text[1:]


def _asker(path: str, model: str, mark: str = "", **extra: Any) -> Callable[[str, Any], str]:
    def ask(url: str, messages: Any) -> str:
        with openai.OpenAI(base_url=url + path, api_key="k", max_retries=0) as client:
            marked = _marked(messages, mark) if mark else messages
            answer = client.chat.completions.create(model=model, messages=marked, extra_body=extra)
        return answer.choices[0].message.content or ""

    return ask


def _marked(messages: Any, mark: str) -> Any:
    return [*messages[:-1], {**messages[-1], mark: True}]


@pytest.mark.parametrize(
    "ask",
    [
        *(ask_anthropic, ask_ollama, ask_mistral),
        _asker("/deepseek/beta", "deepseek-chat", "prefix"),
        _asker("/moonshot/v1", "kimi-k2-0905-preview", "partial"),
        _asker("/vllm/v1", "Qwen/Qwen2.5-7B-Instruct", continue_final_message=True, add_generation_prompt=False),
        _asker("/groq/openai/v1", "llama-3.3-70b-versatile"),
        _asker("/openrouter/api/v1", "anthropic/claude-sonnet-4"),
    ],
    ids=["anthropic", "ollama", "mistral", "deepseek", "moonshot", "vllm", "groq", "openrouter"],
)
def test_clients__get_the_rest(live: LiveServer, ask: Callable[[str, Any], str]) -> None:
    text = ask(live.url, [{"role": "user", "content": PERSON}, {"role": "assistant", "content": "{"}])
    assert set(json.loads("{" + text)) == {"name", "age"}


@pytest.mark.parametrize(
    "start",
    [
        "{" * 50_000,
        "[" * 50_000,
        '{"a":' * 20_000,
        "<a>" * 30_000,
        "<a></a>" * 20_000,
        "<a>" * 20_000 + "</b>" * 20_000,
        "```\n" * 20_000,
        '"\\' * 40_000,
    ],
)
def test_long_beginnings__cost_little(start: str) -> None:
    begun = time.process_time()
    rest("Hello", start)
    assert time.process_time() - begun < PATIENCE
