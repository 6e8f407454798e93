"""A live server and a client of the SDK, in a namespace of each test's own."""

import uuid
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.server import QUICK, LiveServer

SCRIPT = """version: 1
rules:
- match: {format: [hosted_agent, hosted_session, hosted_vault], metadata: {id: chosen}}
  reply: {auto: true, id: chosen_id}
- match: {format: [hosted_agent, hosted_session, hosted_vault], metadata: {id: refused}}
  error: {status: 403, message: None today.}
- match: {format: responses, last_user: {icontains: weather}, tool_result: {exists: false}}
  reply: {text: I look., tool_calls: [{name: get_weather, arguments: {city: Paris}}]}
- match: {format: responses, last_user: {icontains: two cities}, tool_result: {exists: false}}
  reply:
    tool_calls: [{name: get_weather, arguments: {city: Paris}}, {name: get_weather, arguments: {city: Rome}}]
- match: {format: responses, last_user: {icontains: list}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: shell, arguments: {command: ls -l}, result: "a.txt b.txt"}]}
- match: {format: responses, last_user: {icontains: write}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: shell, arguments: {command: [rm, a b]}, result: {is_error: true, content: Full}}]}
- match: {format: responses, last_user: {icontains: issue}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: create_issue, arguments: {title: Bug}, result: "Issue 7"}]}
- match: {format: responses, last_user: {icontains: endless}}
  reply: {tool_calls: [{name: shell, arguments: {command: ls}}]}
- match: {format: responses, last_user: {icontains: search}}
  reply: {tool_calls: [{name: web_search, arguments: {query: cats}}], text: Found.}
- match: {format: responses, last_user: {icontains: overloaded}}
  error: {status: 503, message: Too many.}
- match: {format: responses, last_user: {icontains: too long}}
  error: {status: 400, code: context_length_exceeded, message: Too long.}
- match: {format: responses, last_user: {icontains: broken}}
  reply: {text: Never seen.}
  fault: reset
- match: {format: responses, last_user: {icontains: cut}}
  reply: {text: Cut off, finish_reason: length}
- match: {format: responses, last_user: {icontains: forbidden}}
  reply: {refusal: I cannot help with that.}
- match: {format: responses, last_user: {icontains: think}}
  reply: {reasoning: Hm., text: I thought.}
- match: {format: responses, last_user: {icontains: slowly}}
  reply: {text: One two three four.}
  pacing: {ttft_ms: 100, itl_ms: 100}
- match: {format: responses, last_user: {icontains: gate}}
  reply: {text: Through.}
  hold: {gate: door}
- match: {format: responses, last_user: {icontains: system}}
  reply: {text: "{{ prompt.system }}"}
- match: {format: responses, tool_result: {exists: true}}
  reply: {text: "Result: {{ prompt.tool_result.text }}"}
- match: {format: responses}
  reply: {echo: true}
- reply: {auto: true}
"""


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    with LiveServer(script=SCRIPT, **QUICK) as live:
        yield live.url


@pytest.fixture
def url(server: str) -> str:
    return f"{server}/ns/{uuid.uuid4()}"


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as made:
        yield made


WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
NONE: Any = {"type": "none"}


def said(text: str) -> Any:
    """Return the event in which a user says something."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "agent.session.input.message", "input": [{"role": "user", "content": content}]}


class Desk:
    """A client of the SDK with a session in it, which has its first turn behind it."""

    def __init__(self, client: Any, environment: Any = NONE, first: str = "Hello", **agent: Any) -> None:
        self.client = client
        made = client.beta.agents.sessions.create(
            agent={"model": "gpt-6-luna", **agent}, environment=environment, input=first
        )
        self.id = made.id

    @property
    def session(self) -> Any:
        return self.client.beta.agents.sessions.retrieve(self.id)

    def send(self, *events: Any, **more: Any) -> None:
        self.client.beta.agents.sessions.events.create(self.id, events=events, **more)

    def say(self, text: str) -> None:
        self.send(said(text))

    @property
    def items(self) -> list[Any]:
        return list(self.client.beta.agents.sessions.items.list(self.id, order="asc"))

    @property
    def texts(self) -> list[str]:
        return [item.output_text for item in self.items if item.type == "message" and item.role == "assistant"]

    @property
    def turns(self) -> list[Any]:
        return list(self.client.beta.agents.sessions.turns.list(self.id, order="asc"))

    def stream(self, **more: Any) -> Any:
        return self.client.beta.agents.sessions.events.stream(self.id, **more)


@pytest.fixture
def desk(client: Any) -> Desk:
    made = Desk(client)
    assert made.session.status == "idle"  # once it is seen at rest, streams begin behind it
    return made
