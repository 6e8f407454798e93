"""Applications in a real browser: pages of another origin that ask by openai-node, Anthropic's SDK and plain fetch.

The page is on another port of this machine, and loads the SDKs' own ES modules from the folder that OPENAI_NODE names.
"""

import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from tests.browser import browser
from tests.server import QUICK, ROOT, LiveServer, serving

PACKAGES = ("openai", "@anthropic-ai/sdk")
IMPORTS = {
    **{name: f"/{name}/index.mjs" for name in PACKAGES},
    "@opentelemetry/api": "/@opentelemetry/api/dist/index.mjs",
    "standardwebhooks": "data:text/javascript,export class Webhook {}",  # it checks webhooks, which no page receives
}
"""The names by which the page and the SDKs import packages, and where these are, as a bundler would find them."""

PAGE = """<!doctype html><title>app</title><link rel="icon" href="data:,"><script type="importmap">{"imports": IMPORTS}
</script>"""

ASK = {
    "fetch": """async ([base, stream]) => {
        const headers = {authorization: "Bearer k", "content-type": "application/json"};
        const body = JSON.stringify({model: "gpt-4o", stream, messages: [{role: "user", content: "Hello"}]});
        const response = await fetch(`${base}/v1/chat/completions`, {method: "POST", headers, body});
        const reader = response.body.getReader(), decoder = new TextDecoder();
        let pieces = 0, text = "";
        for (;;) {
            const {done, value} = await reader.read();
            if (done) break;
            pieces += 1;
            text += decoder.decode(value, {stream: true});
        }
        return {id: response.headers.get("x-request-id"), left: response.headers.get("x-ratelimit-remaining-requests"),
                pieces, text};
    }""",
    "openai": """async ([base, stream]) => {
        const {OpenAI} = await import("openai");
        const client = new OpenAI({apiKey: "k", baseURL: `${base}/v1`, dangerouslyAllowBrowser: true, maxRetries: 0});
        const messages = [{role: "user", content: "Hello"}];
        const made = client.chat.completions.create({model: "gpt-4o", messages, stream});
        const {data, response} = await made.withResponse();
        let pieces = 0, text = "";
        if (!stream) text = data.choices[0].message.content;
        else for await (const chunk of data) { pieces += 1; text += chunk.choices[0]?.delta.content ?? ""; }
        return {id: response.headers.get("x-request-id"), left: response.headers.get("x-ratelimit-remaining-requests"),
                pieces, text};
    }""",
    "anthropic": """async ([base, stream]) => {
        const {Anthropic} = await import("@anthropic-ai/sdk");
        const client = new Anthropic({apiKey: "k", baseURL: base, dangerouslyAllowBrowser: true, maxRetries: 0});
        const messages = [{role: "user", content: "Hello"}];
        const made = client.messages.create({model: "claude-sonnet-4-5", max_tokens: 100, messages, stream});
        const {data, response} = await made.withResponse();
        let pieces = 0, text = "";
        if (!stream) text = data.content[0].text;
        else for await (const event of data) { pieces += 1; text += event.delta?.text ?? ""; }
        const left = response.headers.get("anthropic-ratelimit-requests-remaining");
        return {id: response.headers.get("request-id"), left, pieces, text};
    }""",
}
"""How each client asks, whole or streamed, and what it reads of the answer; its id and the limits are in headers."""

SAID = "One two three four five six."
SCRIPT = f"version: 1\ndefaults: {{limits: {{rpm: 1000}}}}\nrules: [{{reply: '{SAID}'}}]\n"


class Site(SimpleHTTPRequestHandler):
    """Serves the page, and the files of the SDKs."""

    extensions_map = {".mjs": "text/javascript", ".js": "text/javascript", "": "application/octet-stream"}  # noqa: RUF012  # as in the base class

    def do_GET(self) -> None:
        """Send the page, or a file."""
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.replace("IMPORTS", json.dumps(IMPORTS)).encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _folder() -> Path:
    return Path(os.environ.get("OPENAI_NODE", ROOT)) / "node_modules"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of the page."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(_folder())))
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{served.server_address[1]}"
    served.shutdown()
    served.server_close()
    thread.join()


scripted = serving(script=SCRIPT, MOCK_TTFT_MS="20", MOCK_ITL_MS="60")
"""A server whose answers have a pace and limits."""


@pytest.fixture
async def page(site: str) -> AsyncIterator[Page]:
    """The page in a browser."""
    async with browser() as started:
        opened = await started.new_page()
        await opened.goto(site)
        yield opened


def _needs(client: str) -> None:
    package = {"openai": PACKAGES[0], "anthropic": PACKAGES[1]}.get(client)
    if package is not None and not (_folder() / package).is_dir():
        pytest.skip(f"neither OPENAI_NODE nor this folder has node_modules/{package}")


@pytest.mark.parametrize("client", ASK)
async def test_page__is_answered(page: Page, scripted: LiveServer, client: str) -> None:
    _needs(client)
    for stream in (False, True):
        got: dict[str, Any] = await page.evaluate(ASK[client], [scripted.url, stream])
        if client == "fetch" and stream:
            assert got["text"].endswith("data: [DONE]\n\n")
        else:
            assert SAID in got["text"]
        assert got["id"].startswith("req_")
        assert int(got["left"]) < 1000
        assert got["pieces"] >= 5 or not stream, "it comes in pieces"


FAILS = """async ([url, options]) => {
    try { return (await fetch(url, options)).status } catch (error) { return error.constructor.name }
}"""


async def test_page__of_an_origin_that_may_not_gets_nothing_and_changes_nothing(site: str, page: Page) -> None:
    once = "version: 1\nrules: [{reply: Once., times: 1}, {reply: Later.}]\n"
    with LiveServer(CORS_ORIGINS="https://app.example", **QUICK) as live:
        async with httpx.AsyncClient(base_url=live.url) as client:
            (await client.put("/_mock/script", content=once)).raise_for_status()
            chat, body = f"{live.url}/v1/chat/completions", '{"model": "gpt-4o", "messages": []}'
            assert await page.evaluate(FAILS, [chat, {"method": "POST", "mode": "no-cors", "body": body}]) == 0, (
                "hidden"
            )
            for media_type in ("text/plain", "application/json"):
                options = {"method": "POST", "body": body, "headers": {"content-type": media_type}}
                assert await page.evaluate(FAILS, [chat, options]) == "TypeError"
            for number in range(20):
                await page.evaluate(FAILS, [f"{live.url}/ns/e{number}/v1/models", {"mode": "no-cors"}])
            assert await page.evaluate(FAILS, [f"{live.url}/_mock/script", {"method": "DELETE"}]) == "TypeError"
            answer = await client.post(chat, json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
            assert answer.json()["choices"][0]["message"]["content"] == "Once."
            assert (await client.get("/_mock/namespaces")).json()["namespaces"] == ["default"]
            assert (await client.get("/_mock/exchanges/count")).json()["count"] == 1
