"""OpenAI's errors for models that are not available in a format."""

import re
from collections.abc import Callable

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.refusals import FORMAT, Find, Occurrence, Refusal, parameter_refusal

Kind = Callable[[Prompt, frozenset[str]], bool]


def model_of_other_format(kind: Kind) -> Find:
    """Find a model of a kind that is not available in this format."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return Occurrence("model", prompt.model) if kind(prompt, can.formats or frozenset()) else None

    return find


def is_embedding_model(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell whether a model is for embeddings."""
    return "embeddings" in formats


def is_image_model(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell whether a model is for images."""
    return "images" in formats


def is_chat_model(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell whether a model generates messages."""
    return not formats.isdisjoint(("chat", "responses"))


def _is_responses_model(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell whether a model is for responses only; later ones, since gpt-5.2, get the error of non-chat models."""
    return "responses" in formats and re.match(r"gpt-5\.[2-9]|gpt-[6-9]", prompt.model or "") is None


def is_not_generative(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Tell whether a model generates no text."""
    return formats.isdisjoint(("chat", "responses", "legacy"))


def any_kind(prompt: Prompt, formats: frozenset[str]) -> bool:
    """Accept any kind of model."""
    return True


NO_SAMPLING = Refusal(
    FORMAT,
    model_of_other_format(is_embedding_model),
    "You are not allowed to sample from this model",
    status=403,
    source="quotes by users",
    seen="2026-10-09",
)


def _echoed_logprobs(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    asks = prompt.body.get("echo") is True and prompt.top_logprobs is not None
    return Occurrence("logprobs") if asks else None


CHAT_FORMAT_REFUSALS: tuple[Refusal, ...] = (
    NO_SAMPLING,
    parameter_refusal(
        FORMAT,
        model_of_other_format(_is_responses_model),
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        status=404,
        source="quotes by users, of o1-pro, codex-mini-latest and o3-deep-research",
        seen="2026-10-05",
    ),
    parameter_refusal(
        FORMAT,
        model_of_other_format(any_kind),
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use "
        "v1/completions?",
        status=404,
        source="micz/ThunderAI 570; egoist/chatwise-releases 1256",
        seen="2026-02-26",
    ),
)

RESPONSES_FORMAT_REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        model_of_other_format(any_kind),
        "The requested model '{model}' is not supported with the Responses API.",
        source="quotes by users, of gpt-audio, gpt-image-1 and gpt-4o-mini-search-preview",
        seen="2026-10-08",
    ),
)

LEGACY_REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        model_of_other_format(is_chat_model),
        "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
        "v1/chat/completions?",
        status=404,
        source="quotes by users",
        seen="2026-05-12",
    ),
    NO_SAMPLING,
    Refusal(
        "echoed_logprobs",
        _echoed_logprobs,
        "Setting 'echo' and 'logprobs' at the same time is not supported for this model.",
        source="a request that a project wrote down; keirp/automatic_prompt_engineer 25; fastai/lm-hackers 7",
        seen="2026-08-28",
    ),
)

EMBEDDINGS_FORMAT_REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        FORMAT,
        model_of_other_format(any_kind),
        "You are not allowed to generate embeddings from this model",
        status=403,
        source="quotes by users, of gpt-5.4-mini among others",
        seen="2026-07-25",
    ),
)

IMAGES_FORMAT_REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        model_of_other_format(any_kind),
        "The model '{model}' does not exist.",
        "invalid_value",
        type="image_generation_user_error",
        source="requests of another project with models of all kinds; until February 2026 it listed its own",
        seen="2026-08-29",
    ),
)

MODERATIONS_FORMAT_REFUSALS: tuple[Refusal, ...] = (
    parameter_refusal(
        FORMAT,
        model_of_other_format(any_kind),
        "Invalid value for 'model' = {model}. Please check the OpenAI documentation and try again.",
        source="recordings: cykod/ALLM error_400_bad_model",
        seen="2026-05-01",
    ),
)


def invalid_url_refusals(path: str) -> tuple[Refusal, ...]:
    """Return the row for an address that answers 404 for models of other formats."""
    return (
        Refusal(
            FORMAT,
            model_of_other_format(any_kind),
            f"Invalid URL (POST {path})",
            status=404,
            source="openai/openai-dotnet 387, of gpt-4o-mini-audio-preview; quotes of gpt-realtime-whisper",
            seen="2026-07-31",
        ),
    )
