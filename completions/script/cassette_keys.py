"""Step 3: the vocabulary of other servers' answers and of recorded ones. A part of `language.py`."""

from completions.script.language import Key, Keys

RESPONSE: Keys = {
    "path": Key("text", "The path of the request, which determines the format.", required=True),
    "format": Key("text", "The wire format, if the path does not determine it."),
    "status": Key("any_status", "The HTTP status (200)."),
    "headers": Key("headers", "The headers."),
    "stream": Key("flag", "Whether the answer was streamed (false)."),
    "body": Key("text", "The whole body."),
    "base64": Key("text", "The whole body in base64, if it is not text."),
    "pieces": Key("pieces", "The pieces in order, each after the milliseconds at which it came."),
}
"""A recorded answer."""

ORIGIN: Keys = {
    "at": Key("text", "The date and time."),
    "upstream": Key("text", "The address of the server that answered."),
    "by": Key("text", "The program that wrote the file, and its version."),
}
"""The origin of recorded answers."""

UPSTREAM: Keys = {
    "url": Key("url", "The server's address; the request's own path is appended."),
    "litellm": Key("model", "The model for LiteLLM, `provider/model`; `url` is then the provider's address."),
    "api_key": Key("text", "The provider's key; by default, from LiteLLM's variable, such as ANTHROPIC_API_KEY."),
    "timeout_ms": Key("number", "Milliseconds to wait while the server sends nothing (600,000)."),
    "headers": Key("headers", "Headers that replace the request's own, such as the one with the key."),
}
"""The server to which a request is passed on; `url` or `litellm` is given."""

CASSETTE_MODES = ("none", "once", "new_episodes", "all", "passthrough")
"""Nothing is recorded; only into an empty folder; what is not there; everything; nothing is recorded or played."""

RECORDING: Keys = {
    "folder": Key("text", "The folder of recorded answers, in the server's folder, which is the default."),
    "mode": Key("cassette_mode", "The mode of recording and replaying (`new_episodes`)."),
    "upstream": Key(
        "upstream", "The server that answers if no rule matches; by default, the script's or MOCK_UPSTREAM."
    ),
    "ignore": Key("names", "Differences that are ignored when requests are compared (CASSETTE_IGNORE)."),
}
"""The recording of a namespace."""
