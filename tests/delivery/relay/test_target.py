"""Which address a request is passed on to."""

import pytest

from completions.delivery.relay.headers import for_client, for_upstream
from completions.outcome import Upstream, joined
from completions.resolve.upstream import read_upstreams


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://a.example", "/v1/models", "https://a.example/v1/models"),
        ("https://a.example/", "/v1/models", "https://a.example/v1/models"),
        ("https://a.example/v1", "/v1/models", "https://a.example/v1/models"),
        ("https://a.example/v1/", "/v1/models", "https://a.example/v1/models"),
        ("https://a.example/openai/v1", "/groq/openai/v1/models", "https://a.example/openai/v1/models"),
        ("https://a.example/gateway", "/v1/models", "https://a.example/gateway/v1/models"),
        ("https://a.example", "/model/arn%3Aaws/invoke", "https://a.example/model/arn%3Aaws/invoke"),
        ("https://a.example", "/v1//models/", "https://a.example/v1//models/"),
    ],
)
def test_path__stands_once_behind_an_address(base: str, path: str, url: str) -> None:
    assert joined(base, path) == url


@pytest.mark.parametrize(
    ("path", "surface", "host"),
    [
        ("/v1/messages", "anthropic", "claude"),
        ("/v1/messages/count_tokens", "count_tokens", "claude"),
        ("/v1/messagesque", "chat", "all"),
        ("/v1/responses", "responses", "answers"),
        ("/v1/chat/completions", "chat", "all"),
        ("/v1/messages/batches", "", "batches"),
    ],
)
def test_address__is_the_one_of_the_longest_path_or_the_format(path: str, surface: str, host: str) -> None:
    entries = ("/v1/messages=http://claude", "/v1/messages/batches=http://batches", "responses=http://answers")
    upstream = read_upstreams((*entries, "http://all"))
    assert upstream.url_for(path, "a=b", surface) == f"http://{host}{path}?a=b"


def test_model__is_asked_for_its_format_and_no_server_is_then() -> None:
    upstream = read_upstreams(("chat=litellm:anthropic/claude", "http://all"))
    assert (upstream.model_for("chat"), upstream.model_for("responses")) == ("anthropic/claude", None)
    assert upstream.servers == (("", "http://all"),)
    assert upstream.address == "chat=litellm:anthropic/claude, http://all"


def test_address__is_none_where_no_upstream_is_for_it() -> None:
    assert Upstream((("/v1/messages", "http://a"),)).url_for("/v1/responses", "", "responses") is None


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("api.openai.com", "must be a URL of http or https"),
        ("ftp://a", "must be a URL of http or https"),
        ("http://", "must be a URL"),
        ("http://a http://b", "must be a URL"),
        ("http://a/b c", "must be a URL"),
        ("http://a:b", "is not a URL"),
        ("http://a?b=c", "cannot have a query"),
        ("litellm:claude", "must be a provider and a model"),
        ("/v1=http://a,litellm:a/b", "a path cannot be combined with litellm:"),
        ("chatt=http://a", "'chatt' is neither a path nor a format; formats: anthropic, chat"),
    ],
)
def test_setting__says_what_is_wrong(entry: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        read_upstreams(tuple(entry.split(",")))


def test_setting__with_two_addresses_for_the_same_is_wrong() -> None:
    with pytest.raises(ValueError, match="two addresses"):
        read_upstreams(("http://a", "http://b"))


def test_headers__of_one_connection_stay_behind() -> None:
    sent = {b"connection": b"close, x-hop", b"x-hop": b"1", b"x-mock-fault": b"close", b"authorization": b"Bearer k"}
    passed = dict(
        for_upstream(
            {
                **sent,
                b"accept-encoding": b"gzip",
                b"host": b"here",
                b"content-length": b"3",
                b"content-encoding": b"gzip",
            }
        )
    )
    assert passed.pop(b"via").startswith(b"1.1 mock-")
    assert passed == {b"authorization": b"Bearer k", b"accept-encoding": b"identity"}
    kept = [(b"set-cookie", b"a"), (b"set-cookie", b"b"), (b"vary", b"content-type"), (b"content-type", b"c")]
    gone = [(b"Transfer-Encoding", b"chunked"), (b"Connection", b"X-Hop, close"), (b"X-Hop", b"1"), (b"Close", b"1")]
    assert for_client([*gone[:2], *((name.title(), value) for name, value in kept), *gone[2:]]) == kept
