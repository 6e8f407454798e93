"""Step 4: what a Gemini answer is made of: parts, candidates, usage.

Shapes: `GenerateContentResponse`, `Candidate` and `Part` of google-genai's types. What the API leaves out where there
is nothing to say (`parts`, `thoughtsTokenCount`, `safetyRatings`) is left out here.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply, ToolCall, Usage
from completions.tokens import text as tokens
from completions.wire.content import arguments_of
from completions.wire.fields import as_text, dicts, mapping, text, without_nulls
from completions.wire.gemini import grounding, hosted, media
from completions.wire.gemini.fields import inner, pick
from completions.wire.gemini.signatures import DRAWS, is_strict, signature, signs
from completions.wire.media_type import is_picture, type_of
from completions.wire.openai.logprobs import alternatives, chance_of, given

FINISH_REASONS = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "error": "OTHER"}
"""Finish reasons other than `STOP`."""

FILTERED = (
    "Unable to show the generated image. The image was filtered out because it violated Google's Generative AI "
    "Prohibited Use policy. You will not be charged for blocked images. Try rephrasing the prompt."
)
"""What is said of a picture that is held back; measured on 2026-09-02, of Gemini 3 Pro alone."""

CALLED, OLD = "Model generated function call(s).", re.compile(r"gemini-(1|2\.0)")
"""What the Gemini API says beside calls (of 113 recorded, 112), and the models of which it does not."""

TEXTS = {"refusal": "text"}
"""What is said as a text too."""

EXECUTED = ("code_execution", "code_interpreter")
"""By which names a script calls the tool that runs code, where the request offers it."""

MAX_TOKEN = 128
"""Characters that a token has at most; a longer text is not counted."""

HARMS = ("SEXUALLY_EXPLICIT", "HATE_SPEECH", "HARASSMENT", "DANGEROUS_CONTENT")
VOCABULARY = 262_144
"""The limit for made-up token ids: the size of Gemma's vocabulary."""

Document = dict[str, Any]


def is_vertex(prompt: Prompt) -> bool:
    """Tell whether the request is for Vertex AI, whose address has a project and whose answers differ slightly."""
    return "vertex" in prompt.address


def has_index(reply: Reply, prompt: Prompt) -> bool:
    """Tell whether candidates have an index: of a single one neither Vertex AI nor models before 2.5 tell it."""
    return len(reply.choices) > 1 or not (is_vertex(prompt) or OLD.match(prompt.model or ""))


def response_id(reply: Reply) -> str:
    """Return the answer's id: 23 characters, as nearly all of the API's (441 of 471 recorded), or the script's own."""
    return reply.id or ids.spelled(f"response/{reply.serial}", 23, ids.BASE64)


def call_id(seed: str, at: int = 0) -> str:
    """Return the id of a call, which is the next number after that of the call before it (since September 2026)."""
    first = int(ids.spelled(seed, 6, ids.DIGITS)) % 899_000
    return f"call_{100_000 + first + at}"


def usage(counted: Usage) -> Document:
    """Return the usage; reasoning is not among the candidates' tokens here, but it is in the total."""
    document: Document = {
        "promptTokenCount": counted.prompt_tokens,
        "candidatesTokenCount": max(counted.completion_tokens - counted.reasoning_tokens, 0),
        "totalTokenCount": counted.total_tokens,
        "promptTokensDetails": _modalities(counted),
    }
    if counted.cached_tokens:
        document["cachedContentTokenCount"] = counted.cached_tokens
        document["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": counted.cached_tokens}]
    if counted.reasoning_tokens:
        document["thoughtsTokenCount"] = counted.reasoning_tokens
    return document


def counts_in_chunks(prompt: Prompt) -> bool:
    """Tell whether the chunks of a stream count what has been said so far: Gemini's do from 2.5 on, Vertex's do not."""
    return not is_vertex(prompt) and not OLD.match(prompt.model or "")


def usage_so_far(counted: Usage) -> Document:
    """Return the usage of a chunk that is not the last one: the prompt's."""
    count = counted.prompt_tokens
    return {"promptTokenCount": count, "totalTokenCount": count, "promptTokensDetails": _modalities(counted)}


def _modalities(counted: Usage) -> list[Document]:
    """Return what the prompt's tokens are of; what there is none of is left out, but for the text."""
    others = {"IMAGE": counted.image_tokens, "AUDIO": counted.audio_tokens, "DOCUMENT": counted.document_tokens}
    counts = {"TEXT": max(counted.prompt_tokens - sum(others.values()), 0)} | {
        kind: count for kind, count in others.items() if count
    }
    return [{"modality": kind, "tokenCount": count} for kind, count in counts.items()]


class Said:
    """What one candidate says, in the pieces that a whole answer and a stream have in common."""

    def __init__(self, reply: Reply, prompt: Prompt, index: int) -> None:
        self._reply, self._prompt, self._index = reply, prompt, index
        self.choice: Choice = reply.choices[index]
        self._config = inner(prompt.body, "generationConfig")
        shown = pick(inner(self._config, "thinkingConfig"), "includeThoughts") is True
        self.thoughts = (self.choice.reasoning or "") if shown else ""
        runs = EXECUTED if executes_code(prompt) else ()
        calls = [call for call in self.choice.tool_calls if call.name not in runs]
        self.calls = [call for call in calls if arguments_of(call) is not None]
        self._malformed = [call for call in calls if arguments_of(call) is None]
        self.made = media.parts(self.choice, prompt, str(index)) if prompt.modalities != ("text",) else []
        self.found = grounding.search(prompt) if "documents" in prompt.recalled and not self.calls else []
        self._ran = [] if self.choice.tool_calls or not prompt.body.get("tools") else list(self._run())
        self.text = "".join(part["text"] for kind, part in self.blocks() if kind == "text")

    @property
    def is_strict(self) -> bool:
        """Whether it is one of the models that sign every call, and end a stream of calls with an empty text."""
        return is_strict(self._prompt.model)

    @property
    def signature(self) -> Document:
        """The signature of what was thought, on the part that it precedes; empty where the model signs nothing."""
        if not signs(self._prompt.model, calls=bool(self.calls), thought=bool(self.choice.reasoning)):
            return {}
        return {"thoughtSignature": signature(f"thought/{self._reply.serial}/{self._index}")}

    def _run(self) -> Iterator[Document]:
        """Go through the parts of the tools that the API has run by itself; Gemini 3 names and signs each."""
        for at, pair in enumerate(hosted.calls(self._prompt, self.found)):
            seed = f"run/{self._reply.serial}/{self._index}/{at}"
            for place, part in enumerate(pair):
                key, told = next(iter(part.items()))
                named = {key: {**told, "id": call_id(seed)}} if self.is_strict else part
                signed = self.is_strict and key != "codeExecutionResult"
                yield named | ({"thoughtSignature": signature(f"{seed}/{place}")} if signed else {})

    def blocks(self) -> Iterator[tuple[str, Document]]:
        """Go through the parts in their order, each with its kind; a call is not cut into fragments here.

        What the API runs by itself (`run`) comes before the first text.
        """
        calls, ran = count(), iter(self._ran)
        for kind, run in groupby(self.choice.content, key=lambda block: TEXTS.get(block.kind, str(block.kind))):
            said = list(run)
            if kind == "call":
                for call in (block.call for block in said if block.call):
                    yield from ((kind, part) for part in self._called(call, calls))
            elif found := "".join(block.text for block in said):
                if kind == "text":
                    yield from (("run", part) for part in ran)
                if kind == "text" and media.TEXT in self._prompt.modalities:
                    yield kind, {"text": _of_enum(found, self._config)}
                elif kind == "text":
                    continue  # it is drawn, or said aloud
                elif self.thoughts:
                    yield kind, {"text": found, "thought": True}
        for at, part in enumerate(self.made):
            signed = DRAWS.match(self._prompt.model or "") and "inlineData" in part
            seed = f"media/{self._reply.serial}/{self._index}/{at}"
            yield "media", part | ({"thoughtSignature": signature(seed)} if signed else {})

    def _called(self, call: ToolCall, calls: "count[int]") -> list[Document]:
        if call.name in EXECUTED and executes_code(self._prompt):
            return _executed(call)
        arguments = arguments_of(call)
        if arguments is None:
            return []
        at = next(calls)
        part: Document = {"functionCall": {"name": call.name, "args": arguments}}
        if self.is_strict or call.id:  # earlier models give their calls no ids
            part["functionCall"]["id"] = call.id or call_id(f"call/{self._reply.serial}/{self._index}", at)
        return [part | self.signature if at == 0 else part]

    @property
    def ends_speaking(self) -> bool:
        """Whether a stream's last text or call comes in the chunk that ends it: of all models but the strict ones.

        So it is in every recorded stream of Gemini 2; Gemini 3 ends with an empty part, but where a short text is all.
        """
        last = next(reversed([*self.blocks()]), ("", {}))
        if self.is_strict:
            return last[0] == "text" and self.is_short(last[1]["text"]) and last[1]["text"] == self.text
        return last[0] == "text" or "functionCall" in last[1]

    def is_short(self, said: str) -> bool:
        """Tell whether a stream says a text in one chunk."""
        most = 0 if self._prompt.top_logprobs is not None else self._prompt.short_text
        return len(said) <= MAX_TOKEN * most and len(tokens.split(said, self._prompt.model)) <= most

    def ending_part(self) -> Document:
        """Return the empty part that ends a stream."""
        return {"text": ""} | (self.signature if self.text and not self.calls else {})

    def parts(self) -> list[Document]:
        """Return all parts; where there is no call, the last text is signed."""
        kinds = [*self.blocks()]
        last = max((at for at, (kind, _) in enumerate(kinds) if kind == "text"), default=-1)
        signed = {} if self.calls else self.signature
        return [part | signed if at == last else part for at, (_, part) in enumerate(kinds)]

    def ending(self) -> Document:
        """Return what a candidate has beside its content, at its end."""
        document: Document = {"finishReason": self._finish_reason()}
        vertex = is_vertex(self._prompt)
        if has_index(self._reply, self._prompt):
            document["index"] = self._index
        if document["finishReason"] == "MALFORMED_FUNCTION_CALL":
            call = self._malformed[0]
            document["finishMessage"] = f"Malformed function call: {call.name}({call.arguments})"
        if self.calls and not vertex and document["finishReason"] == "STOP" and not OLD.match(self._prompt.model or ""):
            document["finishMessage"] = CALLED
        if document["finishReason"] == "IMAGE_SAFETY":
            document["finishMessage"] = FILTERED
        rated = OLD.match(self._prompt.model or "") and pick(self._prompt.body, "safetySettings")
        if rated or document["finishReason"] == "SAFETY":  # later models tell no others (recorded in August 2026)
            document["safetyRatings"] = _ratings(document["finishReason"] == "SAFETY")
        if citations := [found for note in self.choice.annotations if (found := _citation(note))]:
            document["citationMetadata"] = {"citationSources": citations}
        document |= hosted.metadata(self.choice, self._prompt, self.text) | grounding.metadata(self.found, self.text)
        if self._tells_chances(vertex):
            said = self.pieces() or [call.arguments for call in self.calls]
            chances = [chance_of(piece, given(self.choice.logprobs, at)) for at, piece in enumerate(said)]
            document["avgLogprobs"] = sum(chances) / max(len(chances), 1)
        return document

    def _tells_chances(self, vertex: bool) -> bool:
        """Tell whether the average is told: where it is asked for; of calls too by Vertex AI before Gemini 3.

        Google's other address tells it of models before 2.5.
        """
        if self._prompt.top_logprobs is not None:
            return bool(self.text)
        tells = not self.is_strict if vertex else OLD.match(self._prompt.model or "") is not None
        return tells and bool(self.text or self.calls)

    def _finish_reason(self) -> str:
        reason = FINISH_REASONS.get(self.choice.finish_reason or "", "STOP")
        if self._prompt.modalities == (media.IMAGE,) and not self.made and not self.calls and reason != "MAX_TOKENS":
            return "IMAGE_SAFETY" if reason == "SAFETY" and "pro" in (self._prompt.model or "") else "NO_IMAGE"
        return "MALFORMED_FUNCTION_CALL" if self._malformed and reason == "STOP" else reason

    def pieces(self) -> list[str]:
        """Return the texts' tokens."""
        texts = [part["text"] for kind, part in self.blocks() if kind == "text"]
        return [piece for text in texts for piece in tokens.split(text, self._prompt.model)]

    def logprobs(self) -> Document:
        """Return the log probabilities of the text's tokens, if they are asked for."""
        if self._prompt.top_logprobs is None or not self.text:
            return {}
        return {"logprobsResult": self.entries(self.pieces(), count())}

    def entries(self, pieces: Iterable[str], places: Iterator[int]) -> Document:
        """Return the log probabilities of some tokens, whose places come from `places`."""
        return _joined([self._entry(next(places), piece) for piece in pieces])

    def _entry(self, at: int, piece: str) -> Document:
        """Return the log probabilities of one token."""
        chance, count = chance_of(piece, given(self.choice.logprobs, at)), self._prompt.top_logprobs or 0
        entry: Document = {"chosenCandidates": [_token(piece, chance)]}
        if count:
            tops = alternatives(piece, count, chance)
            entry["topCandidates"] = [{"candidates": [_token(*pair) for pair in tops]}]
        return entry


def executes_code(prompt: Prompt) -> bool:
    """Tell whether the model may run code itself."""
    return any(pick(tool, "codeExecution") is not None for tool in dicts(prompt.body.get("tools")))


def _executed(call: ToolCall) -> list[Document]:
    """Return the parts of code that was run: the code, and what it printed."""
    given = arguments_of(call) or {}
    found = orjson.loads(call.result) if call.result else ""
    pictures = [media.inline(type_of(name), data) for name, data in call.files if is_picture(name)]
    return [*hosted.executed(text(given.get("code")), as_text(found)), *pictures]


def _joined(entries: Sequence[Mapping[str, Any]]) -> Document:
    keys = entries[0].keys() if entries else ()
    return {key: [item for entry in entries for item in entry[key]] for key in keys}


def _token(piece: str, chance: float) -> Document:
    return {"token": piece, "tokenId": zlib.crc32(piece.encode()) % VOCABULARY, "logProbability": chance}


def _of_enum(said: str, config: Mapping[str, Any]) -> str:
    """Return the text; of an enum, which is asked for by a schema but answered as it stands, without the quotes."""
    if pick(config, "responseMimeType") != "text/x.enum" or not said.startswith('"'):
        return said
    try:
        return text(orjson.loads(said)) or said
    except orjson.JSONDecodeError:
        return said


def _ratings(blocked: bool) -> list[Document]:
    ratings: list[Document] = [{"category": f"HARM_CATEGORY_{harm}", "probability": "NEGLIGIBLE"} for harm in HARMS]
    if blocked:
        ratings[-1] |= {"probability": "HIGH", "blocked": True}
    return ratings


def _citation(annotation: Mapping[str, object]) -> Document | None:
    cited = mapping(annotation.get("url_citation"))
    if not cited:
        return None
    found = {"startIndex": cited.get("start_index"), "endIndex": cited.get("end_index"), "uri": cited.get("url")}
    return without_nulls(found)
