"""Splitting and counting by true tokens."""

import subprocess
import sys

import pytest
import tiktoken
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from completions.tokens import text as tokens
from tests.document import PIECES, TEXT

MODELS = st.sampled_from([None, "gpt-4o", "gpt-4", "text-davinci-003", "no-such-model"])


def test_split__mission_text() -> None:
    assert tokens.split(TEXT) == PIECES


@given(st.text(), MODELS)
def test_split__pieces_join_to_the_text_and_cut_no_character(text: str, model: str | None) -> None:
    pieces = tokens.split(text, model)
    assert "".join(pieces) == text
    assert all(pieces), "no piece is empty"
    assert len(pieces) <= tokens.count(text, model)


@given(st.text(st.characters(codec="ascii")), MODELS)
def test_split__one_piece_a_token_where_no_character_spans_tokens(text: str, model: str | None) -> None:
    assert len(tokens.split(text, model)) == tokens.count(text, model)


def test_split__character_of_several_tokens_stays_whole() -> None:
    family = "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ᚠᛇᚻ"
    assert tokens.count(family) > len(tokens.split(family)), "some of its tokens end inside a character"


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-3.5-turbo-instruct", "cl100k_base"),
        ("text-davinci-003", "p50k_base"),
        ("claude-x", "o200k_base"),
        (None, "o200k_base"),
    ],
)
def test_encoding__by_model(model: str | None, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tokens._vocabularies()))
    assert tokens.encoding_name(model) == encoding
    sample = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. 1234567"
    assert tokens.count(sample, model) == len(tiktoken.get_encoding(encoding).encode_ordinary(sample))


def test_count__special_tokens_are_plain_text() -> None:
    assert tokens.count("<|endoftext|>") > 1
    assert "".join(tokens.split("<|endoftext|>")) == "<|endoftext|>"


@pytest.mark.parametrize("name", [*sorted(tokens.SHIPPED_ENCODINGS), "deepseek"])
def test_known__is_what_each_encoding_makes_of_it(name: str) -> None:
    assert {known: tuple(tokens._split(known, name)) for known in tokens.KNOWN} == tokens.KNOWN


def test_warm__needs_neither_litellm_nor_the_network() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): raise OSError('no network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from completions.tokens import text as tokens\n"
        "tokens.load_default_encoding(); [tokens.count('x', model) for model in ('gpt-4', 'text-davinci-003')]\n"
        "assert 'litellm' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


MIXED = (
    "Hello world, 1234567 times!",
    "if x == 1:\n    return  2\t\t3",
    "日本語ひらがな abc  中文  12 x",
    'don\'t "quote" it; a_b->c',
    "naïve café 😀😀 ½  \r\n\r\n  end",
    "    ",
    "👩\u200d👩\u200d👧 a\u200db 語\u200b\u200b語 \ufeffx \x00\x1b[1m soft\u00adly \ue000\u0378",
)


@pytest.mark.parametrize("said", MIXED)
def test_deepseek__has_its_own_encoding(said: str) -> None:
    """DeepSeek's tokenizer as its vendor publishes it, by the library that it is published for."""
    published = tokenizers.Tokenizer.from_file(str(tokens._vocabularies() / tokens.DEEPSEEK_FILE))
    assert tokens.ids(said, "deepseek-chat") == published.encode(said, add_special_tokens=False).ids
    assert "".join(tokens.split(said, "deepseek/deepseek-v4-flash")) == said


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("", 0), ("a word", 2), ("letters", 2), ("12,5", 4), ("a\n\nb", 3), ("snake_case", 4), ("日本", 1), ("naïve", 3)],
)
def test_count_in_fours__takes_words_in_pieces_and_marks_alone(text: str, pieces: int) -> None:
    assert tokens.count_in_fours(text) == pieces


def test_count_in_small__takes_a_rare_word_for_two_tokens() -> None:
    assert (tokens.count_in_small(" goodbye"), tokens.count_in_small(" farewell"), tokens.count(" farewell")) == (
        1,
        2,
        1,
    )
    assert tokens.count_in_small(" farewell" * 1_000) == 2_000
