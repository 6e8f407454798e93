"""Sessions of two servers that share their state: each streams the turns that the other has computed."""

from typing import Any

import openai

from tests.redis_server import RedisServer
from tests.server import QUICK, LiveServer
from tests.views.hosted_agents.conftest import SCRIPT, WEATHER, Desk
from tests.views.hosted_agents.test_sessions import until


def test_session__is_shared_by_servers() -> None:
    with (
        RedisServer() as redis,
        LiveServer(script=SCRIPT, STATE_URL=redis.url, **QUICK) as one,
        LiveServer(script=SCRIPT, STATE_URL=redis.url, **QUICK) as other,
        openai.OpenAI(base_url=f"{one.url}/v1", api_key="any", max_retries=0) as client,
        openai.OpenAI(base_url=f"{other.url}/v1", api_key="any", max_retries=0) as watcher,
    ):
        desk = Desk(client, tools=[WEATHER])
        assert desk.session.status == "idle"
        with watcher.beta.agents.sessions.events.stream(desk.id) as stream:
            desk.say("Say it slowly")
            deltas = [event.delta for event in until(stream, "idle") if event.type.endswith("delta")]
            assert "".join(deltas) == "One two three four."
            desk.say("How is the weather?")
            (action,) = until(stream, "requires_action")[-1].session.required_actions
            result: Any = {"type": "agent.session.input.tool_result", "success": True, "output": "Sunny"}
            result |= {"call_id": action.call_id, "turn_id": action.turn_id}
            watcher.beta.agents.sessions.events.create(desk.id, events=[result])
            until(stream, "idle")
        assert desk.texts[-1] == "Result: Sunny"
