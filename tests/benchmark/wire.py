"""The request that every server gets: a small chat, with the headers that the openai SDK sends."""

import json

PATH = "/v1/chat/completions"

HEADERS = {
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "Authorization": "Bearer sk-mock-0123456789abcdef",
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "OpenAI/Python 2.54.0",
    "X-Stainless-Lang": "python",
    "X-Stainless-Package-Version": "2.54.0",
    "X-Stainless-OS": "Linux",
    "X-Stainless-Arch": "x64",
    "X-Stainless-Runtime": "CPython",
    "X-Stainless-Runtime-Version": "3.11.7",
    "X-Stainless-Async": "false",
    "x-stainless-retry-count": "0",
    "x-stainless-read-timeout": "600",
}

MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant. Answer in one or two short sentences."},
    {"role": "user", "content": "Which planet of the solar system has the most moons, and how many are known?"},
]


def body(**fields: object) -> bytes:
    """Return the request's body, some 300 bytes, with these fields besides."""
    document = {"messages": MESSAGES, "model": "gpt-4o-mini", "temperature": 0.2, "max_tokens": 200, **fields}
    return json.dumps(document, separators=(",", ":")).encode()


def request(port: int, **fields: object) -> bytes:
    """Return the whole HTTP request."""
    content = body(**fields)
    headers = {"Host": f"127.0.0.1:{port}", **HEADERS, "Content-Length": str(len(content))}
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
