"""Step 4: the components of a Gemini answer: parts, candidates, usage.

Shapes: `GenerateContentResponse`, `Candidate` and `Part` of google-genai's types. Fields that the API leaves out where
they would be empty (`parts`, `thoughtsTokenCount`, `safetyRatings`) are left out here.
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
from completions.wire.gemini.signatures import IMAGE_MODELS, is_strict, signature, signs_answer
from completions.wire.media_type import is_picture, type_of
from completions.wire.openai.logprobs import alternatives, logprob_or_scripted, scripted_logprob

FINISH_REASONS = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "error": "OTHER"}
"""Finish reasons other than `STOP`."""

IMAGE_FILTERED = (
    "Unable to show the generated image. The image was filtered out because it violated Google's Generative AI "
    "Prohibited Use policy. You will not be charged for blocked images. Try rephrasing the prompt."
)
"""The message for a filtered image; measured on 2026-09-02, of Gemini 3 Pro alone."""

CALLS_MESSAGE, OLD_MODELS = "Model generated function call(s).", re.compile(r"gemini-(1|2\.0)")
"""The finish message of answers with calls (112 of 113 recorded), and the models that do not have it."""

TEXT_KINDS = {"refusal": "text"}
"""The kinds of blocks that are sent as text too."""

CODE_TOOLS = ("code_execution", "code_interpreter")
"""The names by which scripts call the code execution tool, if the request offers it."""

MAX_TOKEN = 128
"""The most characters of a token; a text that must have more tokens than the limit is not tokenized."""

HARMS = ("SEXUALLY_EXPLICIT", "HATE_SPEECH", "HARASSMENT", "DANGEROUS_CONTENT")
VOCABULARY = 262_144
"""The limit for made-up token ids: the size of Gemma's vocabulary."""

Document = dict[str, Any]


def is_vertex(prompt: Prompt) -> bool:
    """Tell whether the request is for Vertex AI, whose address has a project and whose answers differ slightly."""
    return "vertex" in prompt.address


def has_index(reply: Reply, prompt: Prompt) -> bool:
    """Tell whether candidates have an index: a single one has none at Vertex AI and of models before 2.5."""
    return len(reply.choices) > 1 or not (is_vertex(prompt) or OLD_MODELS.match(prompt.model or ""))


def response_id(reply: Reply) -> str:
    """Return the answer's id: 23 characters, as nearly all of the API's (441 of 471 recorded), or the script's own."""
    return reply.id or ids.spelled(f"response/{reply.serial}", 23, ids.BASE64)


def call_id(seed: str, at: int = 0) -> str:
    """Return the id of a call, which is the next number after that of the call before it (since September 2026)."""
    first = int(ids.spelled(seed, 6, ids.DIGITS)) % 899_000
    return f"call_{100_000 + first + at}"


def usage(used: Usage) -> Document:
    """Return the usage; reasoning is not among the candidates' tokens here, but it is in the total."""
    document: Document = {
        "promptTokenCount": used.prompt_tokens,
        "candidatesTokenCount": max(used.completion_tokens - used.reasoning_tokens, 0),
        "totalTokenCount": used.total_tokens,
        "promptTokensDetails": _modalities(used),
    }
    if used.cached_tokens:
        document["cachedContentTokenCount"] = used.cached_tokens
        document["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": used.cached_tokens}]
    if used.reasoning_tokens:
        document["thoughtsTokenCount"] = used.reasoning_tokens
    return document


def counts_in_chunks(prompt: Prompt) -> bool:
    """Tell whether the chunks of a stream have the usage so far: Gemini's do from 2.5 on, Vertex's do not."""
    return not is_vertex(prompt) and not OLD_MODELS.match(prompt.model or "")


def usage_so_far(used: Usage) -> Document:
    """Return the usage of a chunk that is not the last one: the prompt's."""
    tokens_read = used.prompt_tokens
    return {"promptTokenCount": tokens_read, "totalTokenCount": tokens_read, "promptTokensDetails": _modalities(used)}


def _modalities(used: Usage) -> list[Document]:
    """Return the prompt's tokens by modality; modalities without tokens are left out, except text."""
    media_tokens = {"IMAGE": used.image_tokens, "AUDIO": used.audio_tokens, "DOCUMENT": used.document_tokens}
    counts = {"TEXT": max(used.prompt_tokens - sum(media_tokens.values()), 0)} | {
        kind: count for kind, count in media_tokens.items() if count
    }
    return [{"modality": kind, "tokenCount": count} for kind, count in counts.items()]


class Candidate:
    """One candidate, in the pieces that a whole answer and a stream have in common."""

    def __init__(self, reply: Reply, prompt: Prompt, index: int) -> None:
        self._reply, self._prompt, self._index = reply, prompt, index
        self.choice: Choice = reply.choices[index]
        self._config = inner(prompt.body, "generationConfig")
        includes_thoughts = pick(inner(self._config, "thinkingConfig"), "includeThoughts") is True
        self.thoughts = (self.choice.reasoning or "") if includes_thoughts else ""
        code_tools = CODE_TOOLS if executes_code(prompt) else ()
        calls = [call for call in self.choice.tool_calls if call.name not in code_tools]
        self.calls = [call for call in calls if arguments_of(call) is not None]
        self._malformed = [call for call in calls if arguments_of(call) is None]
        self.media_parts = media.parts(self.choice, prompt, str(index)) if prompt.modalities != ("text",) else []
        self.found = grounding.search(prompt) if "documents" in prompt.recalled and not self.calls else []
        self._built_in_parts = (
            [] if self.choice.tool_calls or not prompt.body.get("tools") else list(self._built_in_tools())
        )
        self.text = "".join(part["text"] for kind, part in self.blocks() if kind == "text")

    @property
    def is_strict(self) -> bool:
        """Whether the model signs every call, and ends a stream of calls with an empty text."""
        return is_strict(self._prompt.model)

    @property
    def signature(self) -> Document:
        """The signature of the thought, for the part after it; empty if the model signs nothing."""
        if not signs_answer(self._prompt.model, calls=bool(self.calls), thought=bool(self.choice.reasoning)):
            return {}
        return {"thoughtSignature": signature(f"thought/{self._reply.serial}/{self._index}")}

    def _built_in_tools(self) -> Iterator[Document]:
        """Yield the parts of the built-in tools; Gemini 3 gives each an id and a signature."""
        for at, pair in enumerate(hosted.calls(self._prompt, self.found)):
            seed = f"run/{self._reply.serial}/{self._index}/{at}"
            for place, part in enumerate(pair):
                key, fields = next(iter(part.items()))
                with_id = {key: {**fields, "id": call_id(seed)}} if self.is_strict else part
                is_signed = self.is_strict and key != "codeExecutionResult"
                yield with_id | ({"thoughtSignature": signature(f"{seed}/{place}")} if is_signed else {})

    def blocks(self) -> Iterator[tuple[str, Document]]:
        """Yield the parts in their order, each with its kind; calls are not cut into fragments here.

        The parts of built-in tools (`run`) come before the first text.
        """
        calls, ran = count(), iter(self._built_in_parts)
        for kind, run in groupby(self.choice.content, key=lambda block: TEXT_KINDS.get(block.kind, str(block.kind))):
            group = list(run)
            if kind == "call":
                for call in (block.call for block in group if block.call):
                    yield from ((kind, part) for part in self._call_parts(call, calls))
            elif content := "".join(block.text for block in group):
                if kind == "text":
                    yield from (("run", part) for part in ran)
                if kind == "text" and media.TEXT in self._prompt.modalities:
                    yield kind, {"text": _unquoted_enum(content, self._config)}
                elif kind == "text":
                    continue  # it becomes an image or speech
                elif self.thoughts:
                    yield kind, {"text": content, "thought": True}
        for at, part in enumerate(self.media_parts):
            is_signed = IMAGE_MODELS.match(self._prompt.model or "") and "inlineData" in part
            seed = f"media/{self._reply.serial}/{self._index}/{at}"
            yield "media", part | ({"thoughtSignature": signature(seed)} if is_signed else {})

    def _call_parts(self, call: ToolCall, calls: "count[int]") -> list[Document]:
        if call.name in CODE_TOOLS and executes_code(self._prompt):
            return _code_parts(call)
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
        """Whether a stream's last text or call comes in its final chunk, as with all models but the strict ones.

        Every recorded stream of Gemini 2 has it so; Gemini 3 ends with an empty part, except after a single short text.
        """
        last = next(reversed([*self.blocks()]), ("", {}))
        if self.is_strict:
            return last[0] == "text" and self.is_short(last[1]["text"]) and last[1]["text"] == self.text
        return last[0] == "text" or "functionCall" in last[1]

    def is_short(self, content: str) -> bool:
        """Tell whether a stream has a text in one chunk."""
        limit = 0 if self._prompt.top_logprobs is not None else self._prompt.short_text
        return len(content) <= MAX_TOKEN * limit and len(tokens.split(content, self._prompt.model)) <= limit

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
        """Return the fields of a candidate other than its content, which a stream has at its end."""
        document: Document = {"finishReason": self._finish_reason()}
        vertex = is_vertex(self._prompt)
        if has_index(self._reply, self._prompt):
            document["index"] = self._index
        if document["finishReason"] == "MALFORMED_FUNCTION_CALL":
            call = self._malformed[0]
            document["finishMessage"] = f"Malformed function call: {call.name}({call.arguments})"
        if (
            self.calls
            and not vertex
            and document["finishReason"] == "STOP"
            and not OLD_MODELS.match(self._prompt.model or "")
        ):
            document["finishMessage"] = CALLS_MESSAGE
        if document["finishReason"] == "IMAGE_SAFETY":
            document["finishMessage"] = IMAGE_FILTERED
        rated = OLD_MODELS.match(self._prompt.model or "") and pick(self._prompt.body, "safetySettings")
        if rated or document["finishReason"] == "SAFETY":  # later models have no others (recorded in August 2026)
            document["safetyRatings"] = _ratings(document["finishReason"] == "SAFETY")
        if citations := [found for note in self.choice.annotations if (found := _citation(note))]:
            document["citationMetadata"] = {"citationSources": citations}
        document |= hosted.metadata(self.choice, self._prompt, self.text) | grounding.metadata(self.found, self.text)
        if self._has_average_chance(vertex):
            spoken = self.pieces() or [call.arguments for call in self.calls]
            chances = [
                logprob_or_scripted(piece, scripted_logprob(self.choice.logprobs, at))
                for at, piece in enumerate(spoken)
            ]
            document["avgLogprobs"] = sum(chances) / max(len(chances), 1)
        return document

    def _has_average_chance(self, vertex: bool) -> bool:
        """Tell whether the candidate has `avgLogprobs`: if requested; at Vertex AI always before Gemini 3.

        The Gemini API has it for models before 2.5.
        """
        if self._prompt.top_logprobs is not None:
            return bool(self.text)
        has_average = not self.is_strict if vertex else OLD_MODELS.match(self._prompt.model or "") is not None
        return has_average and bool(self.text or self.calls)

    def _finish_reason(self) -> str:
        reason = FINISH_REASONS.get(self.choice.finish_reason or "", "STOP")
        if (
            self._prompt.modalities == (media.IMAGE,)
            and not self.media_parts
            and not self.calls
            and reason != "MAX_TOKENS"
        ):
            return "IMAGE_SAFETY" if reason == "SAFETY" and "pro" in (self._prompt.model or "") else "NO_IMAGE"
        return "MALFORMED_FUNCTION_CALL" if self._malformed and reason == "STOP" else reason

    def pieces(self) -> list[str]:
        """Return the texts' tokens."""
        texts = [part["text"] for kind, part in self.blocks() if kind == "text"]
        return [piece for text in texts for piece in tokens.split(text, self._prompt.model)]

    def logprobs(self) -> Document:
        """Return the log probabilities of the text's tokens, if they are requested."""
        if self._prompt.top_logprobs is None or not self.text:
            return {}
        return {"logprobsResult": self.entries(self.pieces(), count())}

    def entries(self, pieces: Iterable[str], places: Iterator[int]) -> Document:
        """Return the log probabilities of some tokens, whose places come from `places`."""
        return _merged([self._entry(next(places), piece) for piece in pieces])

    def _entry(self, at: int, piece: str) -> Document:
        """Return the log probabilities of one token."""
        chance, count = (
            logprob_or_scripted(piece, scripted_logprob(self.choice.logprobs, at)),
            self._prompt.top_logprobs or 0,
        )
        entry: Document = {"chosenCandidates": [_token(piece, chance)]}
        if count:
            tops = alternatives(piece, count, chance)
            entry["topCandidates"] = [{"candidates": [_token(*pair) for pair in tops]}]
        return entry


def executes_code(prompt: Prompt) -> bool:
    """Tell whether the request offers code execution."""
    return any(pick(tool, "codeExecution") is not None for tool in dicts(prompt.body.get("tools")))


def _code_parts(call: ToolCall) -> list[Document]:
    """Return the parts of executed code: the code, its output, and its pictures."""
    arguments = arguments_of(call) or {}
    output = orjson.loads(call.result) if call.result else ""
    pictures = [media.inline(type_of(name), data) for name, data in call.files if is_picture(name)]
    return [*hosted.code_parts(text(arguments.get("code")), as_text(output)), *pictures]


def _merged(entries: Sequence[Mapping[str, Any]]) -> Document:
    keys = entries[0].keys() if entries else ()
    return {key: [item for entry in entries for item in entry[key]] for key in keys}


def _token(piece: str, chance: float) -> Document:
    return {"token": piece, "tokenId": zlib.crc32(piece.encode()) % VOCABULARY, "logProbability": chance}


def _unquoted_enum(content: str, config: Mapping[str, Any]) -> str:
    """Return the text; for a requested enum, the value without the quotes of JSON."""
    if pick(config, "responseMimeType") != "text/x.enum" or not content.startswith('"'):
        return content
    try:
        return text(orjson.loads(content)) or content
    except orjson.JSONDecodeError:
        return content


def _ratings(blocked: bool) -> list[Document]:
    ratings: list[Document] = [{"category": f"HARM_CATEGORY_{harm}", "probability": "NEGLIGIBLE"} for harm in HARMS]
    if blocked:
        ratings[-1] |= {"probability": "HIGH", "blocked": True}
    return ratings


def _citation(annotation: Mapping[str, object]) -> Document | None:
    blocks_with_annotations = mapping(annotation.get("url_citation"))
    if not blocks_with_annotations:
        return None
    source = {
        "startIndex": blocks_with_annotations.get("start_index"),
        "endIndex": blocks_with_annotations.get("end_index"),
        "uri": blocks_with_annotations.get("url"),
    }
    return without_nulls(source)
