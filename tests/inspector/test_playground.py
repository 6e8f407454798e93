"""The playground, in a real browser: requests new and again, and answers piece by piece."""

import json

import pytest
from playwright.async_api import Page, expect

from tests.inspector.conftest import Site, http_client
from tests.inspector.control import control

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELD = '{name: held, match: {last_user: slowly}, hold: {gate: door, after_tokens: 2}, reply: "One, two, three, four."}'


async def send(page: Page) -> None:
    await page.get_by_role("button", name="Send").click()


async def sent(site: Site, count: int = 1) -> dict[str, object]:
    """Return the request's body of the newest exchange, once there are so many."""
    found = await control(site, "GET", f"exchanges/wait?count={count}&timeout_ms=600000")
    newest = await control(site, "GET", f"exchanges/{found['exchanges'][0]['id']}")
    body: dict[str, object] = newest["request"]["body"]
    return body


async def test_answer__arrives_in_pieces_beside_its_events(site: Site) -> None:
    page = site.page
    await control(site, "POST", "rules", HELD)
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("Slowly, slowly")
    await page.get_by_label("Content").press("Control+Enter")
    reply = page.locator("#reply")
    await expect(reply).to_have_text("One,")
    await expect(page.locator("#events li")).to_have_count(3)  # the first names the role
    await expect(page.locator("#facts")).not_to_contain_text("whole")
    await control(site, "POST", "gates/door/release")
    await expect(reply).to_have_text("One, two, three, four.")
    await expect(page.locator("#facts")).to_contain_text("whole")
    await expect(page.locator("#events li").last).to_contain_text("data: [DONE]")
    await page.get_by_role("link", name="Open the exchange").click()
    await expect(page.locator(".is-answer .words")).to_have_text("One, two, three, four.")


async def test_stop__ends_the_stream(site: Site) -> None:
    page = site.page
    await control(site, "POST", "rules", HELD)
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("slowly")
    await send(page)
    await expect(page.locator("#reply")).to_have_text("One,")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#answer-wrong")).to_have_text("You stopped it.")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()


async def test_request__of_an_exchange_is_sent_again_changed(site: Site) -> None:
    page = site.page
    id = await site.ask("How long does a refund take?", user="ann", headers={"X-Team": "red"})
    await site.open(f"inspector/exchanges/{id}")
    await page.get_by_role("link", name="Send again").click()
    await expect(page.get_by_label("Content")).to_have_value("How long does a refund take?")
    assert "x-team: red" in (await page.locator("#headers").input_value()).lower()
    await send(page)
    await expect(page.locator("#reply")).to_have_text("Refunds take five days.")
    assert await sent(site, 2) == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "How long does a refund take?"}],
        "user": "ann",
        "stream": False,
    }
    await page.get_by_label("Content").fill("And an order?")
    await page.get_by_label("Stream").check()
    await send(page)
    await expect(page.locator("#answer-wrong")).to_have_text("")
    await expect(page.locator("#reply .part-error")).to_contain_text("Not so fast.")
    await expect(page.locator("#facts .badge")).to_have_text("429")
    assert (await sent(site, 3))["stream"] is True
    site.expect_problems("status of 429")


async def test_request__that_the_form_cannot_hold_is_json(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_role("button", name="JSON").click()
    body = json.loads(await page.get_by_label("Body", exact=True).input_value())
    assert body == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hello! What can you do?"}],
        "stream": True,
    }
    body["messages"][0]["content"] = [{"type": "text", "text": "And the weather?"}]
    body["tools"] = [{"type": "function", "function": {"name": "get_weather"}}]
    await page.get_by_label("Body", exact=True).fill(json.dumps(body))
    await page.get_by_role("button", name="Form").click()
    await expect(page.locator("#mode-note")).to_have_text("This request has more than the form can show.")
    await send(page)
    await expect(page.locator("#reply .said-text")).to_have_text("I look it up.")
    await expect(page.locator("#reply .part-call")).to_have_text('Calls get_weather{"city":"Paris"}')
    assert await sent(site) == body
    await page.get_by_label("Body", exact=True).fill("{")
    await page.get_by_role("button", name="Form").click()
    await expect(page.locator("#ask-wrong")).to_contain_text("The body is not valid JSON")


async def test_request__that_is_no_post_is_sent_again(site: Site) -> None:
    page = site.page
    async with http_client() as client:
        id = (await client.get(f"{site.url}/v1/models/gpt-4o")).headers["x-request-id"]
    await site.open(f"inspector/playground?exchange={id}")
    await expect(page.locator("#mode-note")).to_have_text("It is a GET.")
    await send(page)
    await expect(page.locator("#facts .badge")).to_have_text("200")
    await expect(page.locator("#events")).to_contain_text('"owned_by"')


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("format", ["responses", "anthropic", "legacy", "gemini", "ollama"])
async def test_request__in_another_format(site: Site, format: str, stream: bool) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option(format)
    await page.get_by_label("Content").fill("A refund?")
    await page.get_by_label("Stream").set_checked(stream)
    await send(page)
    await expect(page.locator("#facts .badge")).to_have_text("200")
    await expect(page.locator("#reply")).to_have_text("Refunds take five days.")
    await expect(page.locator("#facts")).to_contain_text("whole")
    assert (await page.locator("#events li").count() > 3) is stream


async def test_request__of_embeddings_is_summed_up(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("embeddings")
    await page.get_by_label("Content").fill("A refund?")
    await send(page)
    await expect(page.locator("#reply")).to_contain_text("A vector of 1536 numbers")
    assert await sent(site) == {"model": "text-embedding-3-small", "input": "A refund?"}


SURFACES = {
    "count_tokens": "input_tokens",
    "converse": "Refunds take five days.",
    "cohere": "content-delta",
    "rerank": "relevance_score",
    "embed_content": "values",
    "generate": "done_reason",
    "images": "b64_json",
    "moderations": "flagged",
    "speech": " bytes of audio/wav",
}


async def test_surfaces__without_a_form_have_a_request_that_is_answered(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    offered = await page.locator("#format optgroup option").evaluate_all("(all) => all.map((each) => each.value)")
    assert offered == [*SURFACES, "other"]
    for name, text in SURFACES.items():
        await page.get_by_label("API", exact=True).select_option(name)
        await send(page)
        await expect(page.locator("#facts")).to_contain_text("whole")
        await expect(page.locator("#facts .badge")).to_have_text("200")
        await expect(page.locator("#events")).to_contain_text(text)
        await expect(page.locator("#reply .picture")).to_have_count(1 if name == "images" else 0)
        if name in ("converse", "cohere", "generate"):
            await expect(page.locator("#reply")).to_have_text("Refunds take five days.")
    assert (await control(site, "GET", "exchanges/count"))["count"] == len(SURFACES)
    await expect(page.get_by_label("API", exact=True)).to_have_value("speech")
    await page.get_by_label("API", exact=True).select_option("chat")
    await expect(page.get_by_label("Content")).to_have_value("Hello! What can you do?")


CONVERSE = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse"
WEATHER = {"messages": [{"role": "user", "content": [{"text": "weather"}]}]}
COHERE = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "weather"}]}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "weather"}]}]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CONVERSE, WEATHER),
        (f"{CONVERSE}-stream", WEATHER),
        ("/v2/chat", COHERE),
        ("/v2/chat", {**COHERE, "stream": True}),
        ("/v1beta/models/gemini-2.5-flash:streamGenerateContent", CONTENTS),
    ],
)
async def test_answer__of_an_api_without_a_form_is_read(site: Site, path: str, body: dict[str, object]) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("other")
    await page.get_by_label("Path").fill(path)
    await page.get_by_label("Body", exact=True).fill(json.dumps(body))
    await send(page)
    await expect(page.locator("#facts")).to_contain_text("whole")
    await expect(page.locator("#reply .said-text")).to_have_text("I look it up.")
    await expect(page.locator("#reply .part-call")).to_contain_text("Calls get_weather")
    await expect(page.locator("#reply .part-call .part-text")).to_have_text('{"city":"Paris"}')


@pytest.mark.parametrize("path", [CONVERSE, "/v2/chat", "/v1/messages", "/api/chat"])
async def test_answer__that_is_an_error_is_told(site: Site, path: str) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("other")
    await page.get_by_label("Path").fill(path)
    await page.get_by_label("Body", exact=True).fill("{}")
    await send(page)
    await expect(page.locator("#facts .badge")).to_have_text("400")
    await expect(page.locator("#reply .part-error .part-text")).not_to_be_empty()
    site.expect_problems("status of 4")


async def test_path__of_a_dialect_has_the_form(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("Path").fill("/deepseek/chat/completions")
    await page.get_by_label("Path").press("Tab")
    await page.get_by_label("Content").fill("A refund?")
    await send(page)
    await expect(page.locator("#reply")).to_have_text("Refunds take five days.")
    assert (await control(site, "GET", "exchanges"))["exchanges"][0]["path"].endswith("/deepseek/chat/completions")


async def test_path__of_gemini_follows_the_form(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option("gemini")
    await page.get_by_label("Model").fill("gemini-2.5-pro")
    path = page.get_by_label("Path")
    await expect(path).to_have_value("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse")
    await page.get_by_label("Stream").uncheck()
    await expect(path).to_have_value("/v1beta/models/gemini-2.5-pro:generateContent")


async def test_path__of_no_format_is_asked_in_json(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Other fields").click()
    await page.get_by_label("Other fields of the body").fill("{")
    await page.get_by_label("API", exact=True).select_option(label="Another path")
    await expect(page.locator("#ask-wrong")).to_contain_text("“Other fields” is not valid JSON")
    await expect(page.get_by_label("API", exact=True)).to_have_value("chat")
    await page.get_by_label("Other fields of the body").fill("")
    await page.get_by_label("API", exact=True).select_option(label="Another path")
    assert json.loads(await page.get_by_label("Body", exact=True).input_value())["model"] == "gpt-4o"
    await page.get_by_label("Path").fill("/v1/moderations")
    await page.get_by_label("Body", exact=True).fill('{"input": "A refund?"}')
    await page.get_by_role("button", name="Form").click()
    await expect(page.locator("#mode-note")).to_have_text("There is no form for this path.")
    await send(page)
    await expect(page.locator("#facts .badge")).to_have_text("200")


async def test_headers__break_the_answer(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Headers").click()
    await page.get_by_label("One header per line").fill("no header")
    await send(page)
    await expect(page.locator("#ask-wrong")).to_contain_text("is not a header")
    await page.get_by_label("One header per line").fill("X-Mock-Fault: disconnect; after_tokens=2")
    await page.get_by_label("Content").fill("A refund?")
    await send(page)
    await expect(page.locator("#answer-wrong")).to_contain_text("The connection broke")
    await expect(page.locator("#reply")).not_to_contain_text("days")
    site.expect_problems("net::ERR")


async def test_answer__that_is_markup_does_nothing(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("<img src=x onerror='window.struck = 1'> markup")
    await send(page)
    await expect(page.locator("#reply")).to_contain_text("<script>window.struck = 1</script>")
    await expect(page.locator("#facts")).to_contain_text("whole")
    assert await page.locator("#reply script, #reply img, #events img").count() == 0
    assert await page.evaluate("window.struck") is None


async def test_menus__write_headers_and_offer_models(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Headers").click()
    await expect(page.locator("#fault option", has_text="disconnect")).to_have_count(1)
    await expect(page.locator("#models option")).not_to_have_count(0)
    await page.get_by_label("Fault").select_option("json_error_200")
    await page.get_by_label("Pace", exact=True).select_option("At once")
    lines = (await page.get_by_label("One header per line").input_value()).split("\n")
    assert lines[1:] == ["X-Mock-Fault: json_error_200", "X-Mock-Pacing: ttft_ms=0; itl_ms=0; apply=both"]
    await page.get_by_label("API", exact=True).select_option("anthropic")
    headers = page.get_by_label("One header per line")
    assert "X-Mock-Fault: json_error_200" in await headers.input_value()  # it is not the API's
    await page.get_by_label("Fault").select_option("")
    assert "X-Mock-Fault" not in await headers.input_value()
    await headers.fill("X-Mock-Fault: disconnect; after_tokens=3\nX-Mock-Pacing: ttft_ms=0; itl_ms=0; apply=both")
    await expect(page.get_by_label("Fault")).to_have_value("disconnect; after_tokens=3")
    await expect(page.get_by_label("Pace", exact=True).locator("option:checked")).to_have_text("At once")
    await headers.fill("X-Mock-Fault: disconnect")
    await expect(page.get_by_label("Fault")).to_have_value("disconnect")
    assert await page.locator("#fault .as-written").count() == 0
    assert (await control(site, "GET", "exchanges/count"))["count"] == 0  # to open the page asks the API nothing


async def test_share__is_an_address_with_the_request_and_without_its_key(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("How long does a refund take? \u4f60\u597d")
    await page.get_by_role("button", name="Share").click()
    await expect(page.locator("#said")).to_have_text("Copied the link")
    link = str(await page.evaluate("navigator.clipboard.readText()"))
    assert link == page.url
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_label("Content")).to_have_value("How long does a refund take? \u4f60\u597d")
    assert "Bearer" not in await page.locator("#headers").input_value()
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#reply")).to_contain_text("Refunds take five days.")


async def test_share__of_a_long_request_says_why_it_cannot(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("long " * 30_000)
    await page.get_by_role("button", name="Share").click()
    await expect(page.locator("#ask-wrong")).to_contain_text("too long to be shared")
    assert "#request" not in page.url


async def test_history__keeps_others_where_a_request_is_too_large(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("Content").fill("small")
    await send(page)
    await expect(page.locator("#past option")).to_have_count(2)
    await page.get_by_role("button", name="JSON").click()
    await page.locator("#body").evaluate("area => { area.value = 'x'.repeat(6_000_000); }")
    await send(page)
    await expect(page.locator("#facts")).to_contain_text("400")
    await expect(page.locator("#past option")).to_have_count(2)
    site.expect_problems("status of 4")


@pytest.mark.parametrize("body", ["match: {last_user: anything}\nreply: Pushed.", '{"reply": "Pushed."}'])
async def test_request__to_the_control_api_is_yaml_or_json(site: Site, body: str) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.get_by_label("API", exact=True).select_option(label="Another path")
    await page.get_by_label("Path").fill("/_mock/rules")
    await page.locator("#body").fill(body)
    await send(page)
    await expect(page.locator("#facts")).to_contain_text("201")
    assert len((await control(site, "GET", "rules"))["rules"]) == 1


@pytest.mark.parametrize("line", ["X-Team: r\u00f6t \u2713", "two words: a", "no colon"])
async def test_header__that_is_none_is_told_and_not_sent(site: Site, line: str) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Headers").click()
    await page.locator("#headers").fill(line)
    await send(page)
    await expect(page.locator("#ask-wrong")).not_to_be_empty()
    await expect(page.locator("#headers")).to_have_attribute("aria-invalid", "true")
    assert (await control(site, "GET", "exchanges/count"))["count"] == 0


async def test_header__of_the_media_type_is_sent_as_it_is_written(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    await page.locator("summary", has_text="Headers").click()
    await page.locator("#headers").fill("content-type: text/plain")
    await page.get_by_label("Content").fill("refund")
    await send(page)
    await expect(page.locator("#facts")).to_contain_text("whole")
    (newest,) = (await control(site, "GET", "exchanges"))["exchanges"]
    assert (await control(site, "GET", f"exchanges/{newest['id']}"))["request"]["headers"][
        "content-type"
    ] == "text/plain"


@pytest.mark.parametrize("body", ["{oops", "[1]", '"text"'])
async def test_request__that_is_no_object_is_sent_as_it_was(site: Site, body: str) -> None:
    page = site.page
    async with http_client() as client:
        answer = await client.post(f"{site.url}/v1/chat/completions", content=body)
    await site.open(f"inspector/playground?exchange={answer.headers['x-request-id']}")
    await expect(page.locator("#body")).to_be_visible()
    await expect(page.locator("#ask-wrong")).not_to_be_empty()
    await send(page)
    await expect(page.locator("#facts")).to_contain_text("400")
    newest = (await control(site, "GET", "exchanges/wait?count=2&timeout_ms=600000"))["exchanges"][0]
    again = (await control(site, "GET", f"exchanges/{newest['id']}"))["request"]
    assert again["body"] == (json.loads(body) if again["encoding"] == "json" else body)
    site.expect_problems("status of 400")


async def test_history__brings_back_what_was_sent(site: Site) -> None:
    page = site.page
    await site.open("inspector/playground")
    for text in ("first refund", "second refund"):
        await page.get_by_label("Content").fill(text)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("#facts")).to_contain_text("whole")
    await page.reload()
    past = page.get_by_label("Sent before")
    await expect(past.locator("option")).to_have_count(3)
    await past.select_option(index=2)
    await expect(page.get_by_label("Content")).to_have_value("first refund")
