"""`cache_control` for a model of OpenAI's: LiteLLM takes it out only where it must, and others never do."""

from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from llmclient import lite
from tests.leaky import LITELLM
from tests.server import LiveServer

SCRIPT = """
version: 1
rules:
- reply: Hello.
"""

pytestmark = LITELLM

MARK = {"cache_control": {"type": "ephemeral"}}
HI: list[Any] = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
MARKED: dict[str, dict[str, Any]] = {
    "message": {"messages": [{"role": "system", "content": "Be brief.", **MARK}, *HI]},
    "part": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", **MARK}]}]},
    "tool": {"messages": HI, "tools": [{**TOOL, **MARK}]},
    "injected": {"messages": HI, "cache_control_injection_points": [{"location": "message", "role": "user"}]},
}


@pytest.mark.parametrize("marked", MARKED)
@pytest.mark.parametrize("stream", [False, True])
def test_marks__of_litellm_are_taken_out_as_it_does_for_openai(live: LiveServer, marked: str, stream: bool) -> None:
    own = {"api_base": f"{live.url}/v1", "api_key": "k", "stream": stream}
    answer: Any = lite.load().completion("openai/gpt-4o", **own, **MARKED[marked])
    if stream:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in answer) == "Hello."
    else:
        assert answer.choices[0].message.content == "Hello."


@pytest.mark.parametrize("marked", ["message", "part", "tool"])
def test_marks__of_others_are_refused_as_openai_does(live: LiveServer, marked: str) -> None:
    client = OpenAI(base_url=f"{live.url}/v1", api_key="k")
    with pytest.raises(BadRequestError, match=r"Unknown parameter: '.*\.cache_control'"):
        client.chat.completions.create(model="gpt-4o", **MARKED[marked])


def test_marks__taken_out_hide_nothing_else(live: LiveServer) -> None:
    asked: Any = {"messages": [{**HI[0], **MARK, "colour": "red"}]}
    client = OpenAI(base_url=f"{live.url}/v1", api_key="k").chat.completions.with_raw_response
    with pytest.raises(BadRequestError, match=r"Unknown parameter: 'messages\[0\].colour'"):
        client.create(model="gpt-4o", **asked)
