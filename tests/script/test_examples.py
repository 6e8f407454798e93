"""A script for each thing that the language can do, and what it answers."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolCall
from tests.scripts import World, asked

EXAMPLES = {
    "texts": """\
version: 1
rules:
  - match: {last_user: refund}                 # a bare string: the text contains it
    reply: Refunds take five days.
  - match: {last_user: /^(hi|hello)\\b/i}       # a regular expression
    reply: Hello! You said "{{ prompt.last_user }}".
  - reply: {echo: true}                        # no condition: whatever is left
""",
    "conditions": """\
version: 1
rules:
  - name: long talk with a small model
    match:
      model: [gpt-4o-mini, gpt-4.1-mini]       # a list: one of these
      turn: {gt: 2}
      not: {header: {x-plan: {eq: paid}}}
    reply: Upgrade to keep talking.
  - name: hot
    match: {expr: "temperature > `1`"}         # JMESPath on the request's body
    reply: Too hot.
  - name: by person
    match:
      any:
        - {user: ann}
        - {metadata: {team: red}}
        - {system: {icontains: pirate}}
    reply: Arr!
  - reply: Hello.
""",
    "agent": """\
version: 1
rules:
  - name: use the result
    match: {tool_result: {name: get_weather}}
    reply: It is {{ prompt.tool_result.temp }} degrees, {{ prompt.tool_result.sky }}.
  - name: ask the tools
    match: {last_user: weather, tools: get_weather}
    reply:
      tool_calls:
        - {name: get_weather, arguments: {city: Paris, days: 3}}
        - {name: get_weather, arguments: {city: "{{ prompt.last_user }}"}}
""",
    "structured": """\
version: 1
rules:
  - match: {response_format: [json_object, json_schema]}
    reply:
      json: {answer: "{{ prompt.last_user }}", score: 0.9, tags: [a, b]}
  - match: {last_user: everything}
    reply: {auto: true}                        # valid under whatever schema or tools the request has
  - reply: Plain.
""",
    "everything in a reply": """\
version: 1
rules:
  - match: {last_user: news}
    reply:
      reasoning: Let me look that up.
      text: It rained in Cologne.
      annotations:
        - type: url_citation
          url_citation: {url: https://example.com, title: Example, start_index: 0, end_index: 21}
      finish_reason: length
      id: chatcmpl-news
      model: gpt-4o-2024-08-06
      usage: {prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 3}
  - match: {last_user: bomb}
    reply: {refusal: I can't help with that.}
  - match: {last_user: joke}
    reply: {choices: [A pun., A riddle.]}      # for `n` over 1
  - reply: Nothing.
""",
    "retries": """\
version: 1
rules:
  - name: the third try succeeds
    match: {last_user: order}
    replies:
      - error: {status: 429, retry_after_ms: 10}
      - error: 503
      - Your order is on its way.              # the last one sticks
  - name: once
    times: 1
    error: {status: 429, code: insufficient_quota}
  - reply: Back to normal.
""",
    "errors": """\
version: 1
rules:
  - match: {model: gpt-9}
    error: 404
  - match: {last_user: too long}
    error: {status: 400, code: context_length_exceeded, param: messages}
  - match: {header: {authorization: {contains: expired}}}
    error: {status: 401, message: Your key has expired., headers: {x-should-retry: "false"}}
  - reply: Fine.
""",
    "python": """\
version: 1
rules:
  - match: {last_user: shout}
    reply: {python: "tests.script.test_examples:shout"}
  - reply: Quiet.
""",
    "strict": """\
version: 1
defaults:
  models: [gpt-4o, gpt-4o-mini]                # any other model is a 404
  strict: true                                 # so is what no rule matches, and it names the nearest rules
  pacing: {ttft_ms: 200, itl_ms: 15}
rules:
  - match: {last_user: ping}
    reply: pong
  - match: {last_user: slow}
    pacing: {ttft_ms: 2000}
    reply: Here I am.
""",
    "fallback": """\
version: 1
defaults: {fallback: echo}
rules:
  - match: {last_user: ping}
    reply: pong
""",
    "verbatim": """\
version: 1
defaults: {validate: false}
rules:
  - reply:
      body:
        id: chatcmpl-mock
        object: chat.completion
        created: 1234567890
        choices:
          - index: 0
            message: {role: assistant, content: Word by word.}
            finish_reason: stop
        usage: {prompt_tokens: 5, completion_tokens: 7, total_tokens: 12}
""",
    "custom tool": """\
version: 1
rules:
  - match: {tools: sql, tool_result: null}     # null: there is none
    reply: {tool_calls: {name: sql, arguments: SELECT 1}}
  - reply: Done.
""",
}


def shout(prompt: Prompt) -> str:
    return prompt.last_user.upper()


CALL = Message("assistant", tool_calls=(ToolCall("get_weather", "{}", "c1"),))
TALK = (Message("user", "a"), Message("assistant", "b")) * 3
WEATHER = (Message("user", "weather"), CALL, Message("tool", '{"temp": 21, "sky": "clear"}', tool_call_id="c1"))


@pytest.mark.parametrize(
    ("name", "prompt", "said"),
    [
        ("texts", asked("A refund!"), ["Refunds take five days."]),
        ("texts", asked('hi "there"'), ['Hello! You said "hi "there"".']),
        ("texts", asked("What?"), ["What?"]),
        ("conditions", asked(messages=TALK, model="gpt-4o-mini"), ["Upgrade to keep talking."]),
        ("conditions", asked(messages=TALK, model="gpt-4o-mini", headers={"x-plan": "paid"}), ["Hello."]),
        ("conditions", asked(body={"temperature": 1.5}), ["Too hot."]),
        ("conditions", asked(messages=(Message("developer", "A PIRATE"),)), ["Arr!"]),
        ("conditions", asked(metadata={"team": "red"}), ["Arr!"]),
        ("agent", asked(messages=WEATHER), ["It is 21 degrees, clear."]),
        ("agent", asked("weather?", tools=(Tool("get_weather"),)), ["get_weather", "get_weather"]),
        (
            "structured",
            asked("?", response_format=ResponseFormat("json_object")),
            ['{"answer":"?","score":0.9,"tags":["a","b"]}'],
        ),
        ("structured", asked(), ["Plain."]),
        ("everything in a reply", asked("news"), ["It rained in Cologne."]),
        ("everything in a reply", asked("bomb"), ["I can't help with that."]),
        ("everything in a reply", asked("joke", n=3), ["A pun.", "A riddle.", "A pun."]),
        ("errors", asked(model="gpt-9"), ["404 model_not_found"]),
        ("errors", asked("too long"), ["400 context_length_exceeded"]),
        ("errors", asked(headers={"authorization": "Bearer expired"}), ["401 invalid_api_key"]),
        ("python", asked("shout it"), ["SHOUT IT"]),
        ("strict", asked("ping"), ["pong"]),
        ("strict", asked("pong"), ["404 no_rule_matched"]),
        ("fallback", asked("pong"), ["pong"]),
        ("verbatim", asked(), ["Word by word."]),
        ("custom tool", asked(tools=(Tool("sql", kind="custom"),)), ["sql"]),
    ],
)
async def test_example__answers(tmp_path: Path, name: str, prompt: Prompt, said: list[str]) -> None:
    outcome = await World(tmp_path, EXAMPLES[name]).outcome(prompt)
    if outcome.error is not None:
        assert [f"{outcome.error.status} {outcome.error.code}"] == said
        return
    assert outcome.reply is not None
    heard = [choice.text or choice.refusal for choice in outcome.reply.choices]
    assert heard == said or [call.name for call in outcome.reply.choices[0].tool_calls] == said


async def test_example__retries(tmp_path: Path) -> None:
    world = World(tmp_path, EXAMPLES["retries"])
    said = [await world.said("order") for _ in range(4)]
    assert said == ["429 rate_limit_exceeded", "503 service_unavailable", *["Your order is on its way."] * 2]
    assert [await world.said() for _ in range(2)] == ["429 insufficient_quota", "Back to normal."]


async def test_example__auto_is_valid(tmp_path: Path) -> None:
    asks: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    prompt = asked("everything", tools=(Tool("f", parameters=asks),))
    outcome = await World(tmp_path, EXAMPLES["structured"]).outcome(prompt)
    assert outcome.reply is not None
    jsonschema.validate(json.loads(outcome.reply.choices[0].tool_calls[0].arguments), asks)
