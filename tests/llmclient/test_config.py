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
        ("LLM_MAX_RETRIES", "-1", "whole number"),
        ("LLM_MAX_RETRIES", "1.5", "whole number"),
        ("LLM_BASE_URL", "localhost:8000", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://", "http:// or https:// URL"),
        ("LLM_BASE_URL", "http://host:99999", "http:// or https:// URL"),
    ],
)
def test_config__a_wrong_value_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        LLMClient()
    assert f"{variable}='{value}'" in str(caught.value)
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
