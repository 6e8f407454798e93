"""Models that continue a text, at `/model/{id}/invoke`: Titan, Llama, Mistral, Cohere's Command, each in its own shape.

Shapes: AWS's guide to the parameters of each model, and recordings of 2025; Command's and Mistral's streams are the
guide's alone.
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
from completions.wire.framing import pieces, sized
from completions.wire.readback import Answer
from completions.wire.shapes import Shape

JSON = dict[str, Any]
ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system"}


class Said(NamedTuple):
    """What is told: all of the text, or a piece of it, and why it ends (None: it goes on).

    `so_far` is how many tokens have been said with this piece, 0 at the end.
    """

    text: str
    ends: str | None
    prompt: Prompt
    reply: Reply
    so_far: int = 0


class Family(NamedTuple):
    """A vendor's models: where a request has its text, limit and stops; how an answer ends, whole and in pieces."""

    asked: str
    limit: str
    stops: str
    ends: Mapping[str, str]
    whole: Callable[[Said], JSON]
    piece: Callable[[Said], JSON]
    settings: str = ""
    sampling: Mapping[str, Shape] = MappingProxyType({})
    strict: bool = False
    """Whether other fields are refused (quoted of Titan and Llama in 2024)."""

    def fields(self) -> Mapping[str, Shape]:
        """Return the fields of a request by type."""
        settings: Mapping[str, Shape] = {self.limit: int, self.stops: [str], **self.sampling}
        return {self.asked: str, **({self.settings: settings} if self.settings else settings)}


def _titan(said: Said) -> JSON:
    result = {"tokenCount": said.reply.used.completion_tokens, "outputText": said.text, "completionReason": said.ends}
    return {"inputTextTokenCount": said.reply.used.prompt_tokens, "results": [result]}


def _titan_piece(said: Said) -> JSON:
    told = None if said.ends is None else said.reply.used
    return {
        "outputText": said.text,
        "index": 0,
        "totalOutputTextTokenCount": told and told.completion_tokens,
        "completionReason": said.ends,
        "inputTextTokenCount": told and told.prompt_tokens,
    }


def _llama(said: Said) -> JSON:
    return {
        "generation": said.text,
        "prompt_token_count": said.reply.used.prompt_tokens,
        "generation_token_count": said.reply.used.completion_tokens,
        "stop_reason": said.ends,
    }


def _llama_piece(said: Said) -> JSON:
    first, last = said.so_far == 1, said.ends is not None
    return {
        "generation": said.text,
        "prompt_token_count": said.reply.used.prompt_tokens if first else None,
        "generation_token_count": said.reply.used.completion_tokens if last else said.so_far,
        "stop_reason": said.ends,
    }


def _mistral(said: Said) -> JSON:
    return {"outputs": [{"text": said.text, "stop_reason": said.ends}]}


def _command(said: Said) -> JSON:
    first, second = (ids.uuid_of(f"{said.reply.serial}{place}") for place in "ab")
    generation = {"id": second, "text": said.text, "finish_reason": said.ends}
    return {"id": first, "generations": [generation], "prompt": text(said.prompt.body.get("prompt"))}


def _command_piece(said: Said) -> JSON:
    if said.ends is None:
        return {"index": 0, "is_finished": False, "text": said.text}
    return {"index": 0, "is_finished": True, "finish_reason": said.ends, "text": said.text}


def _command_r(said: Said) -> JSON:
    before = said.prompt.body.get("chat_history")
    history = [*(before if isinstance(before, list) else []), _turn("USER", text(said.prompt.body.get("message")))]
    return {
        "response_id": ids.uuid_of(f"{said.reply.serial}a"),
        "text": said.text,
        "generation_id": ids.uuid_of(f"{said.reply.serial}b"),
        "chat_history": [*history, _turn("CHATBOT", said.text)],
        "finish_reason": said.ends,
    }


def _turn(role: str, message: str) -> JSON:
    return {"role": role, "message": message}


def _command_r_piece(said: Said) -> JSON:
    if said.ends is None:
        return {"is_finished": False, "event_type": "text-generation", "text": said.text}
    spoken = _text(said.reply)
    asked, written = said.reply.used.prompt_tokens, said.reply.used.completion_tokens
    counts = {"input_tokens": asked, "output_tokens": written}
    meta = {"api_version": {"version": "1"}, "billed_units": counts, "tokens": counts}
    response = _command_r(said._replace(text=spoken)) | {"meta": meta}
    return {"is_finished": True, "event_type": "stream-end", "response": response, "finish_reason": said.ends}


COHERE = {"stop": "COMPLETE", "length": "MAX_TOKENS", "stopped": "STOP_SEQUENCE", "content_filter": "ERROR_TOXIC"}
TITAN = {"stop": "FINISH", "length": "LENGTH", "stopped": "STOP_CRITERIA_MET", "content_filter": "CONTENT_FILTERED"}
PLAIN = {"stop": "stop", "length": "length"}
SAMPLED: Mapping[str, Shape] = {"temperature": float, "top_p": float}
COMMAND: Mapping[str, Shape] = {"temperature": float, "p": float, "k": float}
R: Mapping[str, Shape] = {**COMMAND, "preamble": str}
COMMAND_R = Family("message", "max_tokens", "stop_sequences", COHERE, _command_r, _command_r_piece, sampling=R)

FAMILIES: Mapping[str, Family] = {
    "amazon.titan-text": Family(
        *("inputText", "maxTokenCount", "stopSequences", TITAN, _titan, _titan_piece, "textGenerationConfig"),
        sampling={"temperature": float, "topP": float},
        strict=True,
    ),
    "meta.llama": Family(
        *("prompt", "max_gen_len", "stop", PLAIN, _llama, _llama_piece),
        sampling={**SAMPLED, "images": [str]},
        strict=True,
    ),
    "mistral.mi": Family("prompt", "max_tokens", "stop", PLAIN, _mistral, _mistral, sampling={**SAMPLED, "top_k": int}),
    "cohere.command-r": COMMAND_R,
    "cohere.command": Family(
        "prompt", "max_tokens", "stop_sequences", COHERE, _command, _command_piece, sampling=COMMAND
    ),
}
"""By how the names of the models begin, without a region; the first that fits."""

ROUTE = "|".join(name.replace(".", "[.]") for name in FAMILIES)
"""The beginnings as a regular expression."""


OF_PROFILES: Mapping[str, str] = {
    "textGenerationConfig": "amazon.titan-text",
    "max_gen_len": "meta.llama",
    "prompt": "mistral.mi",
    "message": "cohere.command-r",
}
"""The families by the fields of their requests, where a profile's ARN does not tell; the first that is there."""


def family_of(model: str | None, body: Mapping[str, Any]) -> Family:
    """Return the family of a model, or of what it is asked."""
    name = model_of(model or "")
    told = next((family for field, family in OF_PROFILES.items() if field in body), "")
    found = (family for beginning, family in FAMILIES.items() if name.startswith(beginning))
    return next(found, FAMILIES.get(told, COMMAND_R))


class TextModels(BedrockFormat):
    """A text that a model continues."""

    name = "invoke"
    arguments = ""
    vendor = "bedrock"
    usual_framing = invoke.CHUNKS

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now."""
        if validate:
            signing.check(headers)
        document, model = decode_object(body), route.get("model", "")
        family = family_of(model, document)
        if validate:
            fields = family.fields()
            check(document, fields, (family.asked,), fields if family.strict else None)
        settings = mapping(document.get(family.settings)) if family.settings else document
        return Prompt(
            format=self.name,
            model=model or None,
            messages=tuple(_messages(document, family)),
            stop=texts(settings.get(family.stops)),
            max_tokens=whole(settings.get(family.limit), 1),
            stream=route.get("method") == invoke.STREAMED,
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> JSON:
        """Return the text, why it ends, what most of these models tell of its cost, and what a guardrail did."""
        family, choice = family_of(prompt.model, prompt.body), only_choice(reply)
        told = family.whole(Said(_text(reply), _ends(choice, family), prompt, reply))
        if family.whole is _llama and _is_blocked(reply, prompt):
            told = {"generation": told["generation"]}
        return {**told, **guardrail.invoke_fields(reply, prompt)}

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer; headers tell what it cost, which is nothing where a guardrail blocked it."""
        counted = invoke.metrics(reply.used)
        if _is_blocked(reply, prompt):
            counted = {"invocationLatency": counted["invocationLatency"]}
        return invoke.with_headers(super().render(reply, prompt), counted)

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the pieces of the text as chunks, the last of them empty."""
        return invoke.chunked(_events(reply, prompt), invoke.ending(reply, prompt))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in an answer, or what is in a chunk."""
        if collect_error(document, answer):
            return
        document, voice = invoke.opened(document), answer.voice()
        results = [document, *(each for key in RESULTS for each in dicts(document.get(key)))]
        for found in results:
            for key in ("outputText", "generation", "text"):
                voice.says(found.get(key))
            for key in ("completionReason", "stop_reason", "finish_reason"):
                voice.ends(found.get(key), FINISH_REASONS)
        told = mapping(document.get(invoke.METRICS))
        asked = told.get("inputTokenCount", document.get("prompt_token_count", document.get("inputTextTokenCount")))
        said = [document.get("generation_token_count"), *(each.get("tokenCount") for each in results)]
        answer.costs(asked, told.get("outputTokenCount", next((n for n in said if isinstance(n, int)), None)))


RESULTS = ("results", "outputs", "generations")

FINISH_REASONS = {
    own: "stop" if usual == "stopped" else usual for ends in (COHERE, TITAN, PLAIN) for usual, own in ends.items()
}


def _messages(document: Mapping[str, Any], family: Family) -> Iterator[Message]:
    if preamble := text(document.get("preamble")):
        yield Message("system", preamble)
    for turn in dicts(document.get("chat_history")):
        yield Message(ROLES.get(text(turn.get("role")), "user"), text(turn.get("message")))
    yield Message("user", text(document.get(family.asked)))


def _ends(choice: Choice, family: Family) -> str:
    reason = choice.finish_reason or "stop"
    if choice.stopped_by is not None and reason == "stop" and "stopped" in family.ends:
        reason = "stopped"
    return family.ends.get(reason, family.ends["stop"])


def _is_blocked(reply: Reply, prompt: Prompt) -> bool:
    return guardrail.intervenes(reply, guardrail.of_headers(prompt))


def _text(reply: Reply) -> str:
    choice = only_choice(reply)
    return choice.text or choice.refusal or ""


def _events(reply: Reply, prompt: Prompt) -> Iterator[Event]:
    family, choice = family_of(prompt.model, prompt.body), only_choice(reply)
    so_far = 0
    for value, size in sized(pieces(_text(reply), prompt)):
        so_far += size
        yield Event(orjson.dumps(family.piece(Said(value, None, prompt, reply, so_far))), size)
    ending = family.piece(Said("", _ends(choice, family), prompt, reply))
    yield Event(orjson.dumps(ending), part="finish")
