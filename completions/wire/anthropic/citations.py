"""Step 4 for Anthropic's Messages API: the citations of a request's documents and search results, if it enables them.

A script cites one by a `url_citation` whose `url` is its title or its source. Where a script cites nothing, a text
without calls cites the first one. Shapes: recorded by crmne/ruby_llm in August 2026, and those of the anthropic SDK.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Choice, Prompt
from completions.tokens.documents import read_pdf
from completions.wire.fields import dicts, mapping, text

Block = Mapping[str, Any]

KINDS = ("document", "search_result")
FIRST_SENTENCE = re.compile(r"(?s).{0,1000}?(?:[.!?](?=\s|\Z)\s?|\Z)|.{1000}")


class Sources:
    """What a text may cite: the blocks with enabled citations, each with its place among those of its kind."""

    def __init__(self, prompt: Prompt) -> None:
        places = dict.fromkeys(KINDS, 0)
        self._enabled: list[tuple[int, Block]] = []
        for block in () if prompt.response_format.stated else _blocks(prompt.body.get("messages")):
            if mapping(block.get("citations")).get("enabled") is True:
                self._enabled.append((places[block["type"]], block))
            places[block["type"]] += 1

    def named(self, url: str, answer: str) -> dict[str, Any] | None:
        """Return a citation of the block with this title or source, if there is one."""
        return next((_location(*each, answer) for each in self._enabled if url and url in _names(each[1])), None)

    def first(self, choice: Choice, answer: str) -> list[dict[str, Any]]:
        """Return a citation of the first block, unless the script cites or calls."""
        is_free = answer and not choice.annotations and not choice.tool_calls
        return [_location(*each, answer) for each in self._enabled[:1]] if is_free else []


def _blocks(messages: object) -> list[Block]:
    """Return the documents and the search results of a conversation, also those that tools returned."""
    found: list[Block] = []
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if not isinstance(block, dict):
                continue
            if block.get("type") in KINDS:
                found.append(block)
            elif block.get("type") == "tool_result":
                found += [each for each in dicts(block.get("content")) if each.get("type") in KINDS]
    return found


def _names(block: Block) -> tuple[object, object]:
    return block.get("title"), block.get("source")


def _location(index: int, block: Block, answer: str) -> dict[str, Any]:
    """Return the citation of a block: of its first sentence, page or part."""
    if block["type"] == "search_result":
        return {
            "type": "search_result_location",
            "cited_text": next(_texts(block), ""),
            "source": text(block.get("source")),
            "title": block.get("title"),
            "search_result_index": index,
            "start_block_index": 0,
            "end_block_index": 1,
        }
    source = mapping(block.get("source"))
    head = {"document_index": index, "document_title": block.get("title")}
    if source.get("type") == "content":
        places = {"start_block_index": 0, "end_block_index": 1}
        return {"type": "content_block_location", "cited_text": next(_texts(source), ""), **head, **places}
    if source.get("type") == "text":
        cited = _first_sentence(text(source.get("data")))
        places = {"start_char_index": 0, "end_char_index": len(cited)}
        return {"type": "char_location", "cited_text": cited, **head, **places}
    pdf = read_pdf(text(source.get("data")))
    cited = _first_sentence(pdf.text) if pdf is not None else ""
    places = {"start_page_number": 1, "end_page_number": 2}
    return {"type": "page_location", "cited_text": cited or answer, **head, **places}


def _texts(block: Block) -> Iterator[str]:
    content = block.get("content")
    if isinstance(content, str):
        yield content
    yield from (text(each.get("text")) for each in dicts(content))


def _first_sentence(content: str) -> str:
    found = FIRST_SENTENCE.match(content)
    return found[0] if found else ""
