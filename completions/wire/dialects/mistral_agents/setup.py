"""What answers a turn of a conversation: a model or an agent, with its instructions, its tools and its handoffs.

It follows from the request, from the conversation that it goes on with, and from the agents that these name. After a
handoff it is the next agent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from completions.conversation import Prompt, Usage
from completions.wire.base import Document, Place
from completions.wire.dialects.mistral_agents.agents import AGENT, functions_of, handover_name, version_of
from completions.wire.fields import dicts, mapping, text, text_or_none, texts, without_nulls

CONVERSATION = "mistral_conversation"
"""The kind under which conversations are stored."""

AGENTS, HOPS = "agents", "hops"
"""Keys of a prompt's `recalled`, besides the conversation's: the agents by id, and the handoffs so far."""

MAX_HOPS = 10
"""The most handoffs of one answer; no source has the API's."""


class Hop(NamedTuple):
    """A handoff: the entries of the answer up to it, the usage of that part, and the next agent's id."""

    outputs: Sequence[dict[str, Any]]
    usage: Usage
    agent: str


class Setup(NamedTuple):
    """What answers. `agent` is an id, empty if it is a model; `handoffs` are the agents by the names of their tools."""

    model: str | None
    agent: str
    name: str
    instructions: str
    tools: Sequence[dict[str, Any]]
    args: Mapping[str, Any]
    handoffs: Mapping[str, Document]

    @property
    def chat_tools(self) -> list[dict[str, Any]]:
        """The tools as chat's requests have them: functions, and one for each agent to hand the conversation to."""
        handovers = [
            {"type": "function", "function": {"name": name, "description": text(version_of(agent)["description"])}}
            for name, agent in self.handoffs.items()
        ]
        return [*functions_of(list(self.tools)), *handovers]


def conversation_of(prompt: Prompt) -> Mapping[str, Any]:
    """Return the record of the conversation that a prompt goes on with; empty if there is none."""
    return cast(Mapping[str, Any], prompt.recalled.get(CONVERSATION, {}))


def hops_of(prompt: Prompt) -> Sequence[Hop]:
    """Return the handoffs of an answer so far."""
    return cast(Sequence[Hop], prompt.recalled.get(HOPS, ()))


def _agents(prompt: Prompt) -> Mapping[str, Document]:
    return cast(Mapping[str, Document], prompt.recalled.get(AGENTS, {}))


def _own_agent(prompt: Prompt) -> str:
    """Return the id of the agent that the request or the conversation names."""
    return text(prompt.body.get("agent_id")) or text(conversation_of(prompt).get("agent_id"))


def agent_of(prompt: Prompt) -> str:
    """Return the id of the agent that answers, empty if it is a model: the last one that was handed over to."""
    if hops := hops_of(prompt):
        return hops[-1].agent
    for entry in reversed(dicts(conversation_of(prompt).get("entries"))):
        if entry.get("type") == "agent.handoff":
            return text(entry.get("next_agent_id"))
    return _own_agent(prompt)


def agent_version(prompt: Prompt) -> object:
    """Return the version of the agent that the request or the conversation names; None is the agent's own."""
    requested = prompt.body.get("agent_version")
    return conversation_of(prompt).get("agent_version") if requested is None else requested


def places_of(prompt: Prompt, conversation: str) -> list[Place]:
    """Return what a prompt refers to, as far as it is known: the conversation, the agents, and those they hand to."""
    names = dict.fromkeys([_own_agent(prompt), agent_of(prompt)])
    for name in [*names]:
        names |= dict.fromkeys(_reached(prompt, name))
    places = [(CONVERSATION, conversation)] if conversation else []
    return [*places, *((AGENT, name) for name in names if name)]


def _reached(prompt: Prompt, name: str) -> Iterator[str]:
    """Yield the ids of the agents that an agent can hand over to, in one step or several."""
    agents, left, seen = _agents(prompt), [name], {name}
    while left and len(seen) <= MAX_HOPS * MAX_HOPS:
        if (agent := agents.get(left.pop(0))) is None:
            continue
        for other in texts(version_of(agent)["handoffs"]):
            if other not in seen:
                seen.add(other)
                left.append(other)
                yield other


def setup_of(prompt: Prompt) -> Setup:
    """Return what answers a prompt."""
    own, body, agents = conversation_of(prompt), prompt.body, _agents(prompt)
    name = agent_of(prompt)
    agent = agents.get(name)
    base: Mapping[str, Any] = own
    handoffs: dict[str, Document] = {}
    if agent is not None:
        base = version_of(agent, agent_version(prompt) if name == _own_agent(prompt) else None)
        found = (agents.get(other) for other in texts(base["handoffs"]))
        handoffs = {handover_name(version_of(each)["name"]): each for each in found if each is not None}
    # what a request sets is for its own agent, not for the next one
    changes: Mapping[str, Any] = {} if hops_of(prompt) else body
    given = {**base, **without_nulls({key: changes.get(key) for key in ("model", "instructions", "tools")})}
    args = {**_args(base), **_args(changes)}
    return Setup(
        text_or_none(given.get("model")),
        name,
        text(base.get("name")) if agent is not None else "",
        text(given.get("instructions")),
        dicts(given.get("tools")),
        args,
        handoffs,
    )


def _args(fields: Mapping[str, Any]) -> dict[str, Any]:
    return without_nulls(mapping(fields.get("completion_args")))
