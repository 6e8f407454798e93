"""The control API on what answers: script, rules, dice, limits, reset."""

import asyncio
import json
from pathlib import Path

import pytest

from completions.delivery import gates
from completions.receive.handler import Handler
from completions.state import selection
from completions.state.namespaces import namespace
from tests.asgi import call
from tests.control.client import CHAT, arrived, ask, control, question, said, told
from tests.control.conftest import SCRIPT
from tests.scripts import rules

pytestmark = pytest.mark.usefixtures("world")

OTHER = rules("- {name: other, replies: [a, b]}")


async def test_script__as_it_stands() -> None:
    assert await said("count") == "first"
    shown = await told("GET", "script")
    assert shown["text"] == SCRIPT
    assert (shown["namespace"], shown["pushed"], shown["chaos"], shown["limits"]) == (
        "default",
        False,
        None,
        {"rpm": 1000},
    )
    first, second, *_ = shown["rules"]
    assert first == {"name": "counted", "line": 4, "pushed": None, "times": None, "answers": 2, "uses": 1}
    assert second["uses"] is None, "where nothing depends on it, nothing is counted"


async def test_script__is_replaced_and_taken_back_with_fresh_counters() -> None:
    await told("POST", "rules", "{name: once, match: {last_user: once}, times: 1, reply: Once.}")
    assert [await said("count"), await said("once")] == ["first", "Once."]
    shown = await told("PUT", "script", OTHER)
    assert (shown["source"], shown["pushed"], shown["text"]) == ("pushed", True, OTHER)
    assert [each["name"] for each in shown["rules"]] == ["once", "other"], "what is pushed stays"
    assert [await said("x"), await said("x"), await said("once")] == ["a", "b", "Once."]
    shown = await told("DELETE", "script")
    assert (shown["pushed"], shown["text"]) == (False, SCRIPT)
    assert [await said("count"), await said("once")] == ["first", "Once."]


@pytest.mark.parametrize(
    ("method", "path", "body", "told_of"),
    [
        ("POST", "rules", '{reply: "{{ nope }}"}', ["pushed:1: `rule.reply` uses `nope`, which does not exist;"]),
        (
            "POST",
            "rules",
            "- reply: a\n- {match: {model: yes}, reply: b}",
            [
                "pushed:2: `rule[1].match.model` is comp",
                "pushed:2: the rule 'pushed 2' never answers: 'pushed 1', which is tried before it, matches eve",
            ],
        ),
        (
            "POST",
            "rules?place=after",
            "[{reply: a}, {reply: b}]",
            ["pushed:1: the rule 'pushed 2' never answers: 'pus"],
        ),
        ("POST", "rules", "[{reply: a, times: 1}, {reply: b, times: 1}]", []),
        ("PUT", "script", rules("- reply: a\n- reply: b"), ["pushed:4: the rule 'rule 2' never answers: 'rule 1' in"]),
        ("PUT", "limits", "[{rpm: 1}, {rpm: 2}]", ["pushed:1: `limits[1]` never applies: earlier limits"]),
        ("PUT", "script", rules("- reply: a"), []),
    ],
)
async def test_pushed__doubts_are_told_and_logged(
    method: str, path: str, body: str, told_of: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await told(method, path, body)
    logged = [each.getMessage() for each in caplog.records if "(namespace default)" in each.getMessage()]
    assert [f"{each} (namespace default)" for each in answer.get("warnings", [])] == logged
    assert [each[: len(text)] for each, text in zip(logged, told_of, strict=True)] == told_of
    assert ("warnings" in answer) == bool(told_of)
    assert "warnings" not in await told("GET", path.partition("?")[0])


async def test_script__json_is_yaml() -> None:
    await told("PUT", "script", json.dumps({"version": 1, "rules": [{"reply": "From JSON."}]}))
    assert await said("x") == "From JSON."


async def test_rules__before_and_after_in_the_order_they_are_pushed() -> None:
    assert await told("POST", "rules", "[{reply: A, times: 1}, {reply: B, times: 1}]") == {
        "rules": ["pushed 1", "pushed 2"]
    }
    assert await told("POST", "rules?place=before", "{name: c, reply: C, times: 1}") == {"rules": ["c"]}
    assert await told("POST", "rules?place=after", "{reply: Z}") == {"rules": ["pushed 4"]}
    assert [await said("refund") for _ in range(4)] == ["C", "A", "B", "Refunds take five days."]
    assert await said("anything") == "Z"
    shown = (await told("GET", "rules"))["rules"]
    assert [(each["name"], each["pushed"], each["uses"]) for each in shown] == [
        ("c", "before", 1), ("pushed 1", "before", 1), ("pushed 2", "before", 1), ("pushed 4", "after", None),
    ]  # fmt: skip  # a table by hand
    assert shown[0]["rule"] == {"name": "c", "reply": "C", "times": 1}


async def test_rules__next_stand_behind_those_pushed_before() -> None:
    for text in ("{reply: A, times: 1}", "{reply: B, times: 1}"):
        await told("POST", "rules?place=next", text)
    await told("POST", "rules", "{reply: C, times: 1}")
    assert [await said("refund") for _ in range(4)] == ["C", "A", "B", "Refunds take five days."]


async def test_rules__a_removed_rule_forgets_its_count() -> None:
    for _ in range(2):
        await told("POST", "rules", "{name: a/b, reply: Once., times: 1}")
        assert [await said("refund"), await said("refund")] == ["Once.", "Refunds take five days."]
        assert await told("DELETE", "rules/a%2Fb".replace("%2F", "/")) == {"removed": ["a/b"]}
    await told("POST", "rules", "[{reply: A}, {reply: B}]")
    await told("POST", "rules?place=after", "[{name: y, reply: Y}, {name: z, reply: Z}]")
    assert await told("DELETE", "rules/y") == {"removed": ["y"]}
    assert [each["name"] for each in (await told("GET", "rules"))["rules"]][2:] == ["z"]
    assert len((await told("DELETE", "rules"))["removed"]) == 3
    assert await told("DELETE", "rules") == {"removed": []}
    assert [each["pushed"] for each in (await told("GET", "script"))["rules"]] == [None] * 4


async def test_rules__have_the_pace_and_the_dice_of_the_script_beside_them() -> None:
    await told("POST", "rules", "{reply: Mine.}")
    await told("PUT", "chaos", "{rate: 1, of: [{error: {status: 503, code: dice}}]}")
    assert await said("x") == "dice"
    await told("DELETE", "chaos")
    assert await said("x") == "Mine."
    await told(
        "PUT",
        "script",
        "version: 1\ndefaults: {chaos: {rate: 1, of: [{error: {status: 500, code: own}}]}}\nrules: [{reply: x}]",
    )
    assert await said("x") == "own"


async def test_chaos__is_set_and_taken_back() -> None:
    dice = {"rate": 1, "of": [{"error": {"status": 503, "code": "dice"}}]}
    assert await told("GET", "chaos") == {"chaos": None, "pushed": False}
    assert await told("PUT", "chaos", json.dumps(dice)) == {"chaos": dice, "pushed": True}
    assert await said("refund") == "dice"
    assert await told("PUT", "chaos", "null") == {"chaos": None, "pushed": True}
    assert await said("refund") == "Refunds take five days."
    assert await told("DELETE", "chaos") == {"chaos": None, "pushed": False}


async def test_limits__are_set_and_taken_back() -> None:
    assert await told("PUT", "limits", "[{model: gpt-4o, rpm: 1}]") == {
        "limits": [{"model": "gpt-4o", "rpm": 1}],
        "pushed": True,
    }
    assert [await said("refund"), await said("refund")] == ["Refunds take five days.", "rate_limit_exceeded"]
    assert await told("PUT", "limits", "null") == {"limits": None, "pushed": True}
    assert "x-ratelimit-limit-tokens" in (await ask("refund")).headers
    assert await told("DELETE", "limits") == {"limits": {"rpm": 1000}, "pushed": False}
    assert (await ask("refund")).headers["x-ratelimit-limit-requests"] == "1000"


async def test_reset__forgets_everything_and_lets_go_what_waits() -> None:
    assert [await said("count"), await said("count")] == ["first", "second"]
    await told("POST", "rules", "{match: {last_user: x}, reply: X}")
    await told("PUT", "chaos", "{rate: 0, of: [disconnect]}")
    await told("PUT", "limits", "{rpm: 7}")
    waiting = asyncio.create_task(said("hold"))
    await arrived("door", 1)
    answer = await told("POST", "reset")
    assert (answer["namespace"], answer["deleted"] in (2, 3)) == ("default", True), "the third may have ended by then"
    assert await waiting == "Through."
    shown = await told("GET", "script")
    assert (shown["chaos"], shown["limits"], len(shown["rules"])) == (None, {"rpm": 1000}, 4)
    assert [await said("x"), await said("count")] == ["no_rule_matched", "first"]


async def test_reset__closes_the_gates_that_were_released_ahead() -> None:
    await told("POST", "gates/door/release")
    await told("POST", "reset")
    waiting = asyncio.create_task(said("hold"))
    await arrived("door", 1)
    await told("POST", "gates/door/release")
    assert await waiting == "Through."


async def test_gates__are_listed_and_released() -> None:
    assert await told("GET", "gates") == {"gates": {}}
    waiting = [asyncio.create_task(said("hold")) for _ in range(2)]
    await arrived("door", 2)
    assert await told("POST", "gates/door/release") == {"gate": "door", "released": 2, "rules": ["held"]}
    assert await asyncio.gather(*waiting) == ["Through.", "Through."]
    assert await told("POST", "gates/a/b/release") == {"gate": "a/b", "released": 0, "rules": []}


async def test_gates__that_are_released_ahead_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "MAX_RELEASED", 2)
    for gate in ("door", "door", "b"):
        assert (await told("POST", f"gates/{gate}/release"))["released"] == 0
    refused = await control("POST", "gates/c/release")
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (409, "too_many_gates")
    assert await said("hold") == "Through."
    assert (await told("POST", "gates/c/release"))["released"] == 0
    waiting = asyncio.create_task(said("hold"))
    await arrived("door", 1)
    assert (await told("POST", "gates/door/release"))["released"] == 1
    assert await waiting == "Through."


async def test_namespaces__are_listed_and_removed_with_everything_in_them() -> None:
    for space in ("blue", "red"):
        await told("POST", "rules", f"{{reply: {space}}}", space=space)
        assert await said("x", space) == space
    assert await told("GET", "namespaces") == {"namespaces": ["blue", "red"], "selected": "default"}
    assert await told("DELETE", "namespaces/blue") == {"namespace": "blue", "removed": True, "deleted": 1}
    assert await told("DELETE", "namespaces/blue") == {"namespace": "blue", "removed": False, "deleted": 0}
    assert [await said("x", "blue"), await said("x", "red")] == ["no_rule_matched", "red"]


async def test_namespace__by_address_or_header() -> None:
    answer = await control("POST", "rules", "{reply: Blue.}", headers={"X-Mock-Namespace": "blue"})
    assert answer.status == 201
    assert [await said("x", "blue"), await said("x")] == ["Blue.", "no_rule_matched"]


@pytest.fixture
def _broken(world: None) -> None:
    found = namespace()
    Path(found.source).write_text("version: 1\nrules: 5")
    found.file.next_check = 0


@pytest.mark.usefixtures("_broken")
async def test_problem__of_a_file_that_is_broken_later() -> None:
    shown = await told("GET", "script")
    assert (shown["text"], "must be a list" in shown["problem"]) == (SCRIPT, True)
    assert "must be a list" in (await told("GET", "ready"))["problem"]


async def test_select__requests_that_name_no_namespace_are_in_the_selected_one(world: None) -> None:
    await told("POST", "rules", "{reply: For the first.}", space="first")
    await told("POST", "namespaces/first/select")
    assert (await told("GET", "namespaces"))["selected"] == "first"
    answer = await call(Handler(), "POST", f"/{CHAT}", question("Hello"))
    assert json.loads(answer.body)["choices"][0]["message"]["content"] == "For the first."
    assert (await control("POST", f"namespaces/{'n' * 129}/select")).status == 400
    await told("POST", "namespaces/default/select")


async def test_retire__a_namespace_answers_an_error_until_it_is_selected_again(world: None) -> None:
    await told("POST", "rules", "{reply: Here.}", space="gone")
    assert await told("POST", "namespaces/gone/retire") == {"namespace": "gone", "removed": False, "deleted": 0}
    for path, body in ((CHAT, question("Hello")), ("v1/messages", b"{}"), ("v1/nowhere", b"{}")):
        answer = await call(Handler(), "POST", f"/ns/gone/{path}", body)
        assert answer.status == 404
        assert "The namespace 'gone' is retired" in json.loads(answer.body)["error"]["message"]
    assert [rule["name"] for rule in (await told("GET", "rules", space="gone"))["rules"]] == ["pushed 1"]
    await told("POST", "namespaces/gone/select")
    await told("POST", "namespaces/default/select")
    assert await said("Hello", "gone") == "Here."
    assert (await told("POST", "namespaces/gone/retire?remove=true"))["removed"]
    assert (await told("GET", "rules", space="gone"))["rules"] == []
    await told("POST", "namespaces/gone/select")
    await told("POST", "namespaces/default/select")


@pytest.mark.parametrize("operation", ["select", "retire"])
async def test_select__is_refused_where_workers_share_their_state(
    world: None, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(selection, "is_shared", lambda: True)
    answer = await control("POST", f"namespaces/n/{operation}")
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (409, "state_is_shared")
