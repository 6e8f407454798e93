"""What `auto` answers where a prompt wants tags, calls in words, lines, a title, a question or SQL."""

import json
import re
import time

import pytest

from completions.conversation import Message, Prompt
from completions.script.auto.answer import auto
from tests.scripts import said

WEATHER = {
    "name": "get_weather",
    "description": "Weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QWEN = (
    f"You have signatures within <tools></tools> XML tags:\n<tools>\n{json.dumps({'function': WEATHER})}\n</tools>\n"
    "Return JSON within <tool_call></tool_call> tags:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
)
LISTED = {**WEATHER, "parameters": [{"name": "city", "type": "string", "description": "A city", "required": True}]}
QWEN_AGENT = QWEN.replace(json.dumps(WEATHER), json.dumps(LISTED))
LLAMA = (
    'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.\n\n'
    f"{json.dumps(WEATHER)}"
)
SIGNATURES = (
    "multiply(x: int, y: int) -> int - Multiply.\nadd(x: int, y: int) -> int - Add.\n\nReturn your response as a "
    "JSON blob with 'name' and 'arguments' keys."
)
HISTORY = (
    "Given a chat history and the latest user question, formulate a standalone question. Do NOT answer it, just "
    "reformulate it if needed."
)


def elements(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in re.findall(r"<([\w-]+)>([^<]*)</\1>", text)}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (
            "What is tea? Put your reasoning in <thinking> tags and your answer in <answer> tags.",
            ["thinking", "answer"],
        ),
        ("Write a haiku on tea. Put it in <haiku> tags.", ["haiku"]),
        ("What is tea? Write your answer between <result></result>.", ["result"]),
        (
            "Respond in the following format:\n<reasoning>\n...\n</reasoning>\n<answer>\n...\n</answer>",
            ["reasoning", "answer"],
        ),
        ("Return it in this format:\n<a>\n  <mood>good|bad</mood>\n  <why>the reason</why>\n</a>", ["mood", "why"]),
    ],
)
def test_tags__each_has_an_answer(asked: str, names: list[str]) -> None:
    found = elements(said(("user", asked)))
    assert list(found) == names and all(found.values())


BLOCKS = '[{\n  "index": 0,\n  "tags": ["introduction"]\n},\n{\n  "index": 1,\n  "tags": ["background"]\n}]'


@pytest.mark.parametrize(
    "asked",
    [
        f"Provide your output within <blocks> tags, like this:\n\n<blocks>\n{BLOCKS}\n</blocks>\n\nBe complete.",
        f"<blocks>\n{BLOCKS}\n</blocks>\n\nTake what is above for an example. Put the output in <blocks> tags.",
        f"Use this format:\n<why>In short.</why>\n<blocks>{BLOCKS}</blocks>\n\nRemember to be brief.",
    ],
)
def test_tags__hold_json_where_the_prompt_shows_it(asked: str) -> None:
    blocks = json.loads(elements(said(("user", asked)))["blocks"])
    assert blocks and all(list(each) == ["index", "tags"] for each in blocks)
    assert "<why></why>" not in said(("user", asked))


def test_tags__of_the_output_are_not_those_that_a_page_has() -> None:
    asked = (
        "Convert the HTML content into Markdown.\n- DON'T: Include HTML tags or attributes\n\nWrap your response in "
        "<content> tags.\n<content>\n[Your markdown content here]\n</content>\n\n<p>Red lamp, 20 EUR</p>"
    )
    assert elements(said(("user", asked)))["content"]


def test_closing_word__of_a_planner_waits_for_the_others() -> None:
    system = Message(
        "system", 'You plan. After all tasks are complete, summarize the findings and end with "TERMINATE".'
    )
    asked, found = Message("user", "Weather?", name="user"), Message("user", "Sunny.", name="searcher")
    first, last = (
        auto(Prompt(model="gpt-4o", messages=(system, *said)))[0].text for said in ((asked,), (asked, found))
    )
    assert "TERMINATE" not in str(first) and str(last).endswith("TERMINATE")


def test_tags__are_no_placeholders() -> None:
    assert (
        said(("user", "Which one? Give it in the following format: 'ANSWER: <number>' and say why.")).splitlines()[-1][
            :7
        ]
        == "ANSWER:"
    )


def test_yaml__is_written_where_it_is_asked_for() -> None:
    assert re.fullmatch(
        r'name: ".*"\nage: \d+', said(("user", "Respond in YAML with the keys name and age. Invent one."))
    )
    schema = json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    asked = (
        f"The output should be formatted as a YAML instance of this schema: {schema}\nEnclose it in triple backticks."
    )
    assert re.fullmatch(r"```yaml\nn: \d+\n```", said(("user", asked)))


def test_tags__hold_what_the_prompt_lists() -> None:
    assert (
        elements(said(("user", "Is it spam? Think in <thinking> tags, then answer yes or no inside <answer> tags.")))[
            "answer"
        ]
        == "yes"
    )
    verdict = "Evaluate it: x. Use this format:\n<verdict>PASS, NEEDS_WORK, or FAIL</verdict>\n<more>Why.</more>"
    assert elements(said(("user", verdict)))["verdict"] == "PASS"


@pytest.mark.parametrize(
    "asked",
    [
        "The document is in <document> tags:\n<document>\ncats\n</document>\nTell me more of it.",
        "Write a page with <div> and <b> tags on cats.",
        "Do not put it in <answer> tags. How is tea?",
        "What does the tag <answer> do?",
        "Weather in Rome? Return JSON within <tool_call></tool_call> XML tags:\n<tool_call>\n...\n</tool_call>",
    ],
)
def test_tags__only_where_they_are_wanted(asked: str) -> None:
    assert not said(("user", asked)).startswith("<")


@pytest.mark.parametrize(
    ("system", "asked", "call"),
    [
        (QWEN, "Weather in Rome?", {"name": "get_weather", "arguments": {"city": "Rome"}}),
        (QWEN_AGENT, "Weather in Rome?", {"name": "get_weather", "arguments": {"city": "Rome"}}),
        (LLAMA, "Weather in Rome?", {"name": "get_weather", "parameters": {"city": "Rome"}}),
    ],
)
def test_calls_in_words__are_of_the_function_that_is_described(system: str, asked: str, call: object) -> None:
    text = said(("system", system), ("user", asked))
    assert json.loads(text.removeprefix("<tool_call>\n").removesuffix("\n</tool_call>")) == call
    assert text.startswith("<tool_call>") == (system != LLAMA)


def test_calls_in_words__of_signatures() -> None:
    call = json.loads(said(("system", SIGNATURES), ("user", "Add two and three")))
    assert call["name"] == "add" and call["arguments"].keys() == {"x", "y"}


def test_calls_in_words__end_with_what_was_said() -> None:
    called = said(("system", QWEN), ("user", "Weather in Rome?"))
    told = '<tool_response>\n{"sky": "blue"}\n</tool_response>'
    text = said(("system", QWEN), ("user", "Weather in Rome?"), ("assistant", called), ("user", told))
    assert "sky is blue" in text and "<tool_call>" not in text


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            [("user", "Generate 4 search queries, one on each line.\nQuery: how do cats sleep\nQueries:")],
            r"(.*[cC]ats.*\n?){4}",
        ),
        ([("system", "Return ONLY two queries, one per line."), ("user", "Cats")], r".*Cats.*\n.*Cats.*"),
        ([("user", "Give me 3 ideas for tea as a numbered list.")], r"1\. .*\n2\. .*\n3\. .*"),
        ([("user", "Name some benefits of tea as bullet points.")], r"(- .*\n?){3}"),
        (
            [("user", "List 5 sorts of tea. Your response should be a list of comma separated values.")],
            r"([^,]+, ){4}[^,]+",
        ),
        ([("user", "Return a Python list of 2 queries on tea.")], r'\[".*",".*"\]'),
        (
            [("system", HISTORY), ("user", "What is tea?"), ("assistant", "A drink."), ("user", "Is it hot?")],
            r"Is it hot\?",
        ),
        (
            [
                (
                    "user",
                    "Rephrase it as a standalone question.\nAI: hi\nFollow Up Input: how is tea\nStandalone question:",
                )
            ],
            "how is tea",
        ),
        ([("user", "Give a concise, 5-word title for the conversation.\n\nuser: how do cats sleep")], "Cats Sleep"),
        (
            [
                (
                    "user",
                    "Generate a title for this chat. Use numbers, links or ids only when the task is about them.\n\n"
                    'User messages, in order:\n1. "Mend a clock"',
                ),
            ],
            "Mend Clock",
        ),
        ([("system", "Write a short title of the user's first message"), ("user", "Weather in Rome?")], "Weather Rome"),
        (
            [("user", "Write a query.\nCREATE TABLE users (id INTEGER)\nQuestion: How many?\nSQLQuery: ")],
            r"SELECT \* FROM users LIMIT 10",
        ),
        (
            [("system", "Table: orders (id)\nRespond with ONLY a SQLite query."), ("user", "All")],
            r"SELECT \* FROM orders LIMIT 10",
        ),
        ([("user", "Rewrite it as a standalone question.\n<Follow Up Message>\nhow is tea?\n")], r"how is tea\?"),
        ([("user", "Write a datetime that matches the following pattern: '%Y-%m-%dT%H:%M'.")], "2025-03-14T09:30"),
        ([("user", "When was it? Answer in the format YYYY-MM-DD only.")], "2025-03-14"),
        ([("user", "Write a Python function that adds. Return only the code.")], r"```python\ndef (?s:.*)\n```"),
        ([("user", "Write it in bash, code only, without markdown.")], 'echo "Hello"'),
        (
            [("user", "write hello world\n\nProduce output as source code only, with no text around it.")],
            r"```python\n(?s:.*)",
        ),
        (
            [("user", 'Generate 2 test prompts on tea.\n\nEach line must begin with the string "Prompt:"')],
            r"Prompt: .*tea.*\nPrompt: .*tea.*",
        ),
        (
            [("user", 'Find names of tea.\n\nFORMAT: Begin each entity with "Entity:" on a new line.')],
            r"(Entity: .+\n?)+",
        ),
        ([("system", "Reply TERMINATE when the task is done."), ("user", "Say hi")], r"(?s:.+)\n\nTERMINATE"),
        (
            [("system", "Respond with 'APPROVE' when your feedback is addressed."), ("user", "Tea")],
            r"(?s:.+)\n\nAPPROVE",
        ),
        (
            [("user", "Extract keywords. Provide them in this format: 'KEYWORDS: <keywords>'\nTea is hot")],
            r"(?s:.+)KEYWORDS: \w+, .*",
        ),
    ],
)
def test_form__is_the_one_that_is_wanted(messages: list[tuple[str, str]], expected: str) -> None:
    assert re.fullmatch(expected, said(*messages))


@pytest.mark.parametrize(
    "messages",
    [
        [("user", "What is a standalone server?")],
        [("user", "How do I set the title of a page in Django? Be brief.")],
        [("system", "You only answer questions about SQL."), ("user", "What is an index?")],
        [("user", "How do I print one word per column?")],
        [("user", "How do I parse a file with commas in it?")],
        [("user", "If unsafe, add a comma-separated list. How is tea?")],
        [("system", "Review only the code that has changed."), ("user", "What is new?")],
        [("system", "When asked for a code, reply only with that code."), ("user", "What is the local code?")],
        [("user", "What is the code in this document? Answer with only the code. It is short.")],
        [("system", "Use HTML when the page is done."), ("user", "What is new?")],
    ],
)
def test_form__only_where_it_is_wanted(messages: list[tuple[str, str]]) -> None:
    assert re.match(r"(Here is|In short|There is|A few)\b", said(*messages))


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * 30_000,
        "<tools>" * 20_000,
        "<tool_call><tools></tools>" * 5_000,
        "format:\n<a>" * 10_000,
        "in <answer> tags " * 10_000,
        'format:\n<a>{"a": ' * 6_000,
        "in <answer> tags <answer>[{" * 4_000,
        "question: " * 20_000,
        "a(b: c) - d\n" * 10_000,
        "<tool_response>" * 10_000,
        "write a title " * 10_000,
    ],
    ids=lambda text: text[:20],
)
def test_form__long_texts_cost_little(text: str) -> None:
    began = time.process_time()
    assert said(("system", f"Put it in tags, one per line. </ <tool_call> <tools> {text}"), ("user", text))
    assert time.process_time() - began < 5, "seconds of CPU; some tenths are usual"
