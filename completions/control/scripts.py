"""The operations on the script, on pushed rules, and on chaos, limits and scenarios."""

import json
from collections.abc import Iterator
from typing import Any

from completions import budget
from completions.control.operation import Call
from completions.exceptions import RequestError
from completions.script.pushed import Pushed, name_of
from completions.script.review import doubts, doubts_of_rules
from completions.script.scenarios import builtin
from completions.script.text.reading import read_text
from completions.state import edits
from completions.state.namespaces import Namespace
from completions.views.http import ExchangeResponse, FastJsonResponse


async def get_script(call: Call) -> ExchangeResponse:
    """Show the script that answers, with all that was pushed."""
    return await _script(await call.space())


async def put_script(call: Call) -> ExchangeResponse:
    """Let another script answer."""
    space = await call.space()
    await edits.replace_script(space, call.body.text)
    script = space.script
    # behind a pushed rule that matches every request, as in tests, all rules of the script would be unreachable
    script_doubts = script.doubts if space.pushed.before else await budget.in_thread(doubts, script)
    call.body.node.source.doubts.extend(script_doubts)
    return await _script(space)


async def delete_script(call: Call) -> ExchangeResponse:
    """Let MOCK_SCRIPT answer again."""
    space = await call.space()
    await edits.replace_script(space, None)
    return await _script(space)


async def get_rules(call: Call) -> ExchangeResponse:
    """Show the rules that were pushed, in the order in which they are tried."""
    space = await call.space()
    texts = {name_of(text): text for text in (*space.pushed.before, *space.pushed.after)}
    pushed_rules = [each | {"rule": json.loads(texts[each["name"]])} for each in await _rules(space) if each["pushed"]]
    return FastJsonResponse({"rules": pushed_rules})


async def post_rules(call: Call) -> ExchangeResponse:
    """Push a rule, or a list of rules, which keep their order."""
    space, node = await call.space(), call.body.node
    names = await edits.push_rules(space, node, call.query["place"])
    lines = dict(zip(names, (each.line for each in node.one_or_more()), strict=True))
    node.source.doubts.extend(await budget.in_thread(doubts_of_rules, space.script, lines))
    return FastJsonResponse({"rules": names}, status=201)


async def delete_rules(call: Call) -> ExchangeResponse:
    """Remove all rules that were pushed, with their counts."""
    return FastJsonResponse({"removed": await edits.remove_rules(await call.space())})


async def delete_rule(call: Call) -> ExchangeResponse:
    """Remove a rule that was pushed, with its count."""
    name = call.parts["name"]
    removed = await edits.remove_rules(await call.space(), name)
    if not removed:
        raise RequestError(
            f"No rule {name[:200]!r} was pushed to the namespace '{call.namespace}'.",
            status=404,
            param="name",
            code="rule_not_found",
        )
    return FastJsonResponse({"removed": removed})


async def get_chaos(call: Call) -> ExchangeResponse:
    """Show the dice."""
    return await _respond_with_setting(await call.space(), "chaos")


async def put_chaos(call: Call) -> ExchangeResponse:
    """Throw other dice."""
    space = await call.space()
    await edits.set_chaos(space, call.body.node)
    return await _respond_with_setting(space, "chaos")


async def delete_chaos(call: Call) -> ExchangeResponse:
    """Throw the script's own dice again."""
    space = await call.space()
    await edits.set_chaos(space, None)
    return await _respond_with_setting(space, "chaos")


async def get_limits(call: Call) -> ExchangeResponse:
    """Show the limits."""
    return await _respond_with_setting(await call.space(), "limits")


async def put_limits(call: Call) -> ExchangeResponse:
    """Set other limits."""
    space = await call.space()
    await edits.set_limits(space, call.body.node)
    return await _respond_with_setting(space, "limits")


async def delete_limits(call: Call) -> ExchangeResponse:
    """Set the script's own limits again."""
    space = await call.space()
    await edits.set_limits(space, None)
    return await _respond_with_setting(space, "limits")


async def get_scenario(call: Call) -> ExchangeResponse:
    """Show the scenario that runs, and which can be started."""
    return await _scenario(await call.space())


async def put_scenario(call: Call) -> ExchangeResponse:
    """Start a scenario."""
    space = await call.space()
    await edits.set_scenario(space, call.body.node)
    return await _scenario(space)


async def delete_scenario(call: Call) -> ExchangeResponse:
    """Stop what was started, and let the script's own scenario run again."""
    space = await call.space()
    await edits.set_scenario(space, None)
    return await _scenario(space)


async def _scenario(space: Namespace) -> ExchangeResponse:
    script, uses = space.script, await space.uses()
    running = script.running
    shown = None
    if running is not None:
        stages = running.scenario.stages
        shown = {
            "name": running.name,
            "stage": stages[running.reached(uses)].name,
            "stages": [stage.name for stage in stages],
            "repeat": running.scenario.repeat,
            "counted": running.scenario.is_counted,
            "started_at": running.started,
            "seconds": round(running.seconds, 3),
            "speed": running.speed,
        }
    own_scenarios = [name for name, scenario in script.scenarios.items() if scenario is not builtin().get(name)]
    pushed = space.pushed.scenario is not None
    return FastJsonResponse(
        {"scenario": shown, "known": list(script.scenarios), "own": own_scenarios, "pushed": pushed}
    )


async def _script(space: Namespace) -> ExchangeResponse:
    script = space.script
    return FastJsonResponse(
        {
            "namespace": space.name,
            "source": script.source,
            "text": _text(space),
            "pushed": space.pushed.script is not None,
            "models": list(script.models),
            "rules": await _rules(space),
            "chaos": await _setting(space, "chaos"),
            "limits": await _setting(space, "limits"),
            "problem": space.problem,
        }
    )


async def _rules(space: Namespace) -> list[dict[str, Any]]:
    """Return the facts of each rule, in the order in which they are tried."""
    uses, places = await space.uses(), dict(_places(space.pushed))
    return [
        {
            "name": rule.name,
            "line": rule.line or None,
            "pushed": places.get(rule.name),
            "times": rule.times,
            "answers": len(rule.answers),
            "uses": uses.get(rule.name, 0) if rule.is_counted else None,
        }
        for rule in space.script.rules
    ]


def _places(pushed: Pushed) -> Iterator[tuple[str, str]]:
    yield from ((name_of(text), "before") for text in pushed.before)
    yield from ((name_of(text), "after") for text in pushed.after)


def _text(space: Namespace) -> str:
    """Return the script's text."""
    return space.file.text if space.pushed.script is None else space.pushed.script


async def _respond_with_setting(space: Namespace, name: str) -> ExchangeResponse:
    return FastJsonResponse({name: await _setting(space, name), "pushed": getattr(space.pushed, name) is not None})


async def _setting(space: Namespace, name: str) -> object:
    """Return the chaos or the limits as a document: the pushed one, or else the script's."""
    pushed: str | None = getattr(space.pushed, name)
    if pushed is not None:
        return json.loads(pushed)
    node = await budget.in_thread(read_text, _text(space), space.script.source)
    document: Any = node.value
    return (document.get("defaults") or {}).get(name)
