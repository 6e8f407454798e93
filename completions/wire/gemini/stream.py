"""A stream of Gemini: its candidates in chunks, token by token, each with what stands around them."""

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
from completions.wire.framing import counts, grouped, joined, pieces, sized
from completions.wire.gemini import hosted, media
from completions.wire.gemini.answer import CALLS_MESSAGE, Candidate, counts_in_chunks, has_index, is_vertex
from completions.wire.gemini.envelope import READ, USAGE, content_of, reported_usage, tail, told_so_far

CANDIDATE = ("content", "finishReason", "index")
"""The order of the first keys of a candidate."""

PAGES = "urlContextMetadata"
"""What a candidate tells of the pages that it has read."""

SAID, TOTAL = secrets.token_hex(16), secrets.token_hex(16)
"""What stands for the counts of a chunk in what the chunks of a run have in common."""


def recorded(answer: Mapping[str, Any], prompt: Prompt) -> Iterator[Event]:
    """Go through the chunks of an answer that is given word by word: its texts token by token."""
    for candidate in answer["candidates"]:
        content = mapping(candidate.get("content"))
        parts = content.get("parts") or ()
        *before, (held, last) = [piece for part in parts for piece in _in_pieces(part, prompt)] or [(0, {})]
        for size, part in before:
            said = {"content": content_of([part], prompt), "index": candidate.get("index", 0)}
            yield Event(orjson.dumps({**answer, "candidates": [said]}), size)
        ended = {**candidate, "content": content | {"parts": [last]}} if last else candidate
        yield Event(orjson.dumps({**answer, "candidates": [ended]}), held if last else 0, part="finish")


def _in_pieces(part: dict[str, Any], prompt: Prompt) -> list[tuple[int, dict[str, Any]]]:
    """Return a part, or a text's pieces, each with its number of tokens.

    What a text's part has beside comes with the last piece, but that it is thought.
    """
    if not isinstance(said := part.get("text"), str) or not said:
        return [(1, part)]
    thought = {key: part[key] for key in ("thought",) if key in part}
    told = [(size, {"text": piece, **thought}) for piece, size in sized(pieces(said, prompt))]
    size, last = told.pop()
    return [*told, (size, {**part, **last})]


def _in_chunks(said: Candidate) -> Iterator[tuple[Any, ...]]:
    """Go through the kinds and the parts of what is said; all calls of a turn are in one chunk, but Gemini 3's.

    Parallel calls of Gemini 2.5 were recorded so at both addresses, last in September 2026.
    """
    for kind, run in groupby(said.blocks(), key=itemgetter(0)):
        parts = [part for _, part in run]
        if kind == "call" and not said.is_strict:
            yield (kind, *parts)
        else:
            yield from ((kind, part) for part in parts)


class Chunks:
    """Writes the chunks of one stream."""

    def __init__(self, reply: Reply, prompt: Prompt, saids: Sequence[Candidate]) -> None:
        self._reply, self._prompt, self._saids = reply, prompt, saids
        self._began = told_so_far(reply, prompt)
        self._any = self._template(HOLE, self._began)
        self._said = 0 if len(reply.choices) == 1 and counts_in_chunks(prompt) else None
        self._held: dict[int, Event] = {}
        self._finds, self._pages = self._found()

    def _found(self) -> tuple[Candidate | None, dict[str, Any]]:
        """Return the one candidate whose chunks tell of sources on the web as they go, and what it tells of pages."""
        said = self._saids[0] if self._said is not None and self._saids else None
        if said is None or said.is_strict or not said.text or is_vertex(self._prompt):
            return None, {}
        told = hosted.metadata(said.choice, self._prompt, said.text)
        return said if told else None, {name: told[name] for name in (PAGES,) if name in told}

    def says(self, said: Candidate, index: int) -> Events:
        """Return the content of a candidate, reasoning and text by tokens, each call at once, but not its end."""
        events = Events()
        numbers = count()
        if self._sources(said):
            self._read()
        for kind, part, *more in _in_chunks(said):
            if kind == "run":
                events.append(Event(self._tool_run(part, said, index)))
                if "codeExecutionResult" in part and self._said is not None and not said.is_strict:
                    self._read()
                continue
            if kind == "call":
                events += self._grown(HOLE, [self._spoken(part, index, more)], [1 + len(more)], "arguments")
                continue
            if kind == "media":
                pieces = [self._spoken(piece, index) for piece in media.cut(part, said.choice, self._prompt)]
                events += self._any.events(pieces)
                continue
            events += self._told(kind, part, said, index, numbers)
        if events and said.ends_speaking:
            self._held[index] = events.pop()
        return events

    def _told(self, kind: str, part: dict[str, Any], said: Candidate, index: int, numbers: "count[int]") -> Events:
        """Return the chunks of a text, or of a thought that is told."""
        split, per_chunk = tokens.split(part["text"], self._prompt.model), self._prompt.per_chunk
        if kind == "text" and said.is_short(part["text"]):
            per_chunk = Length(self._prompt.short_text)
        texts, spoken = joined(split, per_chunk), self._spoken(part | {"text": HOLE}, index)
        if kind == "reasoning":
            return self._template(spoken, self._began).events(texts, counts=counts(texts))
        if self._prompt.top_logprobs is not None:
            groups = grouped(split, split, per_chunk)
            documents = [
                {**self._spoken({"text": "".join(group)}, index), "logprobsResult": said.entries(group, numbers)}
                for group in groups
            ]
            return self._any.events(documents, counts=list(map(len, groups)))
        sizes, sources = counts(texts), self._sources(said)
        if not sources:
            return self._grown(spoken, texts, sizes)
        first, self._pages = spoken | sources | self._pages, {}
        events = self._grown(first, texts[:1], sizes and sizes[:1])
        if texts[1:]:
            events += self._grown(spoken | sources, texts[1:], sizes and sizes[1:])
        return events

    def _sources(self, said: Candidate) -> dict[str, Any]:
        """Return what stands for the sources until a candidate's last chunk, where there are any: nothing yet.

        So Gemini 2.5 was recorded until October 2026, with the pages that it has read in the first chunk alone.
        """
        return {"groundingMetadata": {}} if said is self._finds else {}

    def finish(self, said: Candidate, index: int) -> Event:
        """Return the chunk that ends a candidate; that of the last one has the usage."""
        held = self._held.get(index)
        ending = said.ending()
        if said.is_strict and ending.get("finishMessage") == CALLS_MESSAGE:  # it ends with a text (recorded in 2026)
            del ending["finishMessage"]
        if self._prompt.top_logprobs is None:
            ending.pop("avgLogprobs", None)
        if said is self._finds and not self._pages:
            ending.pop(PAGES, None)
        last = index == len(self._reply.choices) - 1
        counted = reported_usage(self._reply, self._prompt, self._saids) if last else self._began
        if held is not None:
            spoken = orjson.loads(held.data)["candidates"][0]
            if said.is_strict:
                spoken["content"]["parts"][-1] |= said.signature
        else:
            spoken = {"content": content_of([said.ending_part()] if said.text or said.calls else [], self._prompt)}
        chunk, bare = self._template(HOLE, counted).fill([arranged(spoken | ending, CANDIDATE), spoken])
        return Event(chunk, held.token if held else 0, part="finish", unfinished=bare if held else b"")

    def _grown(
        self, candidate: object, values: Sequence[object], sizes: Sequence[int] | None, part: str = ""
    ) -> Events:
        """Return a token event for each value in a candidate; where it is told, with what has been said so far."""
        if self._said is None or not values:
            return self._template(candidate, self._began).events(values, part, counts=sizes)
        thought = self._thought()
        before = self._began["totalTokenCount"] + sum(thought.values())
        told = self._began | {"candidatesTokenCount": SAID, "totalTokenCount": TOTAL}
        document = self._document(candidate, arranged(told | thought, USAGE))
        head, rest = orjson.dumps(document).split(orjson.dumps(HOLE))
        middle, rest = rest.split(orjson.dumps(SAID))
        between, end = rest.split(orjson.dumps(TOTAL))
        filled = []
        for value, size in zip(values, sizes or [1] * len(values), strict=True):
            self._said += size
            filled.append(b"%b%b%d%b%d" % (orjson.dumps(value), middle, self._said, between, before + self._said))
        events = Events()
        events.add_tokens(Run(head, filled, end), part, "", sizes)
        return events

    def _spoken(self, part: dict[str, Any], index: int, more: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """Return a candidate with one part, or more, and its index where it has one."""
        candidate = {"content": content_of([part, *more], self._prompt)}
        return candidate | {"index": index} if has_index(self._reply, self._prompt) else candidate

    def _tool_run(self, part: dict[str, Any], said: Candidate, index: int) -> bytes:
        """Return the chunk of a tool that has run, whose code counts what was thought before it.

        Gemini 3 puts an empty text beside the call, and tells neither index nor counts with what was printed.
        """
        spoken = self._spoken(part, index)
        if said.is_strict and ("executableCode" in part or "toolCall" in part):
            spoken["content"]["parts"].append({"text": ""})
        if said.is_strict and "codeExecutionResult" in part and len(self._reply.choices) == 1:
            spoken.pop("index", None)
        counted = self._began
        if self._said is not None and ("executableCode" in part or not said.is_strict):
            thought = self._thought()
            total = counted["totalTokenCount"] + sum(thought.values())
            counted = counted | thought | {"totalTokenCount": total}
        return orjson.dumps(self._document(spoken, arranged(counted, USAGE)))

    def _thought(self) -> dict[str, int]:
        """Return what a chunk's usage tells of the thoughts, which come before all that is said."""
        thought = self._reply.usage.reasoning_tokens if self._reply.usage else 0
        return {"thoughtsTokenCount": thought} if thought else {}

    def _read(self) -> None:
        """Have the chunks from now on tell what a tool gave to read, as Gemini 2.5 was recorded to until 2026."""
        whole = reported_usage(self._reply, self._prompt, self._saids)
        read = {name: whole[name] for name in READ if name in whole and name not in self._began}
        total = self._began["totalTokenCount"] + read.get("toolUsePromptTokenCount", 0)
        self._began = self._began | read | {"totalTokenCount": total}

    def _template(self, candidate: object, counted: dict[str, Any]) -> Template:
        return Template(self._document(candidate, counted))

    def _document(self, candidate: object, counted: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": [candidate], "usageMetadata": counted, **tail(self._reply, self._prompt)}
