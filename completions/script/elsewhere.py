"""Step 3: the vocabulary of answers from elsewhere: of other servers, and recorded ones. A part of `language.py`."""

from completions.script.language import Key, Keys

RESPONSE: Keys = {
    "path": Key("text", "The address at which it was given, which says how it is read.", required=True),
    "format": Key("text", "The wire format, where that does not say it."),
    "status": Key("any_status", "Its status (200)."),
    "headers": Key("headers", "Its headers."),
    "stream": Key("flag", "Whether it was streamed (false)."),
    "body": Key("text", "The whole of it."),
    "base64": Key("text", "The whole of it, if it is not a text."),
    "pieces": Key("pieces", "Its pieces in order, each behind the milliseconds after which it came."),
}
"""An answer as it was recorded."""

ORIGIN: Keys = {
    "at": Key("text", "When: a date and a time."),
    "upstream": Key("text", "The address that answered."),
    "by": Key("text", "The program that wrote the file, and its version."),
}
"""Where recorded answers are from."""

UPSTREAM: Keys = {
    "url": Key("url", "The server's address; the request's own path goes behind it."),
    "litellm": Key("model", "The model that LiteLLM asks, `provider/model`; `url` is then its provider's address."),
    "api_key": Key("text", "The provider's key; without it, that of LiteLLM's variable, as ANTHROPIC_API_KEY."),
    "timeout_ms": Key("number", "Milliseconds that the server may be silent (600,000)."),
    "headers": Key("headers", "Headers that are sent in place of the request's own, as that with the key."),
}
"""Where a request is passed on to; `url` or `litellm` stands."""

CASSETTE_MODES = ("none", "once", "new_episodes", "all", "passthrough")
"""Nothing is recorded; only into an empty folder; what is not there; everything; nothing is recorded or played."""

RECORDING: Keys = {
    "folder": Key("text", "The folder of recorded answers, below the one of the server; without it, that one."),
    "mode": Key("cassette_mode", "What is recorded, and what is played (`new_episodes`)."),
    "upstream": Key(
        "upstream", "The server that answers what no rule does; without it, the script's or MOCK_UPSTREAM."
    ),
    "ignore": Key("names", "What may differ between requests that ask the same; without it, as CASSETTE_IGNORE says."),
}
"""What a namespace records and plays, while it does."""
