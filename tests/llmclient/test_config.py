import os
from pathlib import Path
from typing import Any

import pytest

from llmclient import Config, ConfigError, LLMClient
from llmclient.config import read_config


def test_config__defaults() -> None:
    assert read_config() == Config("http://127.0.0.1:8000/v1", "mock-key", "mock", 60.0, 2)


def test_config__argument_before_environment_before_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LLM_MODEL=file\nLLM_API_KEY='file key'\nexport LLM_TIMEOUT=7\nLLM_MAX_RETRIES= \n")
    monkeypatch.setenv("LLM_API_KEY", "environment")
    monkeypatch.setenv("LLM_TIMEOUT", "8")
    assert read_config(timeout=9) == Config("http://127.0.0.1:8000/v1", "environment", "file", 9.0, 2)


def test_config__dotenv_leaves_the_environment_alone() -> None:
    Path(".env").write_text("LLM_MODEL=file\nOTHER_SECRET=1\n")
    before = dict(os.environ)
    assert read_config().model == "file"
    assert dict(os.environ) == before


def test_config__dotenv_that_is_not_text() -> None:
    Path(".env").write_bytes(b"LLM_MODEL=\xff\n")
    with pytest.raises(ConfigError, match=r"\.env: must be UTF-8"):
        read_config()


def test_config__a_directory_named_dotenv_is_no_file() -> None:
    Path(".env").mkdir()
    assert read_config().model == "mock"


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("LLM_TIMEOUT", "abc", "seconds above 0"),
        ("LLM_TIMEOUT", "0", "seconds above 0"),
        ("LLM_TIMEOUT", "-1", "seconds above 0"),
        ("LLM_TIMEOUT", "nan", "seconds above 0"),
        ("LLM_TIMEOUT", "inf", "seconds above 0"),
        ("LLM_TIMEOUT", "1e300", "seconds above 0"),
        ("LLM_MAX_RETRIES", "-1", "whole number"),
        ("LLM_MAX_RETRIES", "1.5", "whole number"),
        ("LLM_BASE_URL", "localhost:8000", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://host:99999", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://exam..ple/v1", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://é../v1", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://host/v1\x7f/x", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://host/v1?a=b", "http:// or https:// URL without a query"),
        ("LLM_BASE_URL", "http://host http://other", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://host/v1#a", "http:// or https:// URL without a query"),
        ("LLM_BASE_URL", "http://host/v1/chat/completions/", "without a query that ends before /chat/completions"),
        ("LLM_MODEL", "\udcff", "text, not empty"),
    ],
)
def test_config__a_wrong_value_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        LLMClient()
    assert f"{variable}={value!r}" in str(caught.value)
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    "argument",
    [{"timeout": -1}, {"timeout": "soon"}, {"max_retries": -1}, {"base_url": "ftp://x"}, {"model": ""}],
)
def test_config__a_wrong_argument_is_named_too(argument: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(argument))):
        LLMClient(**argument)


def test_config__base_url_loses_its_last_slash() -> None:
    assert read_config(base_url="http://host/v1/").base_url == "http://host/v1"


@pytest.mark.parametrize(
    ("given", "config"),
    [
        ({"base_url": " http://host/v1/ \n"}, Config("http://host/v1", "mock-key", "mock", 60.0, 2)),
        ({"api_key": "key-from-a-file\n"}, Config("http://127.0.0.1:8000/v1", "key-from-a-file", "mock", 60.0, 2)),
    ],
)
def test_config__an_argument_loses_the_spaces_around_it(given: dict[str, Any], config: Config) -> None:
    assert read_config(**given) == config


@pytest.mark.parametrize("key", ["clé", "a\nb", "a\x00b", " "])
def test_config__a_key_that_no_header_can_carry_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LLMClient(api_key=key)
    assert str(caught.value) == "api_key: must be ASCII text, not empty, in one line"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("LLM_MODEL = m\n", "m"),
        ("\ufeffLLM_MODEL=m\n", "m"),
        ("  export LLM_MODEL='m # n'  # why\n", "m # n"),
        ("LLM_MODEL=m#n # why\r\n", "m#n"),
        ("LLM_MODEL= # none\n", "mock"),
        ("-----BEGIN KEY-----\nMIIE\n-----END KEY-----\n0=1\na.b=1\nLLM_MODEL=m\n", "m"),
    ],
)
def test_config__dotenv_as_people_write_it(text: str, model: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text(text, newline="", encoding="utf-8")
    assert read_config().model == model
    assert capfd.readouterr() == ("", "")


def test_config__a_line_of_dotenv_that_is_ours_and_no_setting() -> None:
    Path(".env").write_text("OTHER: 1\n\nLLM_MODEL: m\n")
    with pytest.raises(ConfigError, match=r"^\.env:3: must be NAME=value, not 'LLM_MODEL: m'$"):
        read_config()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LLM_TIMOUT", "LLM_TIMEOUT"),
        ("LLM_APIKEY", "LLM_API_KEY"),
        ("llm_model", "LLM_MODEL"),
        ("LLM_MAX_RETRIE", "LLM_MAX_RETRIES"),
        ("LLM_BASEURL", "LLM_BASE_URL"),
    ],
)
def test_config__a_name_that_is_all_but_a_setting_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "5")
    with pytest.warns(UserWarning, match=f"^{name} is set, and there is no such setting. Did you mean {meant}\\?$"):
        LLMClient()


@pytest.mark.parametrize("model", ["m", ""])
@pytest.mark.parametrize(
    "name", ["LLM_PROVIDER", "LLM_MODEL_NAME", "LLM_TEMPERATURE", "LLM_MODELS", "LLM_MODE", "MODEL", "TIMEOUT"]
)
def test_config__a_name_of_others_is_not_warned_of(monkeypatch: pytest.MonkeyPatch, name: str, model: str) -> None:
    if model:
        monkeypatch.setenv("LLM_MODEL", model)
    monkeypatch.setenv(name, "5")
    assert read_config().model == (model or "mock")
