"""Split and count text by real tokens, exactly and offline.

The encodings are tiktoken's and DeepSeek's, read from the vocabulary files in LiteLLM's package without importing
LiteLLM, which would take seconds. Tiktoken's are named by the SHA-1 of their URL, as in its own cache.
"""

import contextlib
import functools
import hashlib
import re
import threading
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import orjson

from completions import budget
from completions.tokens.memory import MAX_SHORT_TEXT, remember_by_text
from completions.tokens.models import litellm_folder

if TYPE_CHECKING:  # it takes 1.4 MB, and the default script needs none of it
    import tiktoken

DEFAULT_ENCODING = "o200k_base"
"""The encoding of current models, and of names that tiktoken does not know."""

SHIPPED_ENCODINGS = {"o200k_base", "cl100k_base", "p50k_base"}
"""The encodings whose vocabularies LiteLLM ships."""

DEEPSEEK = re.compile(r"(?:^|/)deepseek-(?!r1-distill)")
"""The models that have DeepSeek's own encoding."""

DEEPSEEK_FILE = "deepseek_tokenizer.json"

_EAST = "一-龥\u3040-ヿ"
DEEPSEEK_WORDS = (
    rf"\p{{N}}{{1,3}}|[{_EAST}]+|[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{{|}}~][A-Za-z]+"
    rf"|[^\r\n\p{{L}}\p{{P}}\p{{S}}]?[[\p{{L}}\p{{M}}]&&[^{_EAST}]]+| ?[\p{{P}}\p{{S}}]+[\r\n]*"
    rf"|\s*[\r\n]+|\s+(?![^\s\p{{N}}{_EAST}])|\s+"
    rf"|[^\s\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}}](?:[^\s\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}}](?![[\p{{L}}\p{{M}}]&&[^{_EAST}]]))*"
)
"""The pattern by which DeepSeek's encoding splits a text first; its three consecutive patterns in one.

The last alternative is for characters that they do not match, such as the joiners in emoji: they stay a piece.
"""

REMEMBERED_LENGTH = 4096
"""The most characters of a text whose tokens are cached, to limit memory."""

PART_LENGTH = 100_000
"""The most characters that the tokenizer gets at a time."""

SMALL_VOCABULARY = 75_000
"""The number of the current encoding's tokens, the most frequent first, that a smaller vocabulary has too."""

WORD_LENGTH = 1_000
"""The characters at the end of a part in which a blank is searched."""


KNOWN = {"This is a mock response.": ("This", " is", " a", " mock", " response", ".")}
"""Texts that every encoding splits in the same way: the default script's, so that its stream needs no tokenizer."""


def are_known(texts: Iterable[str]) -> bool:
    """Tell whether these texts are split without a tokenizer."""
    return all(text in KNOWN for text in texts)


def load_default_encoding() -> None:
    """Load the default encoding (some 0.4 s, 40 MB), so that no request waits for it."""
    _encoding(DEFAULT_ENCODING)


def count(text: str, model: str | None = None) -> int:
    """Count the tokens of `text` in the encoding of `model`."""
    if len(text) <= MAX_SHORT_TEXT:
        return _count_short(text, encoding_name(model))
    return _counter(encoding_name(model))(text)


@functools.cache
def _counter(name: str) -> Callable[[str], int]:
    """Return the counter of texts in an encoding."""

    def count_uncached(text: str) -> int:
        budget.spend_characters(len(text))
        encoding = _encoding(name)
        return sum(len(encoding.encode_ordinary(part)) for part in _parts(text))

    return remember_by_text(count_uncached)


@remember_by_text
def count_in_small(text: str) -> int:
    """Count the tokens of `text` in a smaller vocabulary than the current one: a rare word is two of its tokens."""
    if len(text) > MAX_SHORT_TEXT:
        budget.spend_characters(len(text))
    return sum(_small_token_count(part) for part in _parts(text))


@remember_by_text
def count_in_fours(text: str) -> int:
    """Count pieces of four letters; digits, marks and ends of lines are single, other alphabets as in `count_in_small`.

    Claude's unpublished vocabulary since Opus 4.7 was found to split texts like this.
    """
    if len(text) > MAX_SHORT_TEXT:
        budget.spend_characters(len(text))
    return sum(map(_fours_count, _PIECES.findall(text)))


_PIECES = re.compile(r"[A-Za-z]+|[!-~]|\n+|[^\x00-\x7f]+")


def _fours_count(piece: str) -> int:
    if not piece.isascii():
        return count_in_small(piece)
    return (len(piece) + 3) // 4 if piece.isalpha() else 1


def _small_token_count(text: str) -> int:
    found = _encoding(DEFAULT_ENCODING).encode_ordinary(text)
    return len(found) + sum(token > SMALL_VOCABULARY for token in found)


@functools.lru_cache(maxsize=4096)
def _count_short(text: str, name: str) -> int:
    """Count a text that occurs again and again: roles, names, instructions."""
    return len(_encoding(name).encode_ordinary(text))


def ids(text: str, model: str | None = None) -> list[int]:
    """Return the token ids of `text` in the encoding of `model`."""
    budget.spend_characters(len(text))
    return _encoding(encoding_name(model)).encode_ordinary(text)


def numbered(text: str, model: str | None = None) -> list[tuple[int, bytes]]:
    """Return the id and the bytes of each token of `text` in the encoding of `model`."""
    found, encoding = ids(text, model), _encoding(encoding_name(model))
    return list(zip(found, encoding.decode_tokens_bytes(found), strict=True))


def join(ids: Iterable[int], model: str | None = None) -> str:
    """Return the text of token ids; ids that are not in the encoding are left out."""
    tokens, encoding = list(ids), _encoding(encoding_name(model))
    budget.spend_characters(len(tokens))
    parts = []
    for token in tokens:
        with contextlib.suppress(KeyError, OverflowError):
            parts.append(encoding.decode_single_token_bytes(token))
    return b"".join(parts).decode("utf-8", "replace")


def split(text: str, model: str | None = None) -> list[str]:
    """Split `text` into its tokens, in order; joined, the pieces are the text.

    A character that spans several tokens is in the piece where it ends. `text` must be encodable as UTF-8 (no lone
    surrogates), as everything from a parser is. Texts that scripts repeat are cached.
    """
    budget.spend_characters(len(text))
    name = encoding_name(model)
    return list(_remembered(text, name)) if len(text) <= REMEMBERED_LENGTH else _split(text, name)


def _split(text: str, name: str) -> list[str]:
    encoding = _encoding(name)
    parts = [piece for part in _parts(text) for piece in encoding.decode_tokens_bytes(encoding.encode_ordinary(part))]
    try:
        return [part.decode() for part in parts]
    except UnicodeDecodeError:
        return _whole_characters(parts)


def _parts(text: str) -> Iterator[str]:
    """Split a long text before a word, where a token is certain to end, or else anywhere.

    The tokenizer's time grows with the square of a run without words, and a million spaces crash it.
    """
    start = 0
    while len(text) - start > PART_LENGTH:
        end = start + PART_LENGTH
        blank = text.rfind(" ", end - WORD_LENGTH, end)
        if blank > start and text[blank - 1].isalpha() and text[blank + 1].isalpha():
            end = blank
        yield text[start:end]
        start = end
    yield text[start:]


def _whole_characters(parts: list[bytes]) -> list[str]:
    pieces: list[str] = []
    pending = b""
    for part in parts:
        pending += part
        try:
            pieces.append(pending.decode())
        except UnicodeDecodeError:
            continue
        pending = b""
    return pieces


@functools.lru_cache(maxsize=512)
def _remembered(text: str, name: str) -> tuple[str, ...]:
    return KNOWN.get(text) or tuple(_split(text, name))


@functools.lru_cache(maxsize=1024)
def encoding_name(model: str | None) -> str:
    """Return the encoding of a model: `gpt-4` -> `cl100k_base`; unknown models have the current one."""
    if DEEPSEEK.search(model or ""):
        return "deepseek"
    from tiktoken.model import encoding_name_for_model

    try:
        name = encoding_name_for_model((model or "").removeprefix("openai/"))
    except KeyError:
        return DEFAULT_ENCODING
    return name if name in SHIPPED_ENCODINGS else DEFAULT_ENCODING


_encodings: "dict[str, tiktoken.Encoding]" = {}
_loading = threading.Lock()


def _encoding(name: str) -> "tiktoken.Encoding":
    """Return an encoding, loaded at its first use, and not on the event loop if possible."""
    encoding = _encodings.get(name)
    if encoding is None:
        budget.leave_loop()
        with _loading:
            encoding = _encodings.get(name) or _load(name)
            _encodings[name] = encoding
    return encoding


def _load(name: str) -> "tiktoken.Encoding":
    import tiktoken

    encoding = tiktoken.Encoding(**(_deepseek() if name == "deepseek" else _of_tiktoken(name)))
    if isinstance(getattr(encoding, "_mergeable_ranks", None), dict):
        # The ranks, some 27 MB: the tokenizer has its own copy, and this one is only for pickling.
        encoding._mergeable_ranks = {}
    return encoding


def _of_tiktoken(name: str) -> dict[str, Any]:
    """Return the parts of an encoding of tiktoken's, made by its own function, but with our reader of vocabularies."""
    from tiktoken_ext.openai_public import ENCODING_CONSTRUCTORS

    make = ENCODING_CONSTRUCTORS[name]
    parts: dict[str, Any] = FunctionType(make.__code__, {**make.__globals__, "load_tiktoken_bpe": _ranks})()
    return parts


def _ranks(url: str, expected_hash: str) -> dict[bytes, int]:
    """Read a vocabulary: a token in Base64 and its rank on each line. tiktoken's reader takes up to twice as long."""
    words = iter((_vocabularies() / hashlib.sha1(url.encode()).hexdigest()).read_bytes().split())
    return {a2b_base64(token): int(rank) for token, rank in zip(words, words, strict=True)}


def _deepseek() -> dict[str, Any]:
    """Read DeepSeek's vocabulary, in which letters represent bytes; its special tokens are left out."""
    vocabulary = orjson.loads((_vocabularies() / DEEPSEEK_FILE).read_bytes())["model"]["vocab"]
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]  # as in GPT-2: these bytes represent themselves
    other_bytes = [byte for byte in range(256) if byte not in plain]
    letters = {byte: byte for byte in plain} | {256 + at: byte for at, byte in enumerate(other_bytes)}
    ranks = {}
    for token, rank in vocabulary.items():
        with contextlib.suppress(UnicodeEncodeError):
            ranks[token.translate(letters).encode("latin-1")] = rank
    return {"name": "deepseek", "pat_str": DEEPSEEK_WORDS, "mergeable_ranks": ranks, "special_tokens": {}}


def _vocabularies() -> Path:
    folder = litellm_folder()
    if folder is None:
        raise RuntimeError("LiteLLM is not installed, and the vocabularies of the tokenizers come with it.")
    return folder / "litellm_core_utils" / "tokenizers"
