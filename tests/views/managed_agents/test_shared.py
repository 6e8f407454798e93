"""Sessions of two servers that share their state: each streams the turns that the other has computed."""

import anthropic

from tests.redis_server import RedisServer
from tests.server import QUICK, LiveServer
from tests.views.managed_agents.conftest import SCRIPT, WEATHER, Desk
from tests.views.managed_agents.test_sessions import TURN, until_idle


def test_session__is_shared_by_servers() -> None:
    with (
        RedisServer() as redis,
        LiveServer(script=SCRIPT, STATE_URL=redis.url, **QUICK) as one,
        LiveServer(script=SCRIPT, STATE_URL=redis.url, **QUICK) as other,
        anthropic.Anthropic(base_url=one.url, api_key="any", max_retries=0) as client,
        anthropic.Anthropic(base_url=other.url, api_key="any", max_retries=0) as watcher,
    ):
        desk = Desk(client, tools=[WEATHER])
        with watcher.beta.sessions.events.stream(desk.id, event_deltas=["agent.message"]) as stream:
            desk.say("Say it slowly")
            deltas = [event for event in until_idle(stream) if event.type == "event_delta"]
            assert "".join(delta.delta.content.text for delta in deltas) == "One two three four."
            desk.say("How is the weather?")
            call = list(until_idle(stream))[-1].stop_reason.event_ids[0]
            watcher.beta.sessions.events.send(
                desk.id,
                events=[
                    {
                        "type": "user.custom_tool_result",
                        "custom_tool_use_id": call,
                        "content": [{"type": "text", "text": "Sunny"}],
                    }
                ],
            )
            kinds = [event.type for event in until_idle(stream) if not event.type.startswith("event_")]
        assert kinds == ["user.custom_tool_result", *TURN[1:]]
        assert desk.texts[-1] == "Result: Sunny"
