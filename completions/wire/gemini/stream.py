"""A stream of Gemini: its candidates in chunks, token by token, each in an envelope."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby
from operator import itemgetter
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import HOLE, Event, Events, Run, Template
from completions.event.scatter import Length
from completions.tokens import text as tokens
from completions.wire.fields import arranged, mapping
from completions.wire.framing import counts, group_by_chunk, joined, pieces, with_counts
from completions.wire.gemini import hosted, media
from completions.wire.gemini.answer import CALLS_MESSAGE, Candidate, counts_in_chunks, has_index, is_vertex
from completions.wire.gemini.envelope import TOOL_USE_KEYS, USAGE, content_of, partial_usage, reported_usage, tail

CANDIDATE = ("content", "finishReason", "index")
"""The order of the first keys of a candidate."""

URL_METADATA = "urlContextMetadata"
"""The field of a candidate with the pages that it has read."""

TOKEN_COUNT, TOTAL_COUNT = secrets.token_hex(16), secrets.token_hex(16)
"""Placeholders for the counts of a chunk in the template that the chunks of a run share."""


def verbatim_events(answer: Mapping[str, Any], prompt: Prompt) -> Iterator[Event]:
    """Yield the chunks of a verbatim answer: its texts token by token."""
    for candidate in answer["candidates"]:
        content = mapping(candidate.get("content"))
        parts = content.get("parts") or ()
        *before, (size_of_last, last) = [piece for part in parts for piece in _split_part(part, prompt)] or [(0, {})]
        for size, part in before:
            partial = {"content": content_of([part], prompt), "index": candidate.get("index", 0)}
            yield Event(orjson.dumps({**answer, "candidates": [partial]}), size)
        ended = {**candidate, "content": content | {"parts": [last]}} if last else candidate
        yield Event(orjson.dumps({**answer, "candidates": [ended]}), size_of_last if last else 0, part="finish")


def _split_part(part: dict[str, Any], prompt: Prompt) -> list[tuple[int, dict[str, Any]]]:
    """Return a part, or the pieces of a text, each with its number of tokens.

    The other fields of a text's part come with the last piece, except `thought`, which each piece has.
    """
    if not isinstance(content := part.get("text"), str) or not content:
        return [(1, part)]
    thought = {key: part[key] for key in ("thought",) if key in part}
    split = [(size, {"text": piece, **thought}) for piece, size in with_counts(pieces(content, prompt))]
    size, last = split.pop()
    return [*split, (size, {**part, **last})]


def _chunked_parts(candidate: Candidate) -> Iterator[tuple[Any, ...]]:
    """Yield the kind and the parts of each chunk; all calls of a turn are in one chunk, except those of Gemini 3.

    Parallel calls of Gemini 2.5 were recorded so at both addresses, last in September 2026.
    """
    for kind, run in groupby(candidate.blocks(), key=itemgetter(0)):
        parts = [part for _, part in run]
        if kind == "call" and not candidate.is_strict:
            yield (kind, *parts)
        else:
            yield from ((kind, part) for part in parts)


class Chunks:
    """Writes the chunks of one stream."""

    def __init__(self, reply: Reply, prompt: Prompt, candidates: Sequence[Candidate]) -> None:
        self._reply, self._prompt, self._candidates = reply, prompt, candidates
        self._partial_usage = partial_usage(reply, prompt)
        self._candidate_template = self._template(HOLE, self._partial_usage)
        self._token_count = 0 if len(reply.choices) == 1 and counts_in_chunks(prompt) else None
        self._last_events: dict[int, Event] = {}
        self._grounded, self._pages = self._grounded_candidate()

    def _grounded_candidate(self) -> tuple[Candidate | None, dict[str, Any]]:
        """Return the candidate whose chunks have sources on the web, and its metadata of pages."""
        candidate = self._candidates[0] if self._token_count is not None and self._candidates else None
        if candidate is None or candidate.is_strict or not candidate.text or is_vertex(self._prompt):
            return None, {}
        metadata = hosted.metadata(candidate.choice, self._prompt, candidate.text)
        return candidate if metadata else None, {name: metadata[name] for name in (URL_METADATA,) if name in metadata}

    def content_events(self, candidate: Candidate, index: int) -> Events:
        """Return the events of a candidate's content, by tokens, each call in one; the last may be held for the end."""
        events = Events()
        numbers = count()
        if self._sources(candidate):
            self._add_tool_use()
        for kind, part, *more in _chunked_parts(candidate):
            if kind == "run":
                events.append(Event(self._tool_run(part, candidate, index)))
                if "codeExecutionResult" in part and self._token_count is not None and not candidate.is_strict:
                    self._add_tool_use()
                continue
            if kind == "call":
                events += self._counted_events(
                    HOLE, [self._with_parts(part, index, more)], [1 + len(more)], "arguments"
                )
                continue
            if kind == "media":
                pieces = [
                    self._with_parts(piece, index)
                    for piece in media.streamed_parts(part, candidate.choice, self._prompt)
                ]
                events += self._candidate_template.events(pieces)
                continue
            events += self._text_events(kind, part, candidate, index, numbers)
        if events and candidate.ends_speaking:
            self._last_events[index] = events.pop()
        return events

    def _text_events(
        self, kind: str, part: dict[str, Any], candidate: Candidate, index: int, numbers: "count[int]"
    ) -> Events:
        """Return the events of a text or a thought."""
        split, per_chunk = tokens.split(part["text"], self._prompt.model), self._prompt.per_chunk
        if kind == "text" and candidate.is_short(part["text"]):
            per_chunk = Length(self._prompt.short_text)
        texts, template = joined(split, per_chunk), self._with_parts(part | {"text": HOLE}, index)
        if kind == "reasoning":
            return self._template(template, self._partial_usage).events(texts, counts=counts(texts))
        if self._prompt.top_logprobs is not None:
            groups = group_by_chunk(split, split, per_chunk)
            documents = [
                {
                    **self._with_parts({"text": "".join(group)}, index),
                    "logprobsResult": candidate.entries(group, numbers),
                }
                for group in groups
            ]
            return self._candidate_template.events(documents, counts=list(map(len, groups)))
        sizes, sources = counts(texts), self._sources(candidate)
        if not sources:
            return self._counted_events(template, texts, sizes)
        first, self._pages = template | sources | self._pages, {}
        events = self._counted_events(first, texts[:1], sizes and sizes[:1])
        if texts[1:]:
            events += self._counted_events(template | sources, texts[1:], sizes and sizes[1:])
        return events

    def _sources(self, candidate: Candidate) -> dict[str, Any]:
        """Return the empty metadata that a grounded candidate has until its last chunk.

        Recorded of Gemini 2.5 until October 2026, with the pages that it has read in the first chunk alone.
        """
        return {"groundingMetadata": {}} if candidate is self._grounded else {}

    def finish_event(self, candidate: Candidate, index: int) -> Event:
        """Return the event that ends a candidate; that of the last one has the usage."""
        last_event = self._last_events.get(index)
        ending = candidate.ending()
        if (
            candidate.is_strict and ending.get("finishMessage") == CALLS_MESSAGE
        ):  # it ends with a text (recorded in 2026)
            del ending["finishMessage"]
        if self._prompt.top_logprobs is None:
            ending.pop("avgLogprobs", None)
        if candidate is self._grounded and not self._pages:
            ending.pop(URL_METADATA, None)
        last = index == len(self._reply.choices) - 1
        used = reported_usage(self._reply, self._prompt, self._candidates) if last else self._partial_usage
        if last_event is not None:
            content = orjson.loads(last_event.data)["candidates"][0]
            if candidate.is_strict:
                content["content"]["parts"][-1] |= candidate.signature
        else:
            content = {
                "content": content_of(
                    [candidate.ending_part()] if candidate.text or candidate.calls else [], self._prompt
                )
            }
        chunk, unfinished = self._template(HOLE, used).fill([arranged(content | ending, CANDIDATE), content])
        return Event(
            chunk, last_event.token if last_event else 0, part="finish", unfinished=unfinished if last_event else b""
        )

    def _counted_events(
        self, candidate: object, values: Sequence[object], sizes: Sequence[int] | None, part: str = ""
    ) -> Events:
        """Return a token event for each value in a candidate, with the count so far if chunks have that."""
        if self._token_count is None or not values:
            return self._template(candidate, self._partial_usage).events(values, part, counts=sizes)
        thought = self._thought_tokens()
        before = self._partial_usage["totalTokenCount"] + sum(thought.values())
        used = self._partial_usage | {"candidatesTokenCount": TOKEN_COUNT, "totalTokenCount": TOTAL_COUNT}
        document = self._document(candidate, arranged(used | thought, USAGE))
        head, rest = orjson.dumps(document).split(orjson.dumps(HOLE))
        middle, rest = rest.split(orjson.dumps(TOKEN_COUNT))
        between, end = rest.split(orjson.dumps(TOTAL_COUNT))
        filled = []
        for value, size in zip(values, sizes or [1] * len(values), strict=True):
            self._token_count += size
            filled.append(
                b"%b%b%d%b%d" % (orjson.dumps(value), middle, self._token_count, between, before + self._token_count)
            )
        events = Events()
        events.add_tokens(Run(head, filled, end), part, "", sizes)
        return events

    def _with_parts(self, part: dict[str, Any], index: int, more: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """Return a candidate with one or more parts, and its index if it has one."""
        candidate = {"content": content_of([part, *more], self._prompt)}
        return candidate | {"index": index} if has_index(self._reply, self._prompt) else candidate

    def _tool_run(self, part: dict[str, Any], candidate: Candidate, index: int) -> bytes:
        """Return the chunk of a built-in tool; that of code counts the thoughts before it.

        Gemini 3 adds an empty text after the call, and has neither an index nor counts with the output.
        """
        content = self._with_parts(part, index)
        if candidate.is_strict and ("executableCode" in part or "toolCall" in part):
            content["content"]["parts"].append({"text": ""})
        if candidate.is_strict and "codeExecutionResult" in part and len(self._reply.choices) == 1:
            content.pop("index", None)
        used = self._partial_usage
        if self._token_count is not None and ("executableCode" in part or not candidate.is_strict):
            thought = self._thought_tokens()
            total = used["totalTokenCount"] + sum(thought.values())
            used = used | thought | {"totalTokenCount": total}
        return orjson.dumps(self._document(content, arranged(used, USAGE)))

    def _thought_tokens(self) -> dict[str, int]:
        """Return the count of thoughts in a chunk's usage, which come before all other content."""
        thought = self._reply.usage.reasoning_tokens if self._reply.usage else 0
        return {"thoughtsTokenCount": thought} if thought else {}

    def _add_tool_use(self) -> None:
        """Add the tokens of tools' output to the usage of later chunks, as recorded of Gemini 2.5 until 2026."""
        used = reported_usage(self._reply, self._prompt, self._candidates)
        tool_use = {name: used[name] for name in TOOL_USE_KEYS if name in used and name not in self._partial_usage}
        total = self._partial_usage["totalTokenCount"] + tool_use.get("toolUsePromptTokenCount", 0)
        self._partial_usage = self._partial_usage | tool_use | {"totalTokenCount": total}

    def _template(self, candidate: object, used: dict[str, Any]) -> Template:
        return Template(self._document(candidate, used))

    def _document(self, candidate: object, used: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": [candidate], "usageMetadata": used, **tail(self._reply, self._prompt)}
