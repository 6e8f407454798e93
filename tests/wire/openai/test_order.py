"""The order of items that come back to Responses, and reasoning that is encrypted."""

import base64
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Reply, ToolCall
from completions.exceptions import RequestError
from completions.wire.openai.responses.format import Responses

WIRE = Responses()
ASKED = {"role": "user", "content": "Go."}
CALLS = (ToolCall("f", "{}", "call_1"), ToolCall("f", "{}", "call_2"))
TOOLS = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}]
RESULTS = [{"type": "function_call_output", "call_id": call.id, "output": "1"} for call in CALLS]
ENCRYPTED = "reasoning.encrypted_content"


def refused(*items: dict[str, Any], store: bool = True) -> RequestError | None:
    """Return the error that an input is refused with."""
    body = {"model": "gpt-5", "input": items, "tools": TOOLS, "store": store}
    try:
        WIRE.parse(orjson.dumps(body), {}, validate=True)
    except RequestError as exc:
        assert exc.status == 400
        return exc
    return None


def answered(choice: Choice, **body: Any) -> list[dict[str, Any]]:
    prompt = WIRE.parse(orjson.dumps({"model": "gpt-5", "input": "Go.", **body}), {}, validate=True)
    output: list[dict[str, Any]] = WIRE.document(Reply((choice,), serial="s"), prompt)["output"]
    return output


THOUGHT, FIRST, SECOND = answered(Choice(None, tool_calls=CALLS, reasoning="Hm."))
REASON, SAID = answered(Choice("Done.", reasoning="Hm."))
FOREIGN = {"type": "reasoning", "id": "rs_1", "summary": []}
MESSAGE = {"type": "message", "role": "assistant", "id": "msg_1", "content": [{"type": "output_text", "text": "b"}]}
FOLLOWING = "was provided without its required following item."


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([FOREIGN, {"role": "assistant", "content": "b"}, ASKED], f"Item 'rs_1' of type 'reasoning' {FOLLOWING}"),
        ([FOREIGN, ASKED], f"Item 'rs_1' of type 'reasoning' {FOLLOWING}"),
        ([FOREIGN], f"Item 'rs_1' of type 'reasoning' {FOLLOWING}"),
        ([REASON, ASKED], f"Item '{REASON['id']}' of type 'reasoning' {FOLLOWING}"),
        (
            [FIRST, SECOND, *RESULTS],
            f"of type 'function_call' was provided without its required 'reasoning' item: '{THOUGHT['id']}'.",
        ),
        ([SAID, ASKED], f"of type 'message' was provided without its required 'reasoning' item: '{REASON['id']}'."),
        ([FOREIGN, MESSAGE, ASKED], None),
        ([FOREIGN, {**FOREIGN, "id": "rs_2"}, MESSAGE, ASKED], None),
        ([{key: value for key, value in FOREIGN.items() if key != "id"}, ASKED], None),
        ([THOUGHT, FIRST, SECOND, *RESULTS], None),
        ([REASON, SAID, ASKED], None),
        ([{"role": "assistant", "content": "Done."}, ASKED], None),
    ],
)
def test_reasoning__goes_with_what_came_of_it(items: list[dict[str, Any]], words: str | None) -> None:
    found = refused(ASKED, *items)
    if words is None:
        assert found is None, found
        return
    assert found is not None and words in found.message
    assert (found.param, found.code, found.type) == ("input", None, "invalid_request_error")
    assert refused(ASKED, *items, store=False) is None


@pytest.mark.parametrize("reason", ["length", "stop"])
def test_reasoning__of_which_nothing_came_is_taken_alone(reason: str) -> None:
    output = answered(Choice(None, reason, reasoning="Hm."))
    assert refused(ASKED, *output, ASKED) is None


@pytest.mark.parametrize(
    ("token", "taken"),
    [
        ("gAAAAA" + base64.urlsafe_b64encode(bytes(90)).decode(), True),
        ("bogus", False),
        ("gAAAAABshort", False),
        (base64.b64encode(bytes(200)).decode(), False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "name"), [("reasoning", "rs_1"), ("reasoning", None), ("compaction", "cmp_1"), ("compaction", None)]
)
def test_what_is_encrypted__is_looked_at(token: str, taken: bool, kind: str, name: str | None) -> None:
    own: dict[str, Any] = {"summary": []} if kind == "reasoning" else {}
    item = {"type": kind, "encrypted_content": token} | own | ({"id": name} if name else {})
    found = refused(ASKED, item, MESSAGE, ASKED, store=False)
    if taken:
        assert found is None
        return
    assert found is not None and found.code == "invalid_encrypted_content"
    shown = f"for item {name}" if name else f"{token[:4]}...{token[-4:]}"
    assert found.message.startswith(f"The encrypted content {shown} could not be verified.")


def test_encrypted_reasoning__of_an_answer_is_taken_and_not_when_it_was_changed() -> None:
    thought, *rest = answered(Choice("Done.", reasoning="Hm."), include=[ENCRYPTED], store=False)
    assert thought["encrypted_content"].startswith("gAAAAA") and "Hm" not in thought["encrypted_content"]
    assert refused(ASKED, thought, *rest, ASKED, store=False) is None
    changed = thought | {"encrypted_content": thought["encrypted_content"][:-8] + "AAAAAAA="}
    assert refused(ASKED, changed, *rest, ASKED, store=False) is not None


def test_tool_search__may_be_answered_as_a_function_is() -> None:
    search = {"type": "tool_search_call", "call_id": "s1", "execution": "client", "arguments": {"queries": ["rates"]}}
    assert refused(ASKED, search, {"type": "function_call_output", "call_id": "s1", "output": "One."}, ASKED) is None
    assert refused(ASKED, search, ASKED) is None
