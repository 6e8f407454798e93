"""Measures of Anthropic's prompts alone: thinking, documents, search results."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.tokens.deferred import count_loaded, raw_tools, walk


def thinks(prompt: Prompt) -> float:
    """Tell whether the request has a thinking budget, as at Anthropic, or an effort, as in its dialects."""
    thinking = _anthropic_fields(prompt).get("thinking")
    if isinstance(thinking, Mapping):
        return float(thinking.get("type") == "enabled")
    return float(prompt.format == "chat" and prompt.reasoning_effort not in (None, "none"))


def thinks_as_needed(prompt: Prompt) -> float:
    """Tell whether Anthropic's model decides how much it thinks."""
    thinking = _anthropic_fields(prompt).get("thinking")
    return float(isinstance(thinking, Mapping) and thinking.get("type") == "adaptive")


def defers_all(prompt: Prompt) -> float:
    """Tell whether every client tool of the request is deferred, so that none comes before the conversation."""
    names = {tool.name for tool in prompt.tools}
    client_tools = [tool for tool in raw_tools(prompt) if tool.get("name") in names]
    return float(bool(client_tools) and all(tool.get("defer_loading") is True for tool in client_tools))


def defers_some(prompt: Prompt) -> float:
    """Tell whether any client tool of the request is deferred."""
    names = {tool.name for tool in prompt.tools}
    return float(any(tool.get("defer_loading") is True and tool.get("name") in names for tool in raw_tools(prompt)))


def has_task_budget(prompt: Prompt) -> float:
    """Tell whether the request has a task budget."""
    config = prompt.body.get("output_config")
    return float(isinstance(config, Mapping) and bool(config.get("task_budget")))


def block_measures(prompt: Prompt) -> Mapping[str, float]:
    """Measure a conversation's blocks by the names below, with those of tools' results, all of them once.

    The documents that are texts, and whether citations are enabled; Anthropic's own searches for tools; summaries of
    earlier conversations; and the encrypted pages of earlier searches, in hundreds of characters.
    """
    blocks, documents = _blocks(prompt)
    citation_options = (block.get("citations") for block in (documents if prompt.format == "converse" else blocks))
    summaries = _texts(block.get("content") for block in blocks if block.get("type") == "compaction")
    pages = _texts(block.get("encrypted_content") for block in blocks if block.get("type") == "web_search_result")
    measures = (
        sum(_is_text(block.get("source")) for block in documents),
        any(isinstance(each, Mapping) and each.get("enabled") is True for each in citation_options),
        sum(block.get("type") == "tool_search_tool_result" for block in blocks),
        len(summaries),
        sum(map(len, pages)) / 100,
    )
    return dict(zip(BLOCK_MEASURES, map(float, measures), strict=True))


BLOCK_MEASURES = ("text_document", "citations", "search", "compaction", "encrypted")
"""The names of the measures of blocks in weights."""


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def later_instructions(prompt: Prompt) -> float:
    """Count the system messages within a conversation."""
    return sum(message.role == "system" for message in prompt.messages[1:])


def _blocks(prompt: Prompt) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return Anthropic's content blocks, and the documents; at Converse the only key of a block is its type."""
    if prompt.format == "converse":
        found = (block.get("document") for block in walk(prompt.body.get("messages")))
        return [], [document for document in found if isinstance(document, Mapping)]
    blocks = [*walk(prompt.body.get("messages"))] if prompt.format in ("anthropic", "count_tokens") else []
    return blocks, [block for block in blocks if block.get("type") == "document"]


def _anthropic_fields(prompt: Prompt) -> Mapping[str, Any]:
    """Return the fields of Anthropic's API: at Converse, those that it passes on."""
    fields = prompt.body.get("additionalModelRequestFields") if prompt.format == "converse" else prompt.body
    return fields if isinstance(fields, Mapping) else {}


def _is_text(source: object) -> bool:
    if not isinstance(source, Mapping):
        return False
    return source.get("type") in ("text", "content") or "text" in source or isinstance(source.get("content"), list)


CLAUDE_MEASURES: Mapping[str, Callable[[Prompt], float]] = {
    "thinking": thinks,
    "adaptive": thinks_as_needed,
    "task_budget": has_task_budget,
    "all_deferred": defers_all,
    "deferred": defers_some,
    "loaded": count_loaded,
    "later": later_instructions,
}
"""The measures by their names in weights."""
