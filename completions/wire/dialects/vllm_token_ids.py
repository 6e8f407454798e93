"""The ids of tokens: of a chat's messages as vLLM's prompts have them, and where a request asks for them.

Those of `return_tokens_as_token_ids` stand for the tokens of log probabilities, as in `_get_decoded_token` there.

Source: `return_token_ids` in `vllm/entrypoints/openai` of version 0.12: the prompt's ids are in an answer, or in the
first chunk of a stream, those of each choice in the choice. They are those of the mock's tokenizer, as for `/tokenize`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from completions.conversation import Message, Prompt
from completions.event import Event
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.openai.logprobs import alternatives, logprob

START, SEPARATOR, END = 200_264, 200_266, 200_265
"""Special tokens around a chat's message: ids that no text has, three for each message, as prompts are counted."""

TEXT_COMPLETION = "text_completion"


def chat_token_ids(messages: Iterable[Message], model: str | None, *, generates: bool) -> Iterator[int]:
    """Yield the ids of messages; if it `generates`, also those with which an answer begins."""
    for message in messages:
        yield from _message_start(message.role, model)
        yield from tokens.ids(message.text, model)
        yield END
    if generates:
        yield from _message_start("assistant", model)


def _message_start(role: str, model: str | None) -> list[int]:
    return [START, *tokens.ids(role, model), SEPARATOR]


def are_requested(prompt: Prompt) -> bool:
    """Tell whether a request is for the ids."""
    return prompt.body.get("return_token_ids") is True


def _prompt_ids(prompt: Prompt, kind: str) -> list[int]:
    if kind != TEXT_COMPLETION:
        return list(chat_token_ids(prompt.messages, prompt.model, generates=True))
    given = prompt.body.get("prompt")
    if isinstance(given, list) and all(isinstance(each, int) for each in given):
        return given
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, list) else list(tokens.ids(text(first), prompt.model))


def _generated_ids(choice: Mapping[str, Any], model: str | None) -> list[int]:
    """Return the ids of what a choice has, or a piece of it: thoughts, text, and the arguments of calls."""
    message = mapping(choice.get("message")) or mapping(choice.get("delta")) or choice
    calls = [text(mapping(call.get("function")).get("arguments")) for call in dicts(message.get("tool_calls"))]
    pieces = [text(message.get(key)) for key in ("reasoning", "content", "text")] + calls
    return [id_ for piece in pieces for each in tokens.split(piece, model) for id_ in tokens.ids(each, model)]


def with_ids(document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return an answer with the ids that are requested."""
    given, is_text = _prompt_ids(prompt, document["object"]), document["object"] == TEXT_COMPLETION
    own = {"prompt_token_ids": given} if is_text else {}
    choices = [choice | {"token_ids": _generated_ids(choice, prompt.model)} | own for choice in document["choices"]]
    return document | {"choices": choices} | ({} if is_text else {"prompt_token_ids": given})


def with_prompt_logprobs(document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return an answer with the log probabilities of the prompt's tokens, if they are requested; the first has none."""
    if (count := whole(prompt.body.get("prompt_logprobs"), 0)) is None:
        return document
    given = _prompt_ids(prompt, document["object"])
    likely = {"prompt_logprobs": [None, *(_likely(id_, count, prompt.model) for id_ in given[1:])]}
    if document["object"] != TEXT_COMPLETION:
        return document | likely
    return document | {"choices": [choice | likely for choice in document["choices"]]}


def _likely(id_: int, count: int, model: str | None) -> dict[str, Any]:
    """Return the token of a prompt, and the `count` most likely ones at its place, by their ids."""
    token = tokens.join([id_], model)
    found: dict[str, Any] = {}
    for rank, (each, chance) in enumerate(alternatives(token, max(count, 1), logprob(token)), start=1):
        name = id_ if rank == 1 else next(iter(tokens.ids(each, model)), 0)
        found[str(name)] = {"logprob": chance, "rank": rank, "decoded_token": each}
    return found


def with_ids_in_chunks(events: Iterable[Event], prompt: Prompt) -> list[Event]:
    """Return a stream whose chunks have the ids of their pieces, and the first of each choice those of the prompt."""
    found, begun = [], set()
    for event in events:
        document = orjson.loads(event.data) if event.chunk else {}
        for choice in document.get("choices", ()):
            choice["token_ids"] = _generated_ids(choice, prompt.model)
            if choice["index"] not in begun:
                begun.add(choice["index"])
                holder = choice if document["object"] == TEXT_COMPLETION else document
                holder["prompt_token_ids"] = _prompt_ids(prompt, document["object"])
        found.append(event._replace(data=orjson.dumps(document)) if document else event)
    return found


def names_tokens(prompt: Prompt) -> bool:
    """Tell whether a request is for log probabilities whose tokens are named by their ids."""
    return prompt.top_logprobs is not None and prompt.body.get("return_tokens_as_token_ids") is True


def with_named_tokens(document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return an answer, or a chunk, whose log probabilities name tokens by their ids."""
    choices = [
        choice | {"logprobs": _named(choice["logprobs"], prompt.model)} if choice.get("logprobs") else choice
        for choice in document.get("choices", ())
    ]
    return document | {"choices": choices} if choices else document


def with_named_tokens_in_chunks(events: Iterable[Event], prompt: Prompt) -> Iterator[Event]:
    """Yield the events of a stream whose log probabilities name tokens by their ids."""
    for event in events:
        named = with_named_tokens(orjson.loads(event.data), prompt) if event.chunk else None
        yield event if named is None else event._replace(data=orjson.dumps(named))


def _named(logprobs: dict[str, Any], model: str | None) -> dict[str, Any]:
    if "tokens" not in logprobs:
        return logprobs | {"content": [_named_entry(entry, model) for entry in dicts(logprobs.get("content"))]}
    names, tops = [_name(token, model) for token in logprobs["tokens"]], logprobs["top_logprobs"]
    named_tops = tops and [top and {_name(token, model): chance for token, chance in top.items()} for top in tops]
    return logprobs | {"tokens": names, "top_logprobs": named_tops}


def _named_entry(entry: dict[str, Any], model: str | None) -> dict[str, Any]:
    """Return an entry of chat; the bytes of alternatives are those of their names, that of the token its own."""
    tops = [
        top | {"token": (name := _name(top["token"], model)), "bytes": list(name.encode())}
        for top in dicts(entry.get("top_logprobs"))
    ]
    return entry | {"token": _name(entry["token"], model), "top_logprobs": tops}


def _name(token: str, model: str | None) -> str:
    return f"token_id:{next(iter(tokens.ids(token, model)), 0)}"
