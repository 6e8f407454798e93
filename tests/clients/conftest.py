"""One server for the clients that are to meet every fault."""

from tests.server import serving

SCRIPT = """\
version: 1
defaults: {validate: false, pacing: {ttft_ms: 20, itl_ms: 20}}
rules:
  - match: {model: tools}
    reply: {tool_calls: {name: add, arguments: {first: 1234, second: 5678}}}
  - reply: This is a mock response.
"""


scripted = serving(script=SCRIPT)
"""A live server that answers with a text, and the model `tools` with a call."""
