"""Vectors: unit length, the same everywhere, and closer where texts share words."""

import base64
import json
import math
import os
import struct
import subprocess
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from completions.conversation import Choice, Reply
from completions.wire.registry import format_at
from completions.wire.vectors import TYPES, embed, packed

TEXTS = ["", " \n", "a", "Hello, world!", "…", "🙂🙂", "\ud800", "月面着陸に成功しました", "word " * 5000, "x" * 50_000]


def nearness(one: str, other: str, dimensions: int = 1536) -> float:
    return sum(a * b for a, b in zip(embed(one, dimensions), embed(other, dimensions), strict=True))


@pytest.mark.parametrize("dimensions", [1, 2, 3, 256, 1536, 3072])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_embed__has_unit_length(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)
    assert len(vector) == dimensions
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    assert array("f", vector).tolist() == vector  # so that base64 and JSON say the same


def test_embed__is_the_same_in_another_process() -> None:
    code = "from completions.wire.vectors import TYPES, embed, packed; print(embed('Hello, world', 8))"
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(embed("Hello, world", 8))


def test_embed__ignores_case_and_punctuation() -> None:
    assert embed("The launch, at NINE!", 1536) == embed("the launch at nine", 1536)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("the launch is at nine", "when is the launch", "bananas ripen slowly"),
        ("weather in Paris", "Paris weather tomorrow", "invoice number twelve"),
        ("mission", "missions", "cheese"),
        ("月面着陸に成功", "月面着陸", "請求書番号"),
    ],
)
def test_embed__shared_words_are_near(text: str, near: str, far: str) -> None:
    assert nearness(text, near) > 0.1 + nearness(text, far)


def test_embed__more_shared_words_are_nearer() -> None:
    question = "red green blue yellow"
    steps = ["red green blue yellow", "red green blue stone", "red green field stone", "red cloud field stone"]
    found = [nearness(question, step) for step in steps]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1, abs=1e-6)


def test_embed__different_texts_differ() -> None:
    texts = ["", "a", "b", "?", "!", "🙂", "hello"]
    assert len({tuple(embed(text, 1536)) for text in texts}) == len(texts)


THREE = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("/v1/embeddings", {"input": THREE}, lambda document: [each["embedding"] for each in document["data"]]),
        ("/v2/embed", {"texts": THREE}, lambda document: document["embeddings"]["float"]),
        ("/api/embed", {"input": THREE}, lambda document: document["embeddings"]),
        (
            "/v1beta/models/m:batchEmbedContents",
            {"requests": [{"content": {"parts": [{"text": text}]}} for text in THREE]},
            lambda document: [each["values"] for each in document["embeddings"]],
        ),
    ],
)
def test_scripted_vectors__are_given_in_turn(path: str, body: dict[str, Any], found: Callable[[Any], Any]) -> None:
    wire, route = format_at(path) or pytest.fail("no format")
    prompt = wire.parse(json.dumps({"model": "m"} | body).encode(), {}, validate=False, route=route)
    reply = Reply((Choice(embedding=(1.0, 0.5)), Choice(embedding=(0.5, 1.0))))
    assert [tuple(vector) for vector in found(wire.document(reply, prompt))] == [(1.0, 0.5), (0.5, 1.0), (1.0, 0.5)]


@pytest.mark.parametrize(
    ("kind", "vector", "made", "size"),
    [
        ("float", [0.5, -1.0, 2.0], [0.5, -1.0, 2.0], 12),
        ("int8", [0.5, -1.0, 2.0], [64, -127, 127], 3),
        ("uint8", [0.5, -1.0, 2.0], [192, 1, 255], 3),
        ("ubinary", [0.5, -1.0, 2.0], [160], 1),
        ("binary", [0.5, -1.0, 2.0], [32], 1),
        ("int8", [1], [127], 1),
    ],
)
def test_types__are_within_a_byte_and_packed_in_one(
    kind: str, vector: list[float], made: list[float], size: int
) -> None:
    assert TYPES[kind](vector) == made
    assert len(base64.b64decode(packed(made, kind))) == size


def test_packed__keeps_each_number() -> None:
    data = base64.b64decode(packed([-127, 127, 0], "int8"))
    assert list(struct.unpack("<3b", data)) == [-127, 127, 0]
    assert list(struct.unpack("<2f", base64.b64decode(packed([0.5, 1])))) == [0.5, 1.0]


@pytest.mark.parametrize(
    ("path", "body", "size"),
    [
        ("/v1beta/openai/embeddings", {"model": "gemini-embedding-001", "input": "a"}, 3072),
        ("/openrouter/api/v1/embeddings", {"model": "openai/text-embedding-3-large", "input": "a"}, 3072),
        ("/openrouter/api/v1/embeddings", {"model": "qwen/qwen3-embedding-0.6b", "input": "a"}, 1024),
        ("/together/v1/embeddings", {"model": "BAAI/bge-base-en-v1.5", "input": "a"}, 768),
        ("/mistral/v1/embeddings", {"model": "mistral-embed-2312", "input": ["a"]}, 1024),
        ("/vllm/v1/embeddings", {"model": "intfloat/multilingual-e5-large-instruct", "input": "a"}, 1024),
        ("/v1/embeddings", {"model": "nomic-embed-text:latest", "input": "a"}, 768),
        ("/api/embed", {"model": "qwen3-embedding", "input": "a"}, 4096),
        ("/api/embed", {"model": "qwen3-embedding:4b", "input": "a"}, 2560),
        ("/v2/embed", {"model": "embed-multilingual-light-v3.0", "texts": ["a"], "input_type": "search_query"}, 384),
        ("/compatibility/v1/embeddings", {"model": "embed-english-v3.0", "input": ["a"]}, 1024),
    ],
)
def test_vectors__are_as_long_as_the_model_s_name_tells(path: str, body: dict[str, Any], size: int) -> None:
    wire, _ = format_at(path) or pytest.fail(path)
    prompt = wire.parse(json.dumps(body).encode(), {}, validate=True)
    document = json.loads(wire.render(Reply(choices=(Choice(),)), prompt).data)
    vector: Any = document.get("data") or document["embeddings"]
    while not isinstance(vector[0] if isinstance(vector, list) else None, float):
        vector = vector[0] if isinstance(vector, list) else vector.get("embedding") or vector["float"]
    assert len(vector) == size
