"""Step 4: the entries of an answer, and the whole answer.

Shapes: `ConversationResponse` and its outputs in the mistralai SDK 3.7, in the order of keys of Mistral's guides (May
and June 2025). A call of a tool that the API runs is an execution, whose result is only the script's: nothing is run.
No source has the fields of its `info`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions import ids
from completions.conversation import Block, Prompt, Reply, ToolCall, Usage
from completions.wire.content import blocks_with_annotations, only_choice
from completions.wire.dialects.mistral import Mistral, short_call_id
from completions.wire.dialects.mistral_agents.agents import (
    BUILT_IN,
    functions_of,
    hosted_names,
    version_of,
    written_time,
)
from completions.wire.dialects.mistral_agents.entries import entry_id
from completions.wire.dialects.mistral_agents.setup import Setup, conversation_of, hops_of, setup_of
from completions.wire.fields import mapping, text, whole
from completions.wire.openai.base import usage

DIALECT = Mistral()

HANDOFF, EXECUTION = "agent.handoff", "tool.execution"
Entry = dict[str, Any]


class _Writer:
    """Writes the entries of one reply."""

    def __init__(self, reply: Reply, prompt: Prompt) -> None:
        self._setup = setup_of(prompt)
        self._reply, self._time = reply, written_time(reply.created or 0)
        self._by = {"agent_id": self._setup.agent or None, "model": reply.model or self._setup.model}
        self.entries: list[Entry] = []

    def write(self) -> list[Entry]:
        """Return the entries, of which a handoff is the last."""
        choice = only_choice(DIALECT.adapt_reply(self._reply))
        for block, notes in blocks_with_annotations(choice):
            if block.call is None:
                self._add_text(block, notes)
            elif (entry := self._called(block.call))["type"] == HANDOFF:
                return [*self.entries, entry]
            else:
                self.entries.append(entry)
        if not self.entries:
            self._add_text(Block("text", ""), ())
        return self.entries

    def _shared(self, kind: str) -> Entry:
        name = entry_id(kind, f"{kind}/{self._reply.serial}/{len(self.entries)}")
        return {"object": "entry", "type": kind, "created_at": self._time, "completed_at": self._time, "id": name}

    def _add_text(self, block: Block, notes: Sequence[Mapping[str, Any]]) -> None:
        """Add a block to the message before it, or else to a new one; a message of one text has it as its content."""
        chunks = [*_chunks(block, notes)]
        last = self.entries[-1] if self.entries else {}
        if last.get("type") == "message.output":
            before = last["content"]
            chunks = [*([{"type": "text", "text": before}] if isinstance(before, str) else before), *chunks]
            last["content"] = chunks
            return
        plain = block.kind == "text" and len(chunks) == 1
        content = chunks[0]["text"] if plain else chunks
        self.entries.append({"content": content, **self._shared("message.output"), **self._by, "role": "assistant"})

    def _called(self, call: ToolCall) -> Entry:
        setup = self._setup
        if (agent := setup.handoffs.get(call.name)) is not None:
            return _handoff(setup, agent["id"], version_of(agent)["name"]) | self._shared(HANDOFF)
        if _is_hosted(call, setup):
            result = orjson.loads(call.result or "{}")
            info = result if isinstance(result, dict) else {"result": result}
            execution = {"name": call.name, "arguments": call.arguments, **self._shared(EXECUTION), **self._by}
            return {**execution, "info": info}
        called = {"tool_call_id": short_call_id(call.id), "name": call.name, "arguments": call.arguments}
        return {**called, **self._shared("function.call"), **self._by, "confirmation_status": None}


def _chunks(block: Block, notes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the chunks of a block: thoughts, or a text with a reference after each part that cites a source."""
    if block.kind == "reasoning":
        yield from DIALECT.reasoning_delta(block.text)["content"]
        return
    start = 0
    for note in notes:
        cited = mapping(note.get("url_citation"))
        end = min(max(whole(cited.get("end_index"), 0) or len(block.text), start), len(block.text))
        if end > start:
            yield {"type": "text", "text": block.text[start:end]}
        reference = {"tool": "web_search", "title": text(cited.get("title")), "url": text(cited.get("url"))}
        yield {"type": "tool_reference", **reference}
        start = end
    if start < len(block.text) or not notes:
        yield {"type": "text", "text": block.text[start:]}


def _handoff(setup: Setup, agent: str, name: str) -> Entry:
    """Return the fields of a handoff that say from whom it is, and to whom."""
    return {
        "previous_agent_id": setup.agent,
        "previous_agent_name": setup.name,
        "next_agent_id": agent,
        "next_agent_name": name,
    }


def _is_hosted(call: ToolCall, setup: Setup) -> bool:
    """Tell whether a call is of a tool that the API runs: one of its own, or of a connector."""
    hosted = hosted_names(list(setup.tools))
    if call.name in BUILT_IN or call.kind == "hosted":
        return call.name in hosted
    functions = (mapping(tool.get("function")).get("name") for tool in functions_of(list(setup.tools)))
    return "connector" in hosted and call.name not in functions


def entries_of(reply: Reply, prompt: Prompt) -> list[Entry]:
    """Return the entries of a reply alone."""
    return _Writer(reply, prompt).write()


def outputs_of(reply: Reply, prompt: Prompt) -> list[Entry]:
    """Return the entries of a whole answer: those of the agents that handed over, and of the last one."""
    return [*(entry for hop in hops_of(prompt) for entry in hop.outputs), *entries_of(reply, prompt)]


def conversation_id(reply: Reply, prompt: Prompt) -> str:
    """Return the id of the conversation that an answer belongs to: a new one unless it goes on with one."""
    conversation = conversation_of(prompt).get("id") or prompt.address.get("conversation")
    if conversation and "restart" not in prompt.address:
        return str(conversation)
    return reply.id or f"conv_{ids.spelled(f'conversation/{reply.serial}', 32)}"


def answer_document(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the whole answer."""
    outputs = outputs_of(reply, prompt)
    return {
        "conversation_id": conversation_id(reply, prompt),
        "outputs": outputs,
        "usage": _usage([*(hop.usage for hop in hops_of(prompt)), reply.used], outputs),
        "object": "conversation.response",
        "guardrails": None,
    }


def _usage(used: Sequence[Usage], outputs: Sequence[Entry]) -> dict[str, Any]:
    """Return the usage of all agents, and the number of executions of each tool; these cost no tokens here."""
    counts = [usage(each) for each in used]
    runs = Counter(entry["name"] for entry in outputs if entry["type"] == EXECUTION)
    total = {key: sum(count[key] for count in counts) for key in counts[0]}
    return {**total, "connector_tokens": 0 if runs else None, "connectors": dict(runs) or None}
