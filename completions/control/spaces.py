"""The operations on whole namespaces and on gates, and the health checks of the process."""

from completions.conf import conf
from completions.control.operation import Call
from completions.journal import queries
from completions.journal.queries import Filter
from completions.journal.writer import writer
from completions.state import namespaces, selection
from completions.state.store import shared_store
from completions.views.http import ExchangeResponse, FastJsonResponse


async def get_gates(call: Call) -> ExchangeResponse:
    """List how many answers wait at each gate."""
    return FastJsonResponse({"gates": await (await call.space()).gates.counts()})


async def release_gate(call: Call) -> ExchangeResponse:
    """Let pass what waits at a gate, or the next answer where nothing does; name the rules that have the gate."""
    name, space = call.parts["name"], await call.space()
    rules = [rule.name for rule in space.script.rules if rule.hold is not None and rule.hold.gate == name]
    return FastJsonResponse({"gate": name, "released": await space.release(name), "rules": rules})


async def reset(call: Call) -> ExchangeResponse:
    """Forget all that was pushed, counted and recorded, and let go what waits at gates."""
    await (await call.space()).reset()
    return FastJsonResponse({"namespace": call.namespace, "deleted": await _delete_exchanges(call.namespace)})


async def get_namespaces(call: Call) -> ExchangeResponse:
    """Name the namespaces that were used, and the one of requests that name none."""
    return FastJsonResponse({"namespaces": await namespaces.names(), "selected": selection.current.name})


async def select_namespace(call: Call) -> ExchangeResponse:
    """Let requests that name no namespace be in this one, in place of `default`; one that was retired comes back."""
    name = call.parts["name"]
    namespaces.namespace(name)  # it refuses invalid names
    selection.select(name)
    return FastJsonResponse({"namespace": name})


async def retire_namespace(call: Call) -> ExchangeResponse:
    """Let a namespace answer every request with an error that says that it is retired."""
    name = call.parts["name"]
    namespaces.namespace(name)
    selection.retire(name)
    if call.query["remove"]:
        return await delete_namespace(call)
    return FastJsonResponse({"namespace": name, "removed": False, "deleted": 0})


async def delete_namespace(call: Call) -> ExchangeResponse:
    """Forget a namespace with everything in it; its next use begins anew."""
    name = call.parts["name"]
    removed = await namespaces.remove(name)
    return FastJsonResponse({"namespace": name, "removed": removed, "deleted": await _delete_exchanges(name)})


async def health(call: Call) -> ExchangeResponse:
    """Say that the process is alive."""
    return FastJsonResponse({"status": "ok"})


async def ready(call: Call) -> ExchangeResponse:
    """Say that requests can be answered, and from which script; while the state store does not count, say that too."""
    space = await call.space()  # a 503 if its state is unknown
    store = shared_store()
    state = None if store is None else await store.try_to_count()
    document = {"status": "ready", "script": space.script.source}
    if space.problem is not None:
        document["problem"] = space.problem
    if conf.JOURNAL and writer.problem is not None:
        document["journal"] = f"cannot be written: {writer.problem}"
    return FastJsonResponse(document if state is None else document | {"state": state})


async def _delete_exchanges(namespace: str) -> int:
    """Delete a namespace's exchanges, and return how many there were."""
    return await queries.delete(Filter(namespace)) if conf.JOURNAL else 0
