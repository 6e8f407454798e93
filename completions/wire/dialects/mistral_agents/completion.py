"""Agents' completions: `POST /v1/agents/completions`, chat completions of a stored agent's model.

A request has an agent's id in place of a model; instructions, tools and arguments are the agent's, unless the request
has its own. Handoffs are not followed here: the request has no field for them, nor the answer.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.wire.base import NO_ROUTE, Document, Headers, Place, Route, decode_object
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.mistral_agents import agents, rules
from completions.wire.dialects.mistral_agents.agents import AGENT
from completions.wire.dialects.mistral_agents.setup import AGENTS, setup_of
from completions.wire.fields import dicts, text, without_fields, without_nulls
from completions.wire.openai.base import check_stream
from completions.wire.openai.chat.format import ChatCompletions, read_prompt

DIALECT = Mistral()


class AgentCompletions(ChatCompletions):
    """Chat completions of an agent. A prompt has the body as it was sent."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request; its agent is loaded later."""
        document = decode_object(body)
        if validate:
            rules.check_completion(document)
        check_stream(document)
        return _read(Prompt(headers=headers, body=document))

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the agent."""
        name = text(prompt.body.get("agent_id"))
        return [(AGENT, name)] if name else ()

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt as its agent is set up."""
        name = text(prompt.body.get("agent_id"))
        if (agent := documents.get((AGENT, name))) is None:
            if validate:
                raise agents.not_found(name)
            return prompt
        read = _read(replace(prompt, recalled={AGENTS: {name: agent}}))
        if validate:
            rules.check_chat(_chat_body(read))
        return read


def _chat_body(prompt: Prompt) -> dict[str, Any]:
    """Return the equivalent request for a chat completion."""
    setup, body = setup_of(prompt), without_fields(without_nulls(prompt.body), "agent_id")
    system = [{"role": "system", "content": setup.instructions}] if setup.instructions else []
    messages, tools = dicts(body.get("messages")), dicts(body.get("tools")) or agents.functions_of(list(setup.tools))
    model = {} if setup.model is None else {"model": setup.model}
    return {**setup.args, **model, **body, "messages": [*system, *messages], "tools": tools}


def _read(prompt: Prompt) -> Prompt:
    read = DIALECT.adapt_prompt(read_prompt(_chat_body(prompt), prompt.headers))
    return replace(read, body=prompt.body, recalled=prompt.recalled)
