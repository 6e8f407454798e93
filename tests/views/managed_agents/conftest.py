"""A live server and a client of the SDK, in a namespace of each test's own."""

import uuid
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.server import QUICK, LiveServer

SCRIPT = """version: 1
rules:
- match: {format: [managed_agent, managed_environment, managed_session], metadata: {id: chosen}}
  reply: {auto: true, id: chosen_id}
- match: {format: [managed_agent, managed_environment, managed_session], metadata: {id: refused}}
  error: {status: 403, message: None today.}
- match: {format: anthropic, last_user: {icontains: weather}, tool_result: {exists: false}}
  reply: {text: I look., tool_calls: [{name: get_weather, arguments: {city: Paris}}]}
- match: {format: anthropic, last_user: {icontains: two cities}, tool_result: {exists: false}}
  reply:
    tool_calls: [{name: get_weather, arguments: {city: Paris}}, {name: get_weather, arguments: {city: Rome}}]
- match: {format: anthropic, last_user: {icontains: list}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: bash, arguments: {command: ls}, result: "a.txt b.txt"}]}
- match: {format: anthropic, last_user: {icontains: write}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: write, arguments: {file_path: a, content: b}, result: {is_error: true, content: Full}}]}
- match: {format: anthropic, last_user: {icontains: issue}, tool_result: {exists: false}}
  reply: {tool_calls: [{name: create_issue, arguments: {title: Bug}, result: "Issue 7"}]}
- match: {format: anthropic, last_user: {icontains: endless}}
  reply: {tool_calls: [{name: read, arguments: {file_path: a}}]}
- match: {format: anthropic, last_user: {icontains: recover}}
  replies: [{error: {status: 529}}, {error: {status: 429}}, {text: Recovered.}]
- match: {format: anthropic, last_user: {icontains: overloaded}}
  error: {status: 529}
- match: {format: anthropic, last_user: {icontains: credit}}
  error: {status: 402}
- match: {format: anthropic, last_user: {icontains: too big}}
  error: {status: 400, message: Too big.}
- match: {format: anthropic, last_user: {icontains: broken}}
  reply: {text: Never seen.}
  fault: reset
- match: {format: anthropic, last_user: {icontains: forbidden}}
  reply: {refusal: I cannot help with that.}
- match: {format: anthropic, last_user: {icontains: think}}
  reply: {reasoning: Hm., text: I thought.}
- match: {format: anthropic, last_user: {icontains: slowly}}
  reply: {text: One two three four.}
  pacing: {ttft_ms: 100, itl_ms: 100}
- match: {format: anthropic, last_user: {icontains: gate}}
  reply: {text: Through.}
  hold: {gate: door}
- match: {format: anthropic, last_user: {icontains: system}}
  reply: {text: "{{ prompt.system }}"}
- match: {format: anthropic, tool_result: {exists: true}}
  reply: {text: "Result: {{ prompt.tool_result.text }}"}
- match: {format: anthropic}
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
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as made:
        yield made


WEATHER: Any = {
    "type": "custom",
    "name": "get_weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def said(text: str) -> Any:
    """Return the event in which a user says something."""
    return {"type": "user.message", "content": [{"type": "text", "text": text}]}


class Desk:
    """A client of the SDK with a session in it; `kinds` are the types of its events."""

    def __init__(self, client: anthropic.Anthropic, config: Any = None, **agent: Any) -> None:
        self.client = client
        self.agent = client.beta.agents.create(**({"name": "Helper", "model": "claude-opus-5-5"} | agent))
        self.environment = client.beta.environments.create(name="Sandbox", config=config)
        made = client.beta.sessions.create(agent=self.agent.id, environment_id=self.environment.id)
        self.id = made.id

    @property
    def session(self) -> Any:
        return self.client.beta.sessions.retrieve(self.id)

    def send(self, *events: Any) -> Any:
        return self.client.beta.sessions.events.send(self.id, events=events)

    def say(self, text: str) -> Any:
        return self.send(said(text))

    @property
    def events(self) -> list[Any]:
        return list(self.client.beta.sessions.events.list(self.id))

    @property
    def kinds(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def texts(self) -> list[str]:
        return [event.content[0].text for event in self.events if event.type == "agent.message"]

    def last(self, kind: str) -> Any:
        return [event for event in self.events if event.type == kind][-1]

    def stream(self, **more: Any) -> Any:
        return self.client.beta.sessions.events.stream(self.id, **more)


@pytest.fixture
def desk(claude: anthropic.Anthropic) -> Desk:
    return Desk(claude)
