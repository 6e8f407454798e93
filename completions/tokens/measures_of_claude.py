"""What Anthropic's prompts alone have that decides how many tokens they are: thinking, documents, what was found."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.tokens.deferred import loaded, offered, walk


def thinks(prompt: Prompt) -> float:
    """Tell whether a budget for thinking is given, as Anthropic takes it, or an effort, as its dialects do."""
    thinking = _anthropic_fields(prompt).get("thinking")
    if isinstance(thinking, Mapping):
        return float(thinking.get("type") == "enabled")
    return float(prompt.format == "chat" and prompt.reasoning_effort not in (None, "none"))


def thinks_as_needed(prompt: Prompt) -> float:
    """Tell whether Anthropic's model itself decides how much it thinks."""
    thinking = _anthropic_fields(prompt).get("thinking")
    return float(isinstance(thinking, Mapping) and thinking.get("type") == "adaptive")


def defers_all(prompt: Prompt) -> float:
    """Tell whether every tool of the request's own is deferred, so that none stands before the conversation."""
    named = {tool.name for tool in prompt.tools}
    own = [tool for tool in offered(prompt) if tool.get("name") in named]
    return float(bool(own) and all(tool.get("defer_loading") is True for tool in own))


def defers_some(prompt: Prompt) -> float:
    """Tell whether any tool of the request's own is deferred."""
    named = {tool.name for tool in prompt.tools}
    return float(any(tool.get("defer_loading") is True and tool.get("name") in named for tool in offered(prompt)))


def has_task_budget(prompt: Prompt) -> float:
    """Tell whether Anthropic's model is told how many tokens it has for a task."""
    config = prompt.body.get("output_config")
    return float(isinstance(config, Mapping) and bool(config.get("task_budget")))


def of_blocks(prompt: Prompt) -> Mapping[str, float]:
    """Measure a conversation's blocks by the names below, with those of tools' results, all of them once.

    The documents that are texts, and whether they are to be cited; Anthropic's own searches for tools; the blocks that
    stand for an earlier conversation; and the pages that a search found earlier, in hundreds of characters of what only
    the API can read.
    """
    blocks, documents = _blocks(prompt)
    cited = (block.get("citations") for block in (documents if prompt.format == "converse" else blocks))
    summaries = _texts(block.get("content") for block in blocks if block.get("type") == "compaction")
    pages = _texts(block.get("encrypted_content") for block in blocks if block.get("type") == "web_search_result")
    measured = (
        sum(_is_text(block.get("source")) for block in documents),
        any(isinstance(each, Mapping) and each.get("enabled") is True for each in cited),
        sum(block.get("type") == "tool_search_tool_result" for block in blocks),
        len(summaries),
        sum(map(len, pages)) / 100,
    )
    return dict(zip(OF_BLOCKS, map(float, measured), strict=True))


OF_BLOCKS = ("text_document", "citations", "search", "compaction", "encrypted")
"""The names that weights have for what is measured of the blocks."""


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def later_instructions(prompt: Prompt) -> float:
    """Count the system messages that come in the middle of a conversation."""
    return sum(message.role == "system" for message in prompt.messages[1:])


def _blocks(prompt: Prompt) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return Anthropic's content blocks, and the documents; at Converse a block says what it is by its only key."""
    if prompt.format == "converse":
        found = (block.get("document") for block in walk(prompt.body.get("messages")))
        return [], [document for document in found if isinstance(document, Mapping)]
    blocks = [*walk(prompt.body.get("messages"))] if prompt.format in ("anthropic", "count_tokens") else []
    return blocks, [block for block in blocks if block.get("type") == "document"]


def _anthropic_fields(prompt: Prompt) -> Mapping[str, Any]:
    """Return what is said in the words of Anthropic's API: at Converse, what it passes on."""
    passed = prompt.body.get("additionalModelRequestFields") if prompt.format == "converse" else prompt.body
    return passed if isinstance(passed, Mapping) else {}


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
    "loaded": loaded,
    "later": later_instructions,
}
"""By the name that weights have for it."""
