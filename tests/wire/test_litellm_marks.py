"""What LiteLLM does with `cache_control` for a model of OpenAI's: it leaves it out only where it knows that it must."""

from typing import Any

import pytest

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


def ask(live: LiveServer, prefix: str, marked: str) -> str:
    asked = MARKED[marked]
    answer: Any = lite.load().completion(f"{prefix}/gpt-4o", api_base=f"{live.url}/v1", api_key="k", **asked)
    return str(answer.choices[0].message.content)


@pytest.mark.parametrize("marked", MARKED)
def test_marks__are_left_out_by_a_prefix_alone(live: LiveServer, marked: str) -> None:
    assert ask(live, "custom_openai", marked) == "Hello."
    with pytest.raises(lite.load().BadRequestError, match=r"Unknown parameter: '.*\.cache_control'"):
        ask(live, "openai", marked)
