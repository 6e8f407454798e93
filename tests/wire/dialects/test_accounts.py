"""What vendors report of accounts, keys and models, over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from completions.conversation import Usage
from completions.tokens.costs import parts
from tests.server import LiveServer

SCRIPT = """version: 1
defaults: {keys: [sk-right], models: [grok-4.5, grok-imagine-image, grok-voice-3.0, my-own]}
rules:
- reply: {auto: true}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = tmp_path_factory.mktemp("accounts") / "script.yaml"
    script.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(script)) as live:
        yield live.url


def get(url: str, path: str, key: str = "sk-right") -> httpx.Response:
    return httpx.get(f"{url}/{path}", headers={"authorization": f"Bearer {key}"})


@pytest.mark.parametrize("path", ["deepseek/user/balance", "deepseek/v1/user/balance"])
def test_deepseek__reports_its_balance(url: str, path: str) -> None:
    assert get(url, path).json() == {
        "is_available": True,
        "balance_infos": [
            {"currency": "CNY", "total_balance": "100.00", "granted_balance": "0.00", "topped_up_balance": "100.00"}
        ],
    }


def test_moonshot__reports_its_balance(url: str) -> None:
    balance = {"available_balance": 100, "voucher_balance": 0, "cash_balance": 100}
    assert get(url, "moonshot/v1/users/me/balance").json() == {
        "code": 0,
        "data": balance,
        "scode": "0x0",
        "status": True,
    }


def test_xai__reports_its_key_and_its_models_with_prices(url: str) -> None:
    key = get(url, "xai/v1/api-key").json()
    assert (key["acls"], key["api_key_blocked"]) == (["api-key:model:*", "api-key:endpoint:*"], False)
    listed: dict[str, Any] = {
        kind: get(url, f"xai/v1/{kind}-models").json()["models"]
        for kind in ("language", "image-generation", "embedding")
    }
    assert {kind: [model["id"] for model in models] for kind, models in listed.items()} == {
        "language": ["grok-4.5", "my-own"],
        "image-generation": ["grok-imagine-image"],
        "embedding": [],
    }
    grok, unknown = listed["language"]
    prices = tuple(grok[f"{what}_text_token_price"] for what in ("prompt", "completion"))
    assert prices == tuple(round(cost * 1e10) for cost in parts("xai/grok-4.5", Usage(1, 1)) or ())
    assert (grok["object"], grok["owned_by"], grok["output_modalities"]) == ("model", "xai", ["text"])
    assert grok["input_modalities"] == ["text", "image"]
    assert (unknown["prompt_text_token_price"], unknown["input_modalities"]) == (0, ["text"])
    assert "prompt_text_token_price" not in listed["image-generation"][0]


@pytest.mark.parametrize("path", ["deepseek/user/balance", "moonshot/v1/users/me/balance", "xai/v1/language-models"])
def test_account__is_reported_to_its_key_alone(url: str, path: str) -> None:
    refused = get(url, path, "sk-wrong")
    assert refused.status_code in (400, 401) and refused.json()["error"]
