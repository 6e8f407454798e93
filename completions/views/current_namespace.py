"""The namespace of a request that resolves nothing, and the error of its scenario's stage."""

from completions.journal.exchange import Exchange
from completions.resolve.engine import stage_error
from completions.resolve.overrides import ERROR_KEY
from completions.state.namespaces import Namespace, namespace


async def current_namespace(exchange: Exchange) -> Namespace:
    """Return the namespace of a request that resolves nothing, including what other processes pushed.

    Raise the error of a scenario's stage, unless the request asks for an error of its own.
    """
    space = namespace(exchange.namespace)
    await space.refresh()
    if space.script.running is not None and (outcome := stage_error(space.script.running)) is not None:
        exchange.stage, error = outcome
        if ERROR_KEY.encode() not in exchange.request_headers:
            raise error
    return space
