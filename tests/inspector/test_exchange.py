"""The page of one exchange, in a real browser; what it copies is used."""

import asyncio
import base64
import contextlib
import json
import re
import subprocess
import sys
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from websockets.asyncio.client import connect

from completions.wire import registry
from tests.inspector.conftest import Site, http_client
from tests.inspector.control import control

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
TALK: list[Any] = [
    {"role": "system", "content": "You work in a shop."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ],
    },
    {
        "role": "assistant",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"n": 3}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": '{"sky": "clear"}'},
    {"role": "user", "content": "And the weather?"},
]

ASKED = {"role": "user", "content": "refund"}
Body = dict[str, object]
GEMINI, CONTENTS = "v1beta/models/gemini-2.5-flash", {"contents": [{"role": "user", "parts": [{"text": "refund"}]}]}


async def shown(site: Site, id: str) -> None:
    await site.open(f"inspector/exchanges/{id}")
    await expect(site.page.locator("#exchange")).not_to_have_attribute("aria-busy", "true")


async def copied(site: Site, how: str) -> str:
    await site.page.get_by_role("button", name=how, exact=True).click()
    await expect(site.page.locator("#said")).to_have_text("Copied")
    return str(await site.page.evaluate("navigator.clipboard.readText()"))


async def test_exchange__is_a_chat(site: Site) -> None:
    page = site.page
    async with http_client() as client:
        body = {"model": "gpt-4o", "messages": TALK, "tools": [TOOL]}
        response = await client.post(f"{site.url}/v1/chat/completions", json=body)
    assert response.status_code == 200, response.text
    await shown(site, response.headers["x-request-id"])
    assert await page.locator(".turn-role").all_inner_texts() == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
        "assistant · the answer",
    ]
    assert await page.locator("img.picture").evaluate("image => image.naturalWidth") == 1
    await expect(page.get_by_role("link", name="https://example.com/a.png")).to_have_attribute(
        "rel", "noreferrer noopener"
    )
    fold = page.locator(".fold.result")
    await expect(fold.locator("summary")).to_have_text("result of get_weather")
    await expect(fold.locator("pre")).to_be_hidden()
    await fold.locator("summary").click()
    await expect(fold.locator("pre")).to_have_text('{\n  "sky": "clear"\n}')
    await expect(page.locator(".is-answer .words")).to_have_text("I look it up.")
    await expect(page.locator(".is-answer summary")).to_have_text('get_weather({"city":"Paris"})')


async def test_stream__is_shown_as_it_arrived_with_its_times(site: Site) -> None:
    page = site.page
    await shown(site, await site.ask("How long does a refund take?", stream=True))
    await expect(page.locator(".is-answer .words")).to_have_text("Refunds take five days.")
    pieces = page.locator(".is-answer .piece")
    assert await pieces.count() > 3
    assert "ms" in str(await pieces.first.get_attribute("title"))
    await expect(page.locator(".t-left")).to_have_count(1)
    due, left = [str(await page.locator(name).get_attribute("d")) for name in (".t-due", ".t-left")]
    assert due.count("M") == left.count("M") == await page.locator(".event").count()
    await expect(page.locator(".t-words")).to_contain_text("after they were due (median)")
    await expect(page.locator("#why")).to_contain_text("The rule refund, line 4 of ")
    await expect(page.locator("#why pre")).to_contain_text("last_user: {contains: refund}")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("v1/messages", {"max_tokens": 99, "system": "Be short.", "messages": [ASKED]}, 3),
        ("v1/responses", {"instructions": "Be short.", "input": "refund"}, 3),
        ("v1/completions", {"prompt": "refund"}, 2),
        ("api/chat", {"messages": [{"role": "system", "content": "Be short."}, ASKED]}, 3),
        ("api/generate", {"system": "Be short.", "prompt": "refund"}, 3),
        (GEMINI, {"systemInstruction": {"parts": [{"text": "Be short."}]}, **CONTENTS}, 3),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_exchange__of_each_format(site: Site, path: str, body: Body, said: int, stream: bool) -> None:
    model = "gpt-3.5-turbo-instruct" if path == "v1/completions" else "gpt-4o"
    headers = {"anthropic-version": "2023-06-01", "x-api-key": "k"} if path == "v1/messages" else {}
    async with http_client() as client:
        if path == GEMINI:
            path, asked = f"{GEMINI}:{'streamGenerateContent' if stream else 'generateContent'}", body
        else:
            asked = {"model": model, "stream": stream, **body}
        response = await client.post(f"{site.url}/{path}", json=asked, headers=headers)
        exchanges = (await client.get(f"{site.url}/_mock/exchanges")).json()["exchanges"]
    assert response.status_code == 200, response.text
    await shown(site, exchanges[0]["id"])
    await expect(site.page.locator(".turn")).to_have_count(said)
    await expect(site.page.locator(".turn-user .words")).to_have_text("refund")
    await expect(site.page.locator(".is-answer .words")).to_have_text("Refunds take five days.")
    assert await site.page.locator(".is-answer .piece").count() > 3 or not stream
    assert "Refunds take five days." in await copied(site, "as a rule")


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("v1/embeddings", {"model": "m", "input": "refund", "dimensions": 4}, "A vector of 4 numbers"),
        ("v1/messages/count_tokens", {"model": "m", "messages": [ASKED]}, "tokens]"),
        ("v1/moderations", {"input": "refund"}, "flagged"),
    ],
)
async def test_exchange__of_what_is_not_generated(site: Site, path: str, body: Body, text: str) -> None:
    async with http_client() as client:
        headers = {"anthropic-version": "2023-06-01"}
        response = await client.post(f"{site.url}/{path}", json=body, headers=headers)
    assert response.status_code == 200, response.text
    await shown(site, response.headers["x-request-id"])
    await expect(site.page.locator(".turn-user .words")).to_have_text("refund")
    await expect(site.page.locator(".is-answer")).to_contain_text(text)


async def test_copy__as_a_rule_says_where_there_can_be_none(site: Site) -> None:
    async with http_client() as client:
        response = await client.get(f"{site.url}/v1/models")
    await shown(site, response.headers["x-request-id"])
    await site.page.get_by_role("button", name="as a rule", exact=True).click()
    await expect(site.page.locator("#said")).to_contain_text("No rule can answer GET")
    site.expect_problems("status of 409")


async def test_unmatched__says_why_each_near_miss_missed(site: Site) -> None:
    await shown(site, await site.ask("Do you sell umbrellas?"))
    await expect(site.page.locator("#marks")).to_contain_text("unmatched")
    assert "refund" in await site.page.locator(".misses dt").all_inner_texts()
    await expect(site.page.locator(".misses dd").first).to_contain_text("saw 'Do you sell umbrellas?'")


@pytest.mark.parametrize(
    ("path", "headers", "body", "why"),
    [
        ("v1/chat/completions", {"X-Mock-Error": "529"}, {}, "own header X-Mock-Error: 529 asked for this error"),
        ("v1/chat/completions", {"X-Mock-Error": "overloaded"}, {}, "own header X-Mock-Error: overloaded asked"),
        ("v1/chat/completions", {"X-Mock-Error": "nonsense"}, {}, "refused before any rule was tried"),
        ("v1/chat/completions", {}, {"messages": []}, "refused before any rule was tried"),
        ("v1/embeddings", {}, {"input": "refund"}, "made the vectors from the text"),
        ("api/embed", {}, {"input": "refund"}, "made the vectors from the text"),
        ("v1/moderations", {}, {"input": "refund"}, "moderated the text itself"),
        ("v1/messages/count_tokens", {"anthropic-version": "2023-06-01"}, {"model": "m"}, "counted the tokens"),
        (
            "v1/audio/speech",
            {},
            {"model": "tts-1", "voice": "alloy", "input": "refund"},
            "spoke the text itself. No rule",
        ),
        ("v1/images/generations", {}, {"model": "gpt-image-1", "prompt": "refund"}, "drew the picture itself. No rule"),
        ("mistral/v1/ocr", {}, {"document": {"document_url": "https://a.b"}}, "made up the recognised text"),
        ("v1/conversations", {}, {}, "rules are only tried for generated answers"),
        ("v1/chat/completions", {}, {"messages": [{"role": "user", "content": "No such"}]}, "the script is strict"),
    ],
)
async def test_why__says_who_answered_where_no_rule_did(
    site: Site, path: str, headers: dict[str, str], body: Body, why: str
) -> None:
    async with http_client() as client:
        model = {"model": "m"} if path != "v1/conversations" else {}
        asked = ({"model": "gpt-4o", "messages": [ASKED]} if "chat" in path or "messages" in path else model) | body
        response = await client.post(f"{site.url}/{path}", json=asked, headers=headers)
    await shown(site, response.headers["x-request-id"])
    await expect(site.page.locator("#why")).to_contain_text(why)


async def test_query__is_kept_in_curl_and_sent_again_without_its_key(site: Site) -> None:
    page = site.page
    async with http_client() as client:
        path = f"{GEMINI}:streamGenerateContent"
        response = await client.post(f"{site.url}/{path}?alt=sse&key=sk-query", json=CONTENTS)
    await shown(site, id := response.headers["x-request-id"])
    await expect(page.locator("#title")).to_contain_text("?alt=sse")
    curl = await copied(site, "as curl")
    assert f"{path}?alt=sse'" in curl and 'x-goog-api-key: $API_KEY"' in curl
    done = await asyncio.to_thread(subprocess.run, ["bash", "-c", curl], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("data: ")
    await site.open(f"inspector/playground?exchange={id}")
    await expect(page.get_by_label("Content")).to_have_value("refund")
    await expect(page.get_by_label("Path")).to_have_value(f"/{path}?alt=sse")
    assert "sk-query" not in await page.content() + curl


async def test_text__is_written_from_where_its_language_begins(site: Site) -> None:
    await shown(site, await site.ask("refund مرحبا"))
    await expect(site.page.locator(".turn-user .words")).to_have_css("direction", "ltr")
    await shown(site, await site.ask("مرحبا refund"))
    await expect(site.page.locator(".turn-user .words")).to_have_css("direction", "rtl")


async def broken(site: Site, text: str, fault: str | None = None) -> str:
    """Ask for a stream that breaks; return its id."""
    async with http_client() as client:
        body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": text}]}
        with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
            headers = {"X-Mock-Fault": fault} if fault else {}
            await client.post(f"{site.url}/v1/chat/completions", json=body, headers=headers)
        (exchange,) = (await client.get(f"{site.url}/_mock/exchanges")).json()["exchanges"]
    return str(exchange["id"])


@pytest.mark.parametrize("text", ["> " * 5000 + "refund", "*_" * 3000 + "refund" + "_*" * 3000, "- " * 5000 + "refund"])
async def test_markdown__that_is_nested_deep_is_shown(site: Site, text: str) -> None:
    await shown(site, await site.ask(text))
    await site.page.get_by_role("button", name="Markdown").click()
    await expect(site.page.locator(".turn-user .is-markdown")).to_contain_text("refund")


LONG_NUMBER = "9007199254740993"


@pytest.mark.parametrize("more", [{}, {"seed": int(LONG_NUMBER)}, {"metadata": {"text": LONG_NUMBER}}])
async def test_numbers__that_are_long_stay_as_they_were_sent(site: Site, more: dict[str, Any]) -> None:
    page = site.page
    schema = {"type": "object", "properties": {"id": {"const": int(LONG_NUMBER)}}}
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": schema}}]
    id = await site.ask("refund", tools=tools, **more)
    await shown(site, id)
    await expect(page.locator("#request pre")).to_contain_text(f'"const": {LONG_NUMBER}')
    for how in ("curl", "Python"):
        assert re.search(rf'"const": ?{LONG_NUMBER}', await copied(site, f"as {how}")), how
    await site.open(f"inspector/playground?exchange={id}")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#facts")).to_contain_text("whole")
    newest = (await control(site, "GET", "exchanges/wait?count=2&timeout_ms=600000"))["exchanges"][0]
    assert (await control(site, "GET", f"exchanges/{newest['id']}"))["request"]["body"]["tools"] == tools


@pytest.mark.parametrize("fault", ["empty_body", "empty_stream"])
async def test_answer__of_nothing_says_so(site: Site, fault: str) -> None:
    await shown(site, await site.ask("refund", stream=fault == "empty_stream", headers={"X-Mock-Fault": fault}))
    await expect(site.page.locator(".is-answer")).to_contain_text("Nothing.")


async def test_cut_answer__looks_cut_with_what_was_sent(site: Site) -> None:
    page = site.page
    await shown(site, await broken(site, "Tell me a story"))
    await expect(page.locator(".t-wrong-text")).to_have_text("disconnect")
    await expect(page.locator(".is-torn .words")).to_have_text("Once upon a")
    await expect(page.locator(".torn")).to_have_text("✕ disconnect · 3 of 9 tokens were sent")
    await expect(page.locator("#response .event").last).to_have_text("✕ disconnect struck here")


@pytest.mark.parametrize("fault", ["close", "hang; ms=5", "reset"])
async def test_connection__that_ended_without_an_answer_is_shown_as_such(site: Site, fault: str) -> None:
    page = site.page
    await shown(site, await broken(site, "Tell me a story", fault))
    await expect(page.locator("#timeline")).to_contain_text("No answer was sent; the connection ended after")
    await expect(page.locator("#timeline")).not_to_contain_text("whole")
    await expect(page.locator(".torn")).to_contain_text(f"✕ {fault.partition(';')[0]} · 0 of 9 tokens were sent")


@pytest.mark.parametrize(
    ("fault", "before", "after"),
    [
        ("malformed_chunk; after_tokens=2", "Refund|s", "data:"),
        ("duplicate_chunk; after_tokens=3", "Refund|s| take", " five"),
        ("duplicate_chunk; after_events=2", "Refund", "s"),
        ("stall; after_tokens=1; ms=5", "Refund", "s"),
    ],
)
async def test_fault__is_marked_where_it_struck(site: Site, fault: str, before: str, after: str) -> None:
    page = site.page
    await shown(site, await broken(site, "refund", fault))
    lines = await page.locator("#response .event").all_inner_texts()
    at = next(index for index, line in enumerate(lines) if "struck here" in line)
    said = await page.locator("#response .event:has(~ .strike) .delta-text").all_inner_texts()
    assert "|".join(said) == before
    assert after in lines[at + 1]
    await expect(page.locator(".torn")).to_have_count(0)
    await expect(page.locator(".t-wrong-text")).to_have_text(fault.partition(";")[0])


async def test_event__shows_its_delta_and_unfolds_to_its_envelope(site: Site) -> None:
    page = site.page
    await shown(site, await site.ask("weather", stream=True))
    kinds = await page.locator("#response .event-kind").all_inner_texts()
    assert {"text", "call", "end"} <= set(kinds)
    assert "".join(await page.locator(".delta-text").all_inner_texts()) == "I look it up."
    assert "".join(await page.locator(".delta-call").all_inner_texts()).endswith('{"city":"Paris"}')
    line = page.locator("#response .event").nth(1)
    await expect(line).not_to_contain_text("chat.completion.chunk")
    await line.locator("summary").click()
    await expect(line.locator(".envelope")).to_contain_text('"object":"chat.completion.chunk"')


CONVERSE = "model/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99}
WEATHER = {"role": "user", "content": "weather"}
PARTS: Body = {"contents": [{"role": "user", "parts": [{"text": "weather"}]}]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("v1/responses", {"model": "gpt-4o", "input": "weather", "stream": True}),
        ("v2/chat", {"model": "command-a-03-2025", "messages": [WEATHER], "stream": True}),
        (f"{CONVERSE}/converse-stream", {"messages": [{"role": "user", "content": [{"text": "weather"}]}]}),
        (f"{CONVERSE}/invoke-with-response-stream", {**CLAUDE, "messages": [WEATHER]}),
        (f"{GEMINI}:streamGenerateContent", PARTS),
        (f"{GEMINI}:streamGenerateContent?alt=sse", PARTS),
        ("api/chat", {"model": "llama3.2", "messages": [WEATHER]}),
    ],
)
async def test_event__shows_its_delta_whatever_the_framing(site: Site, path: str, body: Body) -> None:
    async with http_client() as client:
        response = await client.post(f"{site.url}/{path}", json=body)
    assert response.status_code == 200, response.text
    await shown(site, response.headers["x-request-id"])
    texts = site.page.locator(".delta-text")
    assert "".join(await texts.all_inner_texts()) == "I look it up."
    assert "Paris" in "".join(await site.page.locator(".delta-call").all_inner_texts())
    await site.page.locator(".event", has=texts).first.locator("summary").click()
    await expect(site.page.locator(".envelope")).to_contain_text("{")
    await expect(site.page.locator("#response .events")).not_to_contain_text("base64")


async def test_event__that_is_no_utf_8_is_shown_as_far_as_it_is_text(site: Site) -> None:
    await shown(site, await site.ask("refund", stream=True, headers={"X-Mock-Fault": "bad_utf8"}))
    assert "Refunds" in "".join(await site.page.locator(".delta-text").all_inner_texts())
    await site.page.locator(".strike + .event summary").click()
    await expect(site.page.locator(".envelope")).to_contain_text("\ufffd")


async def test_media__are_shown_or_summed_up(site: Site) -> None:
    """Pictures of an answer are seen; of sounds and files one sees how much they are, and not their base64."""
    page = site.page
    sound = {"type": "input_audio", "input_audio": {"data": "UklG" * 30, "format": "wav"}}
    heard = {
        "model": "gpt-4o-audio-preview",
        "messages": [{"role": "user", "content": [sound, *TALK[1]["content"][:1]]}],
    }
    asked: dict[str, dict[str, object]] = {
        "images/generations": {"json": {"model": "gpt-image-1", "prompt": "A cat"}},
        "images/edits": {
            "data": {"model": "dall-e-2", "prompt": "A cat"},
            "files": {"image": ("a.png", base64.b64decode(PIXEL))},
        },
        "audio/speech": {"json": {"model": "tts-1", "voice": "alloy", "input": "Hello"}},
        "chat/completions": {"json": heard},
    }
    ids = {}
    async with http_client() as client:
        for path, given in asked.items():
            response = await client.post(f"{site.url}/v1/{path}", **given)  # type: ignore[arg-type]
            assert response.status_code == 200 or path == "chat/completions", response.text
            ids[path] = response.headers["x-request-id"]
    await shown(site, ids["images/generations"])
    await expect(page.locator(".is-answer .picture")).to_have_count(1)
    await shown(site, ids["images/edits"])
    await expect(page.locator(".is-answer")).to_have_text(re.compile("Picture: https?://"))
    await expect(page.locator("#request")).to_contain_text('name="prompt"')
    await shown(site, ids["audio/speech"])
    await expect(page.locator(".is-answer")).to_have_text(re.compile(r"bytes of audio/mpeg$"))
    await shown(site, ids["chat/completions"])
    await expect(page.locator(".turn-user")).to_contain_text("[audio] 90 bytes of data")


async def test_json_lines__are_shown_as_json(site: Site) -> None:
    """The results of a batch are a document in each line."""
    params = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "A refund?"}]}
    asked = {"requests": [{"custom_id": name, "params": params} for name in ("first", "second")]}
    place, headers = f"{site.url}/v1/messages/batches", {"anthropic-version": "2023-06-01"}
    async with http_client(headers=headers) as client:
        batch = (await client.post(place, json=asked)).json()
        while batch["processing_status"] != "ended":
            batch = (await client.get(f"{place}/{batch['id']}")).json()
        results = await client.get(f"{place}/{batch['id']}/results")
    assert results.text.count("\n") == 2
    await shown(site, results.headers["x-request-id"])
    for place in ("#response", ".is-answer"):
        await expect(site.page.locator(f"{place} .json-key", has_text="custom_id")).to_have_count(2)


async def test_play__shows_the_answer_again_at_its_pace(site: Site) -> None:
    page = site.page
    await shown(site, await site.ask("refund", stream=True, headers={"X-Mock-Pacing": "ttft_ms=300; itl_ms=100"}))
    await page.evaluate("""() => {
      window.seen = [];
      new MutationObserver(() => {
        const all = [...document.querySelectorAll('.piece')];
        window.seen.push({at: performance.now(), there: all.filter((e) => !e.classList.contains('is-to-come')).length});
      }).observe(document.querySelector('#talk'), {subtree: true, attributes: true});
    }""")
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()
    seen = await page.evaluate("window.seen")
    counts = [each["there"] for each in seen]
    assert counts == sorted(counts) and counts[0] == 0 and len(set(counts)) > 3
    assert seen[-1]["at"] - seen[0]["at"] >= 600


async def test_markdown__is_shown_on_wish_and_as_elements_alone(site: Site) -> None:
    page = site.page
    text = "# refund\n- **one**\n- `two`\n\n```\n<b>three</b>\n```\n[four](https://example.com) <i>five</i>"
    await shown(site, await site.ask(text))
    words = page.locator(".turn-user .words")
    await expect(words).to_have_text(text)
    await page.get_by_role("button", name="Markdown").click()
    await expect(words.locator("li strong")).to_have_text("one")
    await expect(words.locator("li code")).to_have_text("two")
    await expect(words.locator("pre")).to_have_text("<b>three</b>")
    await expect(words.get_by_role("link", name="four")).to_have_attribute("href", "https://example.com")
    await expect(words).to_contain_text("<i>five</i>")
    await page.get_by_role("button", name="Markdown").click()
    await expect(words).to_have_text(text)


async def test_long_text__is_folded(site: Site) -> None:
    page = site.page
    await shown(site, await site.ask("refund " + "word " * 1000))
    words = page.locator(".turn-user .words")
    box = await words.bounding_box()
    assert box is not None and box["height"] <= 320
    await page.get_by_role("button", name="Show all 5\u202f007 characters").click()
    box = await words.bounding_box()
    assert box is not None and box["height"] > 320


async def test_vector__is_summed_up_in_the_body_too(site: Site) -> None:
    async with http_client() as client:
        response = await client.post(f"{site.url}/v1/embeddings", json={"model": "m", "input": "refund"})
    await shown(site, response.headers["x-request-id"])
    body = site.page.locator("#response .code")
    await expect(body).to_contain_text("… 1536 numbers]")
    assert len(await body.inner_text()) < 1000


async def test_copies__do_the_same_again(site: Site) -> None:
    await shown(site, await site.ask("How long does a 'refund' take? $HOME", headers={"Authorization": "Bearer sk-1"}))
    curl, python, rule = [await copied(site, f"as {how}") for how in ("curl", "Python", "a rule")]
    assert "sk-1" not in curl + python
    for command in (["bash", "-c", curl], [sys.executable, "-c", python]):
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        assert "Refunds take five days." in done.stdout, done
    async with http_client() as client:
        exchanges = (await client.get(f"{site.url}/_mock/exchanges")).json()["exchanges"]
        pushed = await client.post(f"{site.url}/_mock/rules", content=rule)
    assert len({each["summary"] for each in exchanges}) == 1 and len(exchanges) == 3
    assert pushed.status_code == 201, pushed.text
    again = await site.ask("How long does a 'refund' take? $HOME")
    async with http_client() as client:
        exchange = (await client.get(f"{site.url}/_mock/exchanges/{again}")).json()
    assert [exchange["rule"]] == pushed.json()["rules"]
    assert exchange["response"]["body"]["choices"][0]["message"]["content"] == "Refunds take five days."


async def test_copies__have_the_method_the_bytes_and_the_kind_of_a_body(site: Site) -> None:
    async with http_client() as client:
        file = ("it's.txt", b"a\r\n\x00\xff")
        sent = [
            await client.post(f"{site.url}/v1/files", files={"file": file}, data={"purpose": "user_data"}),
            await client.post(
                f"{site.url}/v1/files", files={"purpose": (None, "user_data"), "file": ("a.txt", b"text\r\n")}
            ),
            await client.post(f"{site.url}/v1/chat/completions"),
            await client.post(f"{site.url}/v1/chat/completions", content=b"@\xff"),
            await client.head(f"{site.url}/api/tags"),
        ]
        for response in sent:
            await shown(site, response.headers["x-request-id"])
            if "form-data" in response.request.headers.get("content-type", ""):
                await expect(site.page.locator("#again")).to_be_hidden()
            curl, python = [await copied(site, f"as {how}") for how in ("curl", "Python")]
            for command in (["bash", "-c", curl], [sys.executable, "-c", python]):
                await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
        exchanges = (await client.get(f"{site.url}/_mock/exchanges")).json()["exchanges"]
        whole = [(await client.get(f"{site.url}/_mock/exchanges/{each['id']}")).json() for each in exchanges]
    told = [(each["method"], each["path"], each["status"], each["request"]["body"]) for each in whole]
    assert len(told) == 3 * len(sent) and all(told.count(each) == 3 for each in told), told


ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "refund"}]}
TURN = {"turns": [{"role": "user", "parts": [{"text": "refund"}]}], "turnComplete": True}
LIVE = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k"
BACKEND = {"type": "responses", "responses": {"model": "gpt-5.6-luna"}}
TALKS: dict[str, tuple[str, list[object], str]] = {
    "realtime": (
        "v1/realtime?model=gpt-realtime",
        [{"type": "conversation.item.create", "item": ITEM}, {"type": "response.create"}],
        "response.done",
    ),
    "gpt_live": (
        "v1/live/sessions",
        [
            {"type": "session.start", "session": {"model": "gpt-live-1", "delegation": BACKEND}},
            {"type": "response.item.create", "item": ITEM},
            {"type": "response.create"},
        ],
        "session.usage.updated",
    ),
    "live": (LIVE, [{"setup": {"model": "models/gemini-2.0-flash-live-001"}}, {"clientContent": TURN}], "turnComplete"),
}


@pytest.mark.parametrize("api", sorted(registry.SOCKET_ONLY_FORMATS))
async def test_conversation__over_a_websocket_is_shown_and_cannot_be_sent_again(site: Site, api: str) -> None:
    path, messages, end = TALKS[api]
    async with connect(f"{site.url}/{path}".replace("http", "ws", 1), proxy=None) as talk, http_client() as client:
        for message in messages:
            await talk.send(json.dumps(message))
        while end not in str(await talk.recv()):
            pass
        await client.get(f"{site.url}/_mock/exchanges/wait")
        (exchange,) = (await client.get(f"{site.url}/_mock/exchanges")).json()["exchanges"]
        assert "over a WebSocket" in (await client.get(f"{site.url}/_mock/exchanges/pytest")).text
    await shown(site, exchange["id"])
    await expect(site.page.locator(".is-answer")).to_contain_text("Refunds take five days.")
    await expect(site.page.locator("#copy-rule")).to_be_visible()
    for each in ("#again", "#copy-curl", "#copy-python"):
        await expect(site.page.locator(each)).to_be_hidden()


async def test_raw__is_what_went_over_the_wire(site: Site) -> None:
    page = site.page
    await shown(site, await site.ask("How long does a refund take?"))
    await page.get_by_role("button", name="Copy response").click()
    await expect(page.locator("#said")).to_have_text("Response copied")
    assert json.loads(await page.evaluate("navigator.clipboard.readText()"))["object"] == "chat.completion"
    await page.locator("#request summary").click()
    await expect(page.locator("#request table")).to_contain_text("content-type")


async def test_exchange__that_is_gone_says_so(site: Site) -> None:
    await shown(site, "req_nothing")
    await expect(site.page.get_by_role("heading", name="This exchange was not found", level=1)).to_be_visible()
    site.expect_problems("status of 404")
