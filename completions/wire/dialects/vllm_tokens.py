"""vLLM's addresses that generate nothing: `POST /tokenize`, `POST /detokenize`, `GET /version`.

Shapes: `TokenizeCompletionRequest`, `TokenizeChatRequest`, `DetokenizeRequest` and their responses of
`vllm/entrypoints/openai/protocol.py`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.tokens import text as tokens
from completions.tokens.models import context_window
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.catalogue import WINDOW
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.vllm_rules import convert
from completions.wire.dialects.vllm_token_ids import chat_token_ids
from completions.wire.fields import text, text_or_none
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.chat.format import ChatCompletions, read_prompt
from completions.wire.validation import Problem, anything, array, boolean, integer, nullable, record, string

SERVER_VERSION = "0.12.0"
"""The server's version: one with these shapes."""

LAST_ID = 2**31 - 1
_OPTIONS = dict.fromkeys(("add_special_tokens", "add_generation_prompt", "return_token_strs"), nullable(boolean))
_TEXT = record({"model": nullable(string()), "prompt": string(), **_OPTIONS}, ("prompt",), others=True)
_CHAT = record({"model": nullable(string()), "messages": array(anything, "objects"), **_OPTIONS}, (), others=True)
_TOKENS = record(
    {"model": nullable(string()), "tokens": array(integer(0, LAST_ID), "integers")}, ("tokens",), others=True
)


class _TokenRequest(OpenAIFormat):
    """A request about tokens; a script's rule never answers it."""

    is_lookup = True

    def _refuse(self, problem: Problem | None, document: dict[str, Any]) -> None:
        if problem is not None:
            raise VLLM().problem(problem, document)

    def _prompt(self, document: dict[str, Any], headers: Mapping[str, str]) -> Prompt:
        model = text_or_none(document.get("model"))
        return Prompt(format=self.name, task="state", model=model, headers=headers, body=document)


class Tokenize(_TokenRequest):
    """The tokens of a text, or of a chat's messages as the prompt has them."""

    name = "tokenize"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a text or messages."""
        document = decode_object(body)
        convert(self.name, document)
        if validate:
            self._refuse((_CHAT if "messages" in document else _TEXT)(document), document)
        return self._prompt(document, headers)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the ids of the tokens, and with `return_token_strs` the text of each."""
        body, model = prompt.body, prompt.model
        ids = list(_chat_tokens(prompt)) if "messages" in body else tokens.ids(text(body.get("prompt")), model)
        wants_texts = body.get("return_token_strs") is True
        return {
            "count": len(ids),
            "max_model_len": context_window(model) or WINDOW,
            "tokens": ids,
            "token_strs": [tokens.join([each], model) for each in ids] if wants_texts else None,
        }


def _chat_tokens(prompt: Prompt) -> Iterator[int]:
    messages = read_prompt(dict(prompt.body), prompt.headers).messages
    generates = prompt.body.get("add_generation_prompt") is not False
    return chat_token_ids(messages, prompt.model, generates=generates)


class Detokenize(_TokenRequest):
    """The text of tokens."""

    name = "detokenize"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read the ids of tokens."""
        document = decode_object(body)
        if validate:
            self._refuse(_TOKENS(document), document)
        return self._prompt(document, headers)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the text; unknown ids are left out."""
        token_ids = prompt.body.get("tokens")
        valid_ids = (each for each in token_ids if isinstance(each, int)) if isinstance(token_ids, list) else ()
        return {"prompt": tokens.join(valid_ids, prompt.model)}


def version(models: Collection[str]) -> dict[str, Any]:
    """Return the server's version."""
    return {"version": SERVER_VERSION}


def addresses(dialect: VLLM, chat: ChatCompletions) -> list[Address]:
    """Return the addresses, below vLLM's prefix and at the root, where no other API has these names."""
    tokenize, detokenize = Tokenize(dialect), Detokenize(dialect)
    return [
        address
        for prefix in ("vllm/", "")
        for address in (
            Address(f"{prefix}tokenize", tokenize),
            Address(f"{prefix}detokenize", detokenize),
            Address(f"{prefix}version", chat, "tell", version),
        )
    ]
