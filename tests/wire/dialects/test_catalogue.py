"""The lists of models: each vendor's own models, in its shape, as its SDK reads it."""

from typing import Any

import groq
import httpx
import mistralai.client
import pytest
from mistralai.client.models import BaseModelCard

from completions.wire.dialects.catalogue import groq as groqs_model
from tests.server import LiveServer

SCRIPT = "{version: 1, rules: [{reply: Hi}]}"

SHAPES: dict[str, tuple[str, str | None, set[str]]] = {
    "mistral/v1": ("mistral-large-latest", "mistralai", {"capabilities", "max_context_length", "aliases", "type"}),
    "groq/openai/v1": ("llama-3.3-70b-versatile", "Meta", {"active", "context_window", "max_completion_tokens"}),
    "xai/v1": ("grok-4", "xai", {"id", "created", "object", "owned_by"}),
    "deepseek": ("deepseek-flash", "deepseek", {"id", "object", "owned_by"}),
    "deepseek/v1": ("deepseek-v4-pro", "deepseek", {"id", "object", "owned_by"}),
    "v1beta/openai": ("models/gemini-2.5-flash", "google", {"display_name"}),
    "vllm/v1": ("meta-llama/Llama-3.1-8B-Instruct", "vllm", {"root", "parent", "max_model_len", "permission"}),
    "openrouter/api/v1": ("openai/gpt-4o", None, {"pricing", "architecture", "top_provider", "context_length"}),
}


@pytest.mark.parametrize("place", SHAPES)
def test_models__are_the_vendor_s_in_its_shape(live: LiveServer, place: str) -> None:
    name, owner, keys = SHAPES[place]
    with httpx.Client(base_url=live.url, headers={"authorization": "Bearer k"}) as http:
        told = http.get(f"/{place}/models").json()
        found: dict[str, Any] = {model["id"]: model for model in told["data"]}
        assert keys <= found[name].keys()
        assert found[name].get("owned_by") == owner
        assert not any(other.startswith("gpt-") for other in found)
        assert http.get(f"/{place}/models/{name.removeprefix('models/')}").json() == found[name]
        with_script = f"/ns/catalogue-{place.replace('/', '-')}"
        http.put(f"{with_script}/_mock/script", content="{version: 1, defaults: {models: [own]}, rules: [{reply: Hi}]}")
        listed = http.get(f"{with_script}/{place}/models").json()["data"]
        assert [model["id"].removeprefix("models/") for model in listed] == ["own"]
        assert listed[0].keys() == found[name].keys()
        assert http.get(f"{with_script}/{place}/models/other").status_code in (400, 404)


def test_openrouter__tells_prices_and_windows(live: LiveServer) -> None:
    told = httpx.get(f"{live.url}/openrouter/api/v1/models").json()
    model = next(model for model in told["data"] if model["id"] == "openai/gpt-4o")
    assert (model["context_length"], model["pricing"]) == (128000, {"prompt": "0.0000025", "completion": "0.00001"})
    assert (told["total_count"], told["links"]) == (len(told["data"]), {"next": None})
    always = {model["id"] for model in told["data"] if model.get("reasoning") == {"mandatory": True}}
    assert always == {"openai/gpt-5", "google/gemini-3.8-flash", "x-ai/grok-4.5"}
    takes = {model["id"]: model["architecture"]["modality"] for model in told["data"]}
    assert takes["deepseek/deepseek-chat"] == "text->text" and takes["openai/gpt-5"] == "text+image+file->text"
    think = {model["id"] for model in told["data"] if "reasoning" in model["supported_parameters"]}
    assert think == takes.keys() - {"deepseek/deepseek-chat", "openai/gpt-4o"}


def test_openrouter__tells_who_serves_a_model_to_anyone(live: LiveServer) -> None:
    with httpx.Client(base_url=f"{live.url}/openrouter/api/v1") as http:
        models = {model["id"]: model for model in http.get("models").json()["data"]}
        model = models["openai/gpt-4o"]
        told = http.get(model["links"]["details"].removeprefix("/api/v1/")).json()["data"]
        assert {field: told[field] for field in told if field != "endpoints"}.items() <= model.items()
        (served,) = told["endpoints"]
        assert (served["name"], served["model_name"], served["tag"]) == ("Mock | openai/gpt-4o", "Gpt 4O", "mock")
        assert (served["context_length"], served["max_completion_tokens"]) == (128000, 16384)
        assert served["pricing"] == {"prompt": "0.0000025", "completion": "0.00001", "discount": 0}
        assert http.get("model/openai/gpt-4o").json() == {"data": model}
        assert http.get("models/user").json()["total_count"] == len(models)


@pytest.mark.parametrize("address", ["models/other/one/endpoints", "model/other/one"])
def test_openrouter__refuses_a_model_that_it_lacks(live: LiveServer, address: str) -> None:
    with_script = f"{live.url}/ns/openrouter-lacks-{address.replace('/', '-')}"
    httpx.put(f"{with_script}/_mock/script", content="{version: 1, defaults: {models: [a/b]}, rules: [{reply: Hi}]}")
    refused = httpx.get(f"{with_script}/openrouter/api/v1/{address}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, 404)
    assert httpx.get(f"{with_script}/openrouter/api/v1/{address.replace('other/one', 'a/b')}").status_code == 200


def test_groq__tells_what_its_models_can_and_cost() -> None:
    llama, oss, heard = map(groqs_model, ("llama-3.3-70b-versatile", "openai/gpt-oss-20b", "whisper-large-v3"))
    assert llama["supported_features"] == ["tools", "json_mode"]
    assert oss["supported_features"] == ["tools", "json_mode", "structured_outputs", "reasoning"]
    assert oss["context_length"] == oss["context_window"] == 131_072
    prompt, cached = (float(oss["pricing"][what]) for what in ("prompt", "input_cache_read"))
    assert prompt == 2 * cached > 0 == float(oss["pricing"]["request"])
    assert heard["output_modalities"] == ["transcription"] and "pricing" not in heard


def test_together__tells_its_models_without_an_object_around_them(live: LiveServer) -> None:
    told = httpx.get(f"{live.url}/together/v1/models").json()
    model = next(model for model in told if model["id"] == "openai/gpt-oss-120b")
    assert (model["type"], model["organization"], model["context_length"]) == ("chat", "openai", 131072)
    assert model["pricing"] == {"hourly": 0, "input": 0.15, "output": 0.6, "base": 0, "finetune": 0}


def test_sdks__read_their_lists(live: LiveServer) -> None:
    with mistralai.client.Mistral(api_key="k", server_url=f"{live.url}/mistral") as client:
        cards = client.models.list().data or []
        assert cards and all(isinstance(card, BaseModelCard) for card in cards)
        can = {card.id: card.capabilities for card in cards if isinstance(card, BaseModelCard)}
        assert (can["mistral-large-latest"].vision, can["mistral-embed"].completion_chat) == (True, False)
    with groq.Groq(api_key="k", base_url=f"{live.url}/groq") as fast:
        assert "groq/compound" in [model.id for model in fast.models.list().data]


@pytest.mark.parametrize(
    ("path", "envelope", "words"),
    [
        ("/vllm/is_sleeping", {"error": {"type": "Not Found", "param": None, "code": 404}}, "Not Found"),
        ("/mistral/fim", {"message": "", "request_id": ""}, "no Route matched with those values"),
        (
            "/mistral/v1/libraries",
            {"object": "error", "raw_status_code": 404},
            "Invalid URL (GET /mistral/v1/libraries)",
        ),
        ("/xai/v2/nothing", {}, "Invalid URL (GET /xai/v2/nothing)"),
        ("/openrouter/api/credits", {"error": {"code": 404}}, "Invalid URL (GET /openrouter/api/credits)"),
    ],
)
def test_addresses__beside_a_vendor_s_api_are_refused_in_its_shape(
    live: LiveServer, path: str, envelope: dict[str, Any], words: str
) -> None:
    answer = httpx.get(f"{live.url}{path}")
    told = answer.json()
    assert answer.status_code == 404
    assert envelope.keys() <= told.keys()
    inner = envelope.get("error", {})
    assert inner.items() <= (told["error"].items() if inner else {}.items())
    assert words in answer.text
    assert "error" not in told or path.startswith(("/vllm", "/openrouter", "/xai"))
