"""Text models at `/model/{id}/invoke`: Titan, Llama, Mistral, Cohere's Command, each in its own shape.

Shapes: AWS's guide to the parameters of each model, and recordings of 2025; those of Command's and Mistral's streams
are from the guide alone.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from completions import ids
from completions.conversation import Choice, Message, Prompt, Reply
from completions.event import Body, Event
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import guardrail, invoke, signing
from completions.wire.bedrock.base import BedrockFormat, collect_error, model_of
from completions.wire.bedrock.malformed import check
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, text, texts, whole
from completions.wire.framing import pieces, with_counts
from completions.wire.readback import Answer
from completions.wire.shapes import Shape

JSON = dict[str, Any]
ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system"}


class Piece(NamedTuple):
    """The whole text of an answer, or a piece of it, with the finish reason (None: more pieces follow).

    `tokens_so_far` is the number of tokens up to the end of this piece, 0 for the last piece.
    """

    text: str
    finish_reason: str | None
    prompt: Prompt
    reply: Reply
    tokens_so_far: int = 0


class Family(NamedTuple):
    """A vendor's models: the fields of a request for the prompt, limit and stops; the shapes of answers and pieces."""

    prompt_field: str
    limit_field: str
    stops_field: str
    finish_reasons: Mapping[str, str]
    whole: Callable[[Piece], JSON]
    piece: Callable[[Piece], JSON]
    settings: str = ""
    sampling: Mapping[str, Shape] = MappingProxyType({})
    strict: bool = False
    """Whether unknown fields are refused (quoted of Titan and Llama in 2024)."""

    def fields(self) -> Mapping[str, Shape]:
        """Return the fields of a request by type."""
        settings: Mapping[str, Shape] = {self.limit_field: int, self.stops_field: [str], **self.sampling}
        return {self.prompt_field: str, **({self.settings: settings} if self.settings else settings)}


def _titan(piece: Piece) -> JSON:
    result = {
        "tokenCount": piece.reply.used.completion_tokens,
        "outputText": piece.text,
        "completionReason": piece.finish_reason,
    }
    return {"inputTextTokenCount": piece.reply.used.prompt_tokens, "results": [result]}


def _titan_piece(piece: Piece) -> JSON:
    usage = None if piece.finish_reason is None else piece.reply.used
    return {
        "outputText": piece.text,
        "index": 0,
        "totalOutputTextTokenCount": usage and usage.completion_tokens,
        "completionReason": piece.finish_reason,
        "inputTextTokenCount": usage and usage.prompt_tokens,
    }


def _llama(piece: Piece) -> JSON:
    return {
        "generation": piece.text,
        "prompt_token_count": piece.reply.used.prompt_tokens,
        "generation_token_count": piece.reply.used.completion_tokens,
        "stop_reason": piece.finish_reason,
    }


def _llama_piece(piece: Piece) -> JSON:
    first, last = piece.tokens_so_far == 1, piece.finish_reason is not None
    return {
        "generation": piece.text,
        "prompt_token_count": piece.reply.used.prompt_tokens if first else None,
        "generation_token_count": piece.reply.used.completion_tokens if last else piece.tokens_so_far,
        "stop_reason": piece.finish_reason,
    }


def _mistral(piece: Piece) -> JSON:
    return {"outputs": [{"text": piece.text, "stop_reason": piece.finish_reason}]}


def _command(piece: Piece) -> JSON:
    answer_id, generation_id = (ids.uuid_of(f"{piece.reply.serial}{letter}") for letter in "ab")
    generation = {"id": generation_id, "text": piece.text, "finish_reason": piece.finish_reason}
    return {"id": answer_id, "generations": [generation], "prompt": text(piece.prompt.body.get("prompt"))}


def _command_piece(piece: Piece) -> JSON:
    if piece.finish_reason is None:
        return {"index": 0, "is_finished": False, "text": piece.text}
    return {"index": 0, "is_finished": True, "finish_reason": piece.finish_reason, "text": piece.text}


def _command_r(piece: Piece) -> JSON:
    previous_turns = piece.prompt.body.get("chat_history")
    history = [
        *(previous_turns if isinstance(previous_turns, list) else []),
        _turn("USER", text(piece.prompt.body.get("message"))),
    ]
    return {
        "response_id": ids.uuid_of(f"{piece.reply.serial}a"),
        "text": piece.text,
        "generation_id": ids.uuid_of(f"{piece.reply.serial}b"),
        "chat_history": [*history, _turn("CHATBOT", piece.text)],
        "finish_reason": piece.finish_reason,
    }


def _turn(role: str, message: str) -> JSON:
    return {"role": role, "message": message}


def _command_r_piece(piece: Piece) -> JSON:
    if piece.finish_reason is None:
        return {"is_finished": False, "event_type": "text-generation", "text": piece.text}
    whole_text = _text(piece.reply)
    input_tokens, output_tokens = piece.reply.used.prompt_tokens, piece.reply.used.completion_tokens
    counts = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    meta = {"api_version": {"version": "1"}, "billed_units": counts, "tokens": counts}
    response = _command_r(piece._replace(text=whole_text)) | {"meta": meta}
    return {"is_finished": True, "event_type": "stream-end", "response": response, "finish_reason": piece.finish_reason}


COHERE_REASONS = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "stopped": "STOP_SEQUENCE",
    "content_filter": "ERROR_TOXIC",
}
TITAN_REASONS = {
    "stop": "FINISH",
    "length": "LENGTH",
    "stopped": "STOP_CRITERIA_MET",
    "content_filter": "CONTENT_FILTERED",
}
PLAIN_REASONS = {"stop": "stop", "length": "length"}
SAMPLING_FIELDS: Mapping[str, Shape] = {"temperature": float, "top_p": float}
COMMAND_FIELDS: Mapping[str, Shape] = {"temperature": float, "p": float, "k": float}
COMMAND_R_FIELDS: Mapping[str, Shape] = {**COMMAND_FIELDS, "preamble": str}
COMMAND_R = Family(
    "message", "max_tokens", "stop_sequences", COHERE_REASONS, _command_r, _command_r_piece, sampling=COMMAND_R_FIELDS
)

FAMILIES: Mapping[str, Family] = {
    "amazon.titan-text": Family(
        *("inputText", "maxTokenCount", "stopSequences", TITAN_REASONS, _titan, _titan_piece, "textGenerationConfig"),
        sampling={"temperature": float, "topP": float},
        strict=True,
    ),
    "meta.llama": Family(
        *("prompt", "max_gen_len", "stop", PLAIN_REASONS, _llama, _llama_piece),
        sampling={**SAMPLING_FIELDS, "images": [str]},
        strict=True,
    ),
    "mistral.mi": Family(
        "prompt", "max_tokens", "stop", PLAIN_REASONS, _mistral, _mistral, sampling={**SAMPLING_FIELDS, "top_k": int}
    ),
    "cohere.command-r": COMMAND_R,
    "cohere.command": Family(
        "prompt", "max_tokens", "stop_sequences", COHERE_REASONS, _command, _command_piece, sampling=COMMAND_FIELDS
    ),
}
"""The families by the prefix of the models' names, without a region; the first match counts."""

TEXT_MODEL_NAMES = "|".join(name.replace(".", "[.]") for name in FAMILIES)
"""The prefixes as a regular expression."""


FAMILY_BY_FIELD: Mapping[str, str] = {
    "textGenerationConfig": "amazon.titan-text",
    "max_gen_len": "meta.llama",
    "prompt": "mistral.mi",
    "message": "cohere.command-r",
}
"""The families by fields of their requests, for profiles, whose ARN does not tell; the first match counts."""


def family_of(model: str | None, body: Mapping[str, Any]) -> Family:
    """Return the family of a model, by its name or else by its request."""
    name = model_of(model or "")
    prefix = next((family for field, family in FAMILY_BY_FIELD.items() if field in body), "")
    families = (family for name_prefix, family in FAMILIES.items() if name.startswith(name_prefix))
    return next(families, FAMILIES.get(prefix, COMMAND_R))


class TextModels(BedrockFormat):
    """A completion of a text."""

    name = "invoke"
    call_arguments = ""
    vendor = "bedrock"
    default_framing = invoke.CHUNKS

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current."""
        if validate:
            signing.check(headers)
        document, model = decode_object(body), route.get("model", "")
        family = family_of(model, document)
        if validate:
            fields = family.fields()
            check(document, fields, (family.prompt_field,), fields if family.strict else None)
        settings = mapping(document.get(family.settings)) if family.settings else document
        return Prompt(
            format=self.name,
            model=model or None,
            messages=tuple(_messages(document, family)),
            stop=texts(settings.get(family.stops_field)),
            max_tokens=whole(settings.get(family.limit_field), 1),
            stream=route.get("method") == invoke.STREAM_METHOD,
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> JSON:
        """Return the text, the finish reason, the usage in the shapes that have it, and a guardrail's action."""
        family, choice = family_of(prompt.model, prompt.body), only_choice(reply)
        document = family.whole(Piece(_text(reply), _finish_reason(choice, family), prompt, reply))
        if family.whole is _llama and _is_blocked(reply, prompt):
            document = {"generation": document["generation"]}
        return {**document, **guardrail.invoke_fields(reply, prompt)}

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer; headers have the usage, unless a guardrail blocked it."""
        metrics = invoke.metrics(reply.used)
        if _is_blocked(reply, prompt):
            metrics = {"invocationLatency": metrics["invocationLatency"]}
        return invoke.with_headers(super().render(reply, prompt), metrics)

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the pieces of the text as chunks, the last one empty."""
        return invoke.chunked(_events(reply, prompt), invoke.ending(reply, prompt))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read an answer back, or the content of a chunk."""
        if collect_error(document, answer):
            return
        document, choice = invoke.decoded_chunk(document), answer.choice()
        results = [document, *(result for key in RESULTS for result in dicts(document.get(key)))]
        for result in results:
            for key in ("outputText", "generation", "text"):
                choice.add_text(result.get(key))
            for key in ("completionReason", "stop_reason", "finish_reason"):
                choice.set_finish_reason(result.get(key), FINISH_REASONS)
        metrics = mapping(document.get(invoke.METRICS))
        prompt_tokens = metrics.get(
            "inputTokenCount", document.get("prompt_token_count", document.get("inputTextTokenCount"))
        )
        token_counts = [document.get("generation_token_count"), *(result.get("tokenCount") for result in results)]
        answer.set_usage(
            prompt_tokens,
            metrics.get("outputTokenCount", next((count for count in token_counts if isinstance(count, int)), None)),
        )


RESULTS = ("results", "outputs", "generations")

FINISH_REASONS = {
    own: "stop" if usual == "stopped" else usual
    for ends in (COHERE_REASONS, TITAN_REASONS, PLAIN_REASONS)
    for usual, own in ends.items()
}


def _messages(document: Mapping[str, Any], family: Family) -> Iterator[Message]:
    if preamble := text(document.get("preamble")):
        yield Message("system", preamble)
    for turn in dicts(document.get("chat_history")):
        yield Message(ROLES.get(text(turn.get("role")), "user"), text(turn.get("message")))
    yield Message("user", text(document.get(family.prompt_field)))


def _finish_reason(choice: Choice, family: Family) -> str:
    reason = choice.finish_reason or "stop"
    if choice.stopped_by is not None and reason == "stop" and "stopped" in family.finish_reasons:
        reason = "stopped"
    return family.finish_reasons.get(reason, family.finish_reasons["stop"])


def _is_blocked(reply: Reply, prompt: Prompt) -> bool:
    return guardrail.intervenes(reply, guardrail.from_headers(prompt))


def _text(reply: Reply) -> str:
    choice = only_choice(reply)
    return choice.text or choice.refusal or ""


def _events(reply: Reply, prompt: Prompt) -> Iterator[Event]:
    family, choice = family_of(prompt.model, prompt.body), only_choice(reply)
    tokens_so_far = 0
    for value, size in with_counts(pieces(_text(reply), prompt)):
        tokens_so_far += size
        yield Event(orjson.dumps(family.piece(Piece(value, None, prompt, reply, tokens_so_far))), size)
    ending = family.piece(Piece("", _finish_reason(choice, family), prompt, reply))
    yield Event(orjson.dumps(ending), part="finish")
