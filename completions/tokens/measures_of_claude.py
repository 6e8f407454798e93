"""What Anthropic's prompts alone have that decides how many tokens they are: thinking, documents, what was found."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import walk


def thinks(prompt: Prompt) -> float:
    """Tell whether a budget for thinking is given, as Anthropic takes it, or an effort, as its dialects do."""
    thinking = _own(prompt).get("thinking")
    if isinstance(thinking, Mapping):
        return float(thinking.get("type") == "enabled")
    return float(prompt.format == "chat" and prompt.reasoning_effort not in (None, "none"))


def thinks_as_needed(prompt: Prompt) -> float:
    """Tell whether Anthropic's model itself decides how much it thinks."""
    thinking = _own(prompt).get("thinking")
    return float(isinstance(thinking, Mapping) and thinking.get("type") == "adaptive")


def has_task_budget(prompt: Prompt) -> float:
    """Tell whether Anthropic's model is told how many tokens it has for a task."""
    config = prompt.body.get("output_config")
    return float(isinstance(config, Mapping) and bool(config.get("task_budget")))


def text_documents(prompt: Prompt) -> float:
    """Count the documents that Anthropic is given as texts."""
    return float(sum(_is_text(block.get("source")) for block in _documents(prompt)))


def citations(prompt: Prompt) -> float:
    """Tell whether Anthropic's model is to cite what it is given."""
    asked = (block.get("citations") for block in (_documents if prompt.format == "converse" else _blocks)(prompt))
    return float(any(isinstance(each, Mapping) and each.get("enabled") is True for each in asked))


def searches(prompt: Prompt) -> float:
    """Count Anthropic's own searches for tools in a conversation."""
    return float(sum(block.get("type") == "tool_search_tool_result" for block in _blocks(prompt)))


def compactions(prompt: Prompt) -> float:
    """Count the blocks of Anthropic's that stand for an earlier conversation."""
    return sum(1.0 for _ in _summaries(prompt))


def compacted(prompt: Prompt) -> float:
    """Measure what those blocks say."""
    return sum(tokens.count_in_small(summary) for summary in _summaries(prompt))


def _summaries(prompt: Prompt) -> Iterator[str]:
    found = (block.get("content") for block in _blocks(prompt) if block.get("type") == "compaction")
    return (content for content in found if isinstance(content, str))


def encrypted(prompt: Prompt) -> float:
    """Measure the pages that Anthropic's search found earlier, in hundreds of characters of what only it can read."""
    found = (block.get("encrypted_content") for block in _blocks(prompt) if block.get("type") == "web_search_result")
    return sum(len(content) for content in found if isinstance(content, str)) / 100


def later_instructions(prompt: Prompt) -> float:
    """Count the system messages that come in the middle of a conversation."""
    return sum(message.role == "system" for message in prompt.messages[1:])


def _blocks(prompt: Prompt) -> Iterator[Mapping[str, Any]]:
    """Go through Anthropic's content blocks, and those of tools' results."""
    return walk(prompt.body.get("messages")) if prompt.format in ("anthropic", "count_tokens") else iter(())


def _documents(prompt: Prompt) -> Iterator[Mapping[str, Any]]:
    """Go through the documents; at Converse a block says what it is by its only key."""
    if prompt.format != "converse":
        return (block for block in _blocks(prompt) if block.get("type") == "document")
    found = (block.get("document") for block in walk(prompt.body.get("messages")))
    return (document for document in found if isinstance(document, Mapping))


def _own(prompt: Prompt) -> Mapping[str, Any]:
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
    "text_document": text_documents,
    "citations": citations,
    "search": searches,
    "encrypted": encrypted,
    "compaction": compactions,
    "compacted": compacted,
    "later": later_instructions,
}
"""By the name that weights have for it."""
